package guard

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"sync"
	"time"
)

// A token is our word that exactly one call may go out once. It is signed, and
// holds no more than two hashes, an end and a number of its own:
//
//	kind (1 byte) | end (8 bytes, Unix seconds) | nonce (16) | call (32) | facts (32) | HMAC-SHA256 of all that (32)
//
// call is the hash of who calls what, with what; facts is the hash of what the
// person was told about the state of things.

// kind keeps what a person answered apart from what an agent repeats, so that
// neither can stand for the other.
type kind byte

const (
	asked kind = 'q' // the state of a question put to a person
	given kind = 't' // a token that an agent repeats after asking the person
)

const (
	tokenTTL   = 10 * time.Minute
	bodyLength = 1 + 8 + 16 + sha256.Size + sha256.Size
)

// The reasons for which a token is not good, as errors tell them.
const (
	reasonExpired = "expired"
	reasonSpent   = "spent"
	reasonOther   = "other_call" // another call's, or not ours
	reasonChanged = "changed"    // what the summary told is no longer so

	reasonNone = "none" // no token was brought; never told
)

// matter is what a person agrees to.
type matter struct {
	realm                    string
	principal, project, tool string
	args                     map[string]any // canonical
	// own are the arguments of ours that widen what is shown or done. Those
	// that only shape an answer (detail, fields) are no part of what is agreed
	// to.
	own     ownArgs
	facts   []string // of the summary, as they are now
	summary string
	// confirmsProject tells that the question is about the project too.
	confirmsProject bool
	// again judges the call anew, by reads of its own, and looks at the facts
	// as they are then; nil where nothing is sent to the API.
	again func() *Refusal
}

type ownArgs struct{ Reveal, All, RegisteredElsewhere bool }

func (m *matter) callHash() []byte {
	return hash(map[string]any{
		"realm": m.realm, "principal": m.principal, "project": m.project, "tool": m.tool, "args": m.args, "own": m.own,
	})
}

func (m *matter) factsHash() []byte { return hash(m.facts) }

// hash hashes the canonical JSON of a value: encoding/json sorts the names.
func hash(value any) []byte {
	raw, err := json.Marshal(value)
	if err != nil {
		panic("guard: arguments that are no JSON: " + err.Error())
	}
	sum := sha256.Sum256(raw)
	return sum[:]
}

// signingKey is the key of the tokens, kept in the store so that all who share
// it (replicas, one command after another) know each other's tokens.
type signingKey struct {
	mu  sync.Mutex
	key []byte
}

const signingKeyName = "guard/key"

func (g *Guard) signingKey(ctx context.Context) ([]byte, error) {
	g.key.mu.Lock()
	defer g.key.mu.Unlock()
	if g.key.key != nil {
		return g.key.key, nil
	}
	fresh := make([]byte, 32)
	rand.Read(fresh)
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
	g.key.key = key
	return key, nil
}

// sign makes a token for the matter, and tells when it ends.
func (g *Guard) sign(ctx context.Context, k kind, m *matter) (string, time.Time, error) {
	key, err := g.signingKey(ctx)
	if err != nil {
		return "", time.Time{}, err
	}
	end := g.opts.Now().Add(tokenTTL).Truncate(time.Second)
	body := make([]byte, 0, bodyLength+sha256.Size)
	body = append(body, byte(k))
	body = binary.BigEndian.AppendUint64(body, uint64(end.Unix()))
	nonce := make([]byte, 16)
	rand.Read(nonce)
	body = append(body, nonce...)
	body = append(body, m.callHash()...)
	body = append(body, m.factsHash()...)
	return base64.RawURLEncoding.EncodeToString(mac(key, body)), end, nil
}

// opened is a token of ours that is for the matter and has not ended.
type opened struct {
	nonce, facts []byte
	end          time.Time
}

// open reads a token for the matter. It returns why it is not good, or "".
func (g *Guard) open(ctx context.Context, k kind, token string, m *matter) (o opened, reason string, err error) {
	key, err := g.signingKey(ctx)
	if err != nil {
		return o, "", err
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) != bodyLength+sha256.Size || !hmac.Equal(mac(key, raw[:bodyLength:bodyLength]), raw) || kind(raw[0]) != k {
		return o, reasonOther, nil
	}
	o.end = time.Unix(int64(binary.BigEndian.Uint64(raw[1:9])), 0)
	call := raw[25 : 25+sha256.Size]
	o.nonce, o.facts = raw[9:25], raw[25+sha256.Size:bodyLength]
	switch {
	case !hmac.Equal(call, m.callHash()):
		return o, reasonOther, nil
	case !g.opts.Now().Before(o.end):
		return o, reasonExpired, nil
	}
	return o, "", nil
}

// spend takes a token for the matter, so that it is good no more. It returns
// why it is not good, or "".
func (g *Guard) spend(ctx context.Context, k kind, token string, m *matter) (reason string, err error) {
	o, reason, err := g.open(ctx, k, token, m)
	if err != nil || reason != "" {
		return reason, err
	}
	return g.use(ctx, o, m)
}

// use burns a token that is good while the facts are as it was told of.
func (g *Guard) use(ctx context.Context, o opened, m *matter) (reason string, err error) {
	if !hmac.Equal(o.facts, m.factsHash()) {
		// What a spent token did may be what changed the facts.
		_, used, err := g.opts.Store.Get(ctx, o.spentKey())
		if used {
			return reasonSpent, err
		}
		return reasonChanged, err
	}
	return g.burn(ctx, o, m)
}

// burn makes a token good no more, whatever it was told of.
func (g *Guard) burn(ctx context.Context, o opened, m *matter) (reason string, err error) {
	first, err := g.opts.Store.Add(ctx, o.spentKey(), []byte(m.tool), tokenTTL)
	if err != nil {
		return "", err
	}
	if !first {
		return reasonSpent, nil
	}
	return "", nil
}

func (o opened) spentKey() string { return fmt.Sprintf("guard/spent/%x", o.nonce) }

// mac appends the signature to the body.
func mac(key, body []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(body)
	return h.Sum(body)
}
