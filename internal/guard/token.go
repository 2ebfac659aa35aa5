package guard

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"sync/atomic"
	"time"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/store"
)

// A token lets exactly one call through, once. An agent reads and repeats it, so
// it is short: what it is for is signed with it, and not part of it.
//
//	end (4 bytes, Unix seconds) | nonce (6) | facts (6) | MAC (16)
//
// facts is a keyed hash of what the person was shown about the state of things.
// The MAC is of the kind, the end, the nonce, the facts and the hash of who calls
// what with which arguments, truncated to half of HMAC-SHA256 (RFC 2104, 5).

// kind keeps apart what comes with a person's answer and what an agent repeats:
// neither is accepted in place of the other.
type kind byte

const (
	questionState kind = 'q' // the state of a question put to a person
	agentToken    kind = 't' // what an agent repeats after asking the person
)

const (
	tokenTTL    = 10 * time.Minute
	endLength   = 4
	nonceLength = 6
	factsLength = 6
	macLength   = 16
	bodyLength  = endLength + nonceLength + factsLength
)

// The reasons for which a token is not valid, as errors show them.
const (
	reasonExpired = "expired"
	reasonUsed    = "spent"
	reasonOther   = "other_call" // another call's, or not ours
	reasonChanged = "changed"    // what the summary said is no longer so
)

// subject is what a confirmation is about.
type subject struct {
	realm                    string
	principal, project, tool string
	args                     map[string]any // canonical
	// own are the arguments of ours that widen what is shown or done. Those
	// that only shape an answer (detail, fields) are not part of the subject.
	own      ownArgs
	facts    []string // of the question, as they are now
	question worded
	// confirmsProject is set where the question is about the project too.
	confirmsProject bool
	// recheck checks the call again, by reads of its own, and updates the
	// facts; nil where nothing is sent to the API.
	recheck func() *Refusal
}

type ownArgs struct {
	Reveal, All, RegisteredElsewhere bool
	IgnoreLint                       []string `json:",omitempty"` // in alphabetical order
}

func (s *subject) callHash() []byte {
	return hash(map[string]any{
		"realm": s.realm, "principal": s.principal, "project": s.project, "tool": s.tool, "args": s.args, "own": s.own,
	})
}

// factsTag is the hash of the facts that a token holds. It is keyed, so that
// other facts with the same tag can't be searched for.
func (s *subject) factsTag(key []byte) []byte {
	return mac(key, []byte("facts"), hash(s.facts))[:factsLength]
}

// hash hashes the canonical JSON of a value: encoding/json sorts the names.
func hash(value any) []byte {
	sum := sha256.Sum256(jsonvalue.Encode(value))
	return sum[:]
}

// signingKey is the key of the tokens, nil until it is first needed. It is kept in the
// store so that all who share it (replicas, one command after another) accept each
// other's tokens.
type signingKey struct{ atomic.Pointer[[]byte] }

const signingKeyName = store.SecretPrefix + "guard/key"

// signingKey returns the key. Of those who need the first one at the same time, here and
// elsewhere, one adds it.
func (g *Guard) signingKey(ctx context.Context) ([]byte, error) {
	if key := g.key.Load(); key != nil {
		return *key, nil
	}
	fresh := make([]byte, 32)
	if _, err := io.ReadFull(g.opts.Random, fresh); err != nil {
		return nil, err
	}
	if _, err := g.opts.Store.Add(ctx, signingKeyName, fresh, 0); err != nil {
		return nil, err
	}
	key, ok, err := g.opts.Store.Get(ctx, signingKeyName)
	if err != nil {
		return nil, err
	}
	if !ok || len(key) != len(fresh) {
		return nil, fmt.Errorf("the signing key in the store is damaged")
	}
	g.key.Store(&key)
	return key, nil
}

// ForgetSigningKey removes the key of the tokens from a store, and reports whether there
// was one. Those who have used it keep it until they end; the next one makes another.
func ForgetSigningKey(ctx context.Context, s store.Store) (had bool, err error) {
	if _, had, err = s.Get(ctx, signingKeyName); err != nil || !had {
		return false, err
	}
	return true, s.Delete(ctx, signingKeyName)
}

// sign makes a token for the subject, and returns when it ends.
func (g *Guard) sign(ctx context.Context, k kind, s *subject) (string, time.Time, error) {
	key, err := g.signingKey(ctx)
	if err != nil {
		return "", time.Time{}, err
	}
	end := g.opts.Now().Add(tokenTTL).Truncate(time.Second)
	nonce := make([]byte, nonceLength)
	if _, err := io.ReadFull(g.opts.Random, nonce); err != nil {
		return "", time.Time{}, err
	}
	body := slices.Concat(binary.BigEndian.AppendUint32(nil, uint32(end.Unix())), nonce, s.factsTag(key))
	return base64.RawURLEncoding.EncodeToString(append(body, s.signature(key, k, body)...)), end, nil
}

// signature signs the body of a token of a kind for the subject.
func (s *subject) signature(key []byte, k kind, body []byte) []byte {
	return mac(key, []byte{byte(k)}, body, s.callHash())[:macLength]
}

// openedToken is a token of ours that is for the subject and has not ended.
type openedToken struct {
	nonce     []byte
	factsHold bool // what the person was shown is still so
	end       time.Time
}

// open reads a token for the subject. The reason says why it is not valid; it
// is "" for one that is.
func (g *Guard) open(ctx context.Context, k kind, token string, s *subject) (t openedToken, reason string, err error) {
	key, err := g.signingKey(ctx)
	if err != nil {
		return t, "", err
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) != bodyLength+macLength || !hmac.Equal(s.signature(key, k, raw[:bodyLength]), raw[bodyLength:]) {
		return t, reasonOther, nil
	}
	t.end = time.Unix(int64(binary.BigEndian.Uint32(raw)), 0)
	t.nonce = raw[endLength : endLength+nonceLength]
	t.factsHold = hmac.Equal(raw[endLength+nonceLength:bodyLength], s.factsTag(key))
	if !g.opts.Now().Before(t.end) {
		return t, reasonExpired, nil
	}
	return t, "", nil
}

// use marks a token as used if the facts are still those that it was made for.
// The reason says why it is not valid.
func (g *Guard) use(ctx context.Context, t openedToken, s *subject) (reason string, err error) {
	if !t.factsHold {
		// The call that used the token may be what changed the facts.
		_, used, err := g.opts.Store.Get(ctx, t.usedKey())
		if used {
			return reasonUsed, err
		}
		return reasonChanged, err
	}
	return g.markUsed(ctx, t, s)
}

// usedTTL is how long a token is known to be used. It is longer than a token is valid:
// the clock of a replica may be behind the others' and the store's.
const usedTTL = 2 * tokenTTL

// markUsed marks a token as used, whatever facts it was made for.
func (g *Guard) markUsed(ctx context.Context, t openedToken, s *subject) (reason string, err error) {
	first, err := g.opts.Store.Add(ctx, t.usedKey(), []byte(s.tool), usedTTL)
	if err != nil || first {
		return "", err
	}
	return reasonUsed, nil
}

func (t openedToken) usedKey() string { return fmt.Sprintf("guard/spent/%x", t.nonce) }

// mac signs parts whose lengths are fixed.
func mac(key []byte, parts ...[]byte) []byte {
	h := hmac.New(sha256.New, key)
	for _, part := range parts {
		h.Write(part)
	}
	return h.Sum(nil)
}
