package papi

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"log/slog"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2/clientcredentials"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/private"
)

// tokenFile keeps tokens for later processes, those of many keys in one file. A file
// that can't be used, for whatever reason, is as good as none: the reason is logged
// at level Debug. A nil tokenFile keeps nothing.
type tokenFile struct {
	dir, name string
	key       string // of this client's token
	log       *slog.Logger
}

const (
	// tokenLockWait is how long a process waits for another one that fetches a
	// token, before it fetches one for itself.
	tokenLockWait = 10 * time.Second
	// maxKeptTokens limits the tokens of a file. More keys than these are seldom
	// used within an hour.
	maxKeptTokens = 16
)

// newTokenFile returns the file at path for the token of one key at one endpoint.
// What names the token in the file is a hash: a changed secret has another token,
// and can't be read from the name.
func newTokenFile(path string, of *clientcredentials.Config, log *slog.Logger) *tokenFile {
	hash := sha256.Sum256(jsonvalue.Encode([]string{of.TokenURL, of.ClientID, of.ClientSecret}))
	return &tokenFile{filepath.Dir(path), filepath.Base(path), hex.EncodeToString(hash[:]), log}
}

// keptTokens are the tokens in the file, which no other process changes until close.
// A nil keptTokens has none, and keeps none.
type keptTokens struct {
	*tokenFile
	folder *private.Folder
	unlock func()
	tokens map[string]keptToken // by tokenFile.key
}

type keptToken struct {
	Token   string    `json:"token"`
	Renew   time.Time `json:"renew"`
	Expires time.Time `json:"expires"`
}

// open locks and reads the file. It returns nil where that can't be done.
func (f *tokenFile) open(ctx context.Context) *keptTokens {
	if f == nil {
		return nil
	}
	folder, err := private.Open(f.dir)
	if err != nil {
		f.unused(err)
		return nil
	}
	unlock, err := folder.Lock(ctx, f.name+".lock", tokenLockWait)
	if err != nil {
		folder.Close()
		f.unused(err)
		return nil
	}
	k := &keptTokens{f, folder, unlock, map[string]keptToken{}}
	raw, err := folder.Read(f.name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		k.close()
		f.unused(err)
		return nil
	}
	if json.Unmarshal(raw, &k.tokens) != nil || k.tokens == nil {
		k.tokens = map[string]keptToken{} // not a file of tokens: it is replaced
	}
	return k
}

func (f *tokenFile) unused(err error) {
	f.log.Debug("the token is not kept for later calls", slog.Any("reason", err))
}

func (k *keptTokens) close() {
	if k != nil {
		k.unlock()
		k.folder.Close()
	}
}

// token returns the token of the key, and the zero token where there is none that
// can be sent.
func (k *keptTokens) token() token {
	if k == nil {
		return token{}
	}
	kept := k.tokens[k.key]
	if kept.Token == "" || !validHeader(kept.Token) || kept.Renew.IsZero() || kept.Expires.Before(kept.Renew) {
		return token{}
	}
	return token{"Bearer " + kept.Token, kept.Renew, kept.Expires}
}

// put keeps a token. One that does not say when it expires is not kept.
func (k *keptTokens) put(t token) {
	if k == nil || t.expires.IsZero() {
		return
	}
	k.tokens[k.key] = keptToken{strings.TrimPrefix(t.header, "Bearer "), t.renew, t.expires}
	k.write()
}

// write replaces the file, without what has expired and what is too much: of that,
// what expires first.
func (k *keptTokens) write() {
	now := time.Now()
	maps.DeleteFunc(k.tokens, func(_ string, t keptToken) bool { return !now.Before(t.Expires) })
	byExpiry := slices.SortedFunc(maps.Keys(k.tokens), func(a, b string) int { return k.tokens[b].Expires.Compare(k.tokens[a].Expires) })
	for _, key := range byExpiry[min(maxKeptTokens, len(byExpiry)):] {
		delete(k.tokens, key)
	}
	if err := k.folder.Write(k.name, jsonvalue.Encode(k.tokens)); err != nil {
		k.unused(err)
	}
}

// remove discards the token, which the API refused, unless another process has
// replaced it.
func (f *tokenFile) remove(refused token) {
	k := f.open(context.Background()) // the wait for the lock is limited
	defer k.close()
	if kept := k.token(); kept.header != "" && kept.header == refused.header {
		delete(k.tokens, k.key)
		k.write()
	}
}
