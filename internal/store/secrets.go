package store

import (
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"
)

// SecretPrefix begins the keys of entries that are secret, which don't expire: [WithKeys] encrypts them.
const SecretPrefix = "secret/"

// Key is a key of 256 bits.
type Key [32]byte

// ParseKeys reads keys of 32 bytes, each as 64 hexadecimal digits or in base64, which are
// separated by white space or commas. It returns an error that does not have them.
func ParseKeys(text string) ([]Key, error) {
	var keys []Key
	for n, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\r' || r == '\n' }) {
		raw, err := hex.DecodeString(word)
		if err != nil {
			encoding := base64.StdEncoding
			if strings.ContainsAny(word, "-_") {
				encoding = base64.URLEncoding
			}
			raw, err = encoding.WithPadding(base64.NoPadding).DecodeString(strings.TrimRight(word, "="))
		}
		if err != nil || len(raw) != len(Key{}) {
			return nil, fmt.Errorf("key %d is not one of 32 bytes: use 64 hexadecimal digits, or base64 (openssl rand -base64 32 makes one)", n+1)
		}
		keys = append(keys, Key(raw))
	}
	if len(keys) == 0 {
		return nil, errors.New("there is no key: use 64 hexadecimal digits, or base64 of 32 bytes (openssl rand -base64 32 makes one)")
	}
	return keys, nil
}

// The first byte of a secret entry.
const (
	secretPlain  byte = 0
	secretAESGCM byte = 1 // then a nonce and the ciphertext; the key of the entry is authenticated too
)

// ErrKeys is the error of a secret that none of the keys decrypts.
var ErrKeys = errors.New("a secret in the store is encrypted with another key: give --store-key the one that it was encrypted with, after the new one if that replaces it")

// errNoKeys is the error of a secret that is encrypted where there are no keys.
var errNoKeys = fmt.Errorf("%w (no key was given)", ErrKeys)

// Encrypted is a store whose secret entries are encrypted.
type Encrypted struct {
	Store
	keys []cipher.AEAD
}

// WithKeys returns a store that encrypts secret entries, which don't expire, with the
// first of the keys, and decrypts them with any. Without keys they are stored as they
// are, and those that are encrypted can't be read.
func WithKeys(s Store, keys []Key) (*Encrypted, error) {
	e := &Encrypted{Store: s}
	for _, key := range keys {
		block, err := aes.NewCipher(key[:])
		if err != nil {
			return nil, err
		}
		gcm, err := cipher.NewGCMWithRandomNonce(block)
		if err != nil {
			return nil, err
		}
		e.keys = append(e.keys, gcm)
	}
	return e, nil
}

// CheckKeys returns ErrKeys where a secret is encrypted that no key decrypts. It changes
// nothing.
func (e *Encrypted) CheckKeys(ctx context.Context) error {
	names, err := e.Keys(ctx, SecretPrefix)
	for _, name := range names {
		if _, _, err := e.Get(ctx, name); err != nil {
			return err
		}
	}
	return err
}

// Reencrypt encrypts with the first key the secrets that were encrypted with another one,
// or not at all. It returns ErrKeys for one that no key decrypts.
func (e *Encrypted) Reencrypt(ctx context.Context) error {
	names, err := e.Keys(ctx, SecretPrefix)
	if err != nil {
		return err
	}
	for _, name := range names {
		raw, ok, err := e.Store.Get(ctx, name)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		value, current, err := e.decrypt(name, raw)
		if err != nil {
			return err
		}
		if !current {
			// Where it has changed meanwhile, it was encrypted too.
			if _, err := e.Store.Swap(ctx, name, raw, e.encrypt(name, value), 0); err != nil {
				return err
			}
		}
	}
	return nil
}

// Get implements Store.
func (e *Encrypted) Get(ctx context.Context, key string) ([]byte, bool, error) {
	_, value, ok, err := e.get(ctx, key)
	return value, ok, err
}

// get returns an entry as it is stored too.
func (e *Encrypted) get(ctx context.Context, key string) (raw, value []byte, ok bool, _ error) {
	raw, ok, err := e.Store.Get(ctx, key)
	if err != nil || !ok || !isSecret(key) {
		return raw, raw, ok, err
	}
	value, _, err = e.decrypt(key, raw)
	return raw, value, err == nil, err
}

// Put implements Store.
func (e *Encrypted) Put(ctx context.Context, key string, value []byte, ttl time.Duration) error {
	if isSecret(key) {
		value, ttl = e.encrypt(key, value), 0
	}
	return e.Store.Put(ctx, key, value, ttl)
}

// Add implements Store.
func (e *Encrypted) Add(ctx context.Context, key string, value []byte, ttl time.Duration) (bool, error) {
	if isSecret(key) {
		value, ttl = e.encrypt(key, value), 0
	}
	return e.Store.Add(ctx, key, value, ttl)
}

// Swap implements Store.
func (e *Encrypted) Swap(ctx context.Context, key string, old, value []byte, ttl time.Duration) (bool, error) {
	if !isSecret(key) {
		return e.Store.Swap(ctx, key, old, value, ttl)
	}
	if value != nil {
		value = e.encrypt(key, value)
	}
	if old == nil {
		return e.Store.Swap(ctx, key, nil, value, 0)
	}
	raw, now, ok, err := e.get(ctx, key)
	if err != nil || !ok || !bytes.Equal(now, old) {
		return false, err
	}
	return e.Store.Swap(ctx, key, raw, value, 0)
}

func isSecret(key string) bool { return strings.HasPrefix(key, SecretPrefix) }

func (e *Encrypted) encrypt(key string, value []byte) []byte {
	if len(e.keys) == 0 {
		return append([]byte{secretPlain}, value...)
	}
	return e.keys[0].Seal([]byte{secretAESGCM}, nil, value, []byte(key))
}

// decrypt returns the value of a secret, and whether it is stored as encrypt stores it now.
func (e *Encrypted) decrypt(key string, raw []byte) (value []byte, current bool, _ error) {
	switch {
	case len(raw) > 0 && raw[0] == secretPlain:
		return raw[1:], len(e.keys) == 0, nil
	case len(raw) == 0 || raw[0] != secretAESGCM:
		return nil, false, fmt.Errorf("the secret %s in the store is damaged, or of a newer release", key)
	case len(e.keys) == 0:
		return nil, false, errNoKeys
	}
	for n, gcm := range e.keys {
		if value, err := gcm.Open([]byte{}, nil, raw[1:], []byte(key)); err == nil {
			return value, n == 0, nil
		}
	}
	return nil, false, ErrKeys
}
