package store

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"
)

const secretName = SecretPrefix + "a"

// encrypted is a store with keys, each of one letter.
func encrypted(t *testing.T, s Store, keys ...string) *Encrypted {
	t.Helper()
	var parsed []Key
	for _, key := range keys {
		parsed = append(parsed, Key([]byte(strings.Repeat(key, len(Key{})))))
	}
	e, err := WithKeys(s, parsed)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// Only what is secret is encrypted; a store with other keys, or none, says so.
func TestSecretsAreEncrypted(t *testing.T) {
	s := NewMemory()
	value := []byte("a value that no one else reads")
	e := encrypted(t, s, "a")
	for _, key := range []string{secretName, "public"} {
		if err := e.Put(t.Context(), key, value, 0); err != nil {
			t.Fatal(err)
		}
		raw, _, err := s.Get(t.Context(), key)
		if readable := bytes.Contains(raw, value); err != nil || readable == isSecret(key) {
			t.Errorf("%s is stored as %q, %v", key, raw, err)
		}
		if got, ok, err := e.Get(t.Context(), key); err != nil || !ok || !bytes.Equal(got, value) {
			t.Errorf("%s: %q, %v, %v", key, got, ok, err)
		}
	}
	if _, ok, err := encrypted(t, s, "b", "c").Get(t.Context(), secretName); ok || !errors.Is(err, ErrKeys) || !strings.Contains(err.Error(), "--store-key") {
		t.Errorf("with other keys: %v, %v", ok, err)
	}
	if _, ok, err := encrypted(t, s).Get(t.Context(), secretName); ok || !errors.Is(err, ErrKeys) || !strings.Contains(err.Error(), "no key was given") {
		t.Errorf("without keys: %v, %v", ok, err)
	}
	// A secret is valid under its own name only.
	raw, _, _ := s.Get(t.Context(), secretName)
	for name, altered := range map[string][]byte{
		"moved": raw, "altered": append(bytes.Clone(raw[:len(raw)-1]), raw[len(raw)-1]^1), "truncated": raw[:9], "empty": {}, "of a newer release": {9, 9},
	} {
		if err := s.Put(t.Context(), SecretPrefix+"b", altered, 0); err != nil {
			t.Fatal(err)
		}
		if got, ok, err := e.Get(t.Context(), SecretPrefix+"b"); ok || err == nil {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

// A key is replaced by adding the new one in front: after Reencrypt the old one is not
// needed. So are secrets encrypted that were not.
func TestReencrypt(t *testing.T) {
	s := NewMemory()
	names := []string{secretName, SecretPrefix + "b"}
	for _, name := range names {
		if err := encrypted(t, s).Put(t.Context(), name, []byte(name), 0); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct {
		with  []string
		after string // the key that is enough afterwards
	}{{[]string{"a"}, "a"}, {[]string{"b", "a"}, "b"}, {[]string{"b"}, "b"}} {
		if err := encrypted(t, s, step.with...).Reencrypt(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if got, ok, err := encrypted(t, s, step.after).Get(t.Context(), name); err != nil || !ok || string(got) != name {
				t.Errorf("after %v, with %s: %q, %v, %v", step.with, step.after, got, ok, err)
			}
		}
	}
	for _, do := range []func(*Encrypted) error{
		func(e *Encrypted) error { return e.Reencrypt(t.Context()) }, func(e *Encrypted) error { return e.CheckKeys(t.Context()) },
	} {
		if err := do(encrypted(t, s, "a")); !errors.Is(err, ErrKeys) {
			t.Errorf("with a wrong key: %v", err)
		}
	}
	if err := encrypted(t, s, "a", "b").CheckKeys(t.Context()); err != nil {
		t.Errorf("with the right key: %v", err)
	}
	if err := encrypted(t, s).Reencrypt(t.Context()); err == nil {
		t.Error("without a key")
	}
}

// Secrets are added and swapped as other entries are, whatever their ciphertext.
func TestSecretsAreSwapped(t *testing.T) {
	for _, keys := range [][]string{nil, {"a"}} {
		e := encrypted(t, NewMemory(), keys...)
		c := &checked{T: t, Store: e, medium: medium{open: func() Store { return e }}}
		one, two := []byte("1"), []byte{}
		c.is(true)(c.Add(c.ctx(), secretName, one, time.Minute))
		c.is(false)(c.Add(c.ctx(), secretName, two, 0))
		c.is(false)(c.Swap(c.ctx(), secretName, nil, two, 0))
		c.is(false)(c.Swap(c.ctx(), secretName, two, one, 0))
		c.is(true)(c.Swap(c.ctx(), secretName, one, two, 0))
		c.has(secretName, two)
		c.is(true)(c.Swap(c.ctx(), secretName, two, nil, 0))
		c.has(secretName, nil)
		c.is(true)(c.Swap(c.ctx(), secretName, nil, one, 0))
		c.has(secretName, one)
	}
}

func TestParseKeys(t *testing.T) {
	raw := []byte("\xff\xfe\xfd\xfc678901234567890123456789012")
	raw = append(raw, make([]byte, 32-len(raw))...)
	for _, text := range []string{
		hex.EncodeToString(raw), strings.ToUpper(hex.EncodeToString(raw)), base64.StdEncoding.EncodeToString(raw),
		base64.URLEncoding.EncodeToString(raw), base64.RawURLEncoding.EncodeToString(raw),
	} {
		for _, in := range []string{text, " " + text + "\r\n", text + "," + text, text + "\n" + text + "\n"} {
			keys, err := ParseKeys(in)
			if err != nil || keys[0] != Key(raw) || len(keys) != strings.Count(in, text) {
				t.Errorf("%q: %v, %v", in, keys, err)
			}
		}
	}
	valid := hex.EncodeToString(raw)
	for _, text := range []string{"", " \n", "my-password", valid[2:], valid + "00", valid + " short", strings.Repeat("z", 64)} {
		keys, err := ParseKeys(text)
		if err == nil || !strings.Contains(err.Error(), "openssl rand -base64 32") || strings.Contains(err.Error(), "short") || strings.Contains(err.Error(), "my-password") {
			t.Errorf("%q: %v, %v", text, keys, err)
		}
	}
}
