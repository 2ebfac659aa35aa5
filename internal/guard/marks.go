package guard

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"papi-mcp/internal/errorcode"
)

// A person's refusal is final. A question about a call leaves a mark in the
// store before it goes out; while the mark stands, the call gets no token, and
// its project is not confirmed by naming it, whichever connection of the
// principal asks. A yes removes the mark, and so does a client that turns out
// to be unable to ask: then nobody saw the question.

// markTTL is how long a mark stands after its question.
const markTTL = 10 * time.Minute

// mark is what the store keeps of a question.
type mark struct {
	ID    string    `json:"id"`
	Asked time.Time `json:"asked"`
	// Answer is how the question ended; "" while it is open.
	Answer Answer `json:"answer,omitempty"`
}

func (m *mark) end() time.Time { return m.Asked.Add(markTTL) }

// marks are the marks that one question left, with those that they replaced.
type marks struct {
	id     string
	before map[string]*mark // by key; nil where there was none
}

// markKeys are where the marks of a question about the matter are kept: that of
// the call, and that of the project where the question is about it too.
func (g *Guard) markKeys(m *matter) []string {
	keys := []string{m.markKey()}
	if m.confirmsProject {
		keys = append(keys, g.projectMatter(m.principal, m.project).markKey())
	}
	return keys
}

// markKey is the same for each way to write the project's id: an id in capitals
// may name the same project, and a refusal is not to depend on that.
func (m *matter) markKey() string {
	call := *m
	call.project = strings.ToLower(strings.TrimSpace(m.project))
	return "guard/asked/" + hex.EncodeToString(call.callHash())
}

// toolProjectConfirm is the tool that confirms a project.
const toolProjectConfirm = "project_confirm"

// markID tells the question of a state from any other.
func markID(state string) string {
	sum := sha256.Sum256([]byte(state))
	return hex.EncodeToString(sum[:8])
}

// mark remembers that a question about the matter goes out, with its state.
func (g *Guard) mark(ctx context.Context, m *matter, state string) (marks, error) {
	left := marks{id: markID(state), before: map[string]*mark{}}
	for _, key := range g.markKeys(m) {
		before, err := g.standingMark(ctx, key)
		if err != nil {
			return left, err
		}
		left.before[key] = before
		if err := g.putMark(ctx, key, &mark{ID: left.id, Asked: g.opts.Now()}); err != nil {
			return left, err
		}
	}
	return left, nil
}

// unmark takes back the marks of a question that nobody could be asked: an
// earlier one stands again. An answer that another question about the same got
// meanwhile stays.
func (g *Guard) unmark(ctx context.Context, left marks) error {
	for key, before := range left.before {
		now, err := g.standingMark(ctx, key)
		switch {
		case err != nil:
			return err
		case now == nil || now.ID != left.id || now.Answer != "": // another question's by now
			continue
		case before != nil:
			err = g.putMark(ctx, key, before)
		default:
			err = g.opts.Store.Delete(ctx, key)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// answered remembers how the question of the state, put at a time, ended. A yes
// removes its own mark: that of a later question about the same stays.
func (g *Guard) answered(ctx context.Context, m *matter, state string, put time.Time, answer Answer) error {
	id := markID(state)
	for _, key := range g.markKeys(m) {
		now, err := g.standingMark(ctx, key)
		switch {
		case err != nil:
		case answer != Accepted:
			if now == nil { // a yes to a later question came first
				now = &mark{ID: id, Asked: put}
			}
			now.Answer = answer
			err = g.putMark(ctx, key, now)
		case now != nil && now.ID == id:
			err = g.opts.Store.Delete(ctx, key)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// standingMark returns the mark of the key, nil where none stands.
func (g *Guard) standingMark(ctx context.Context, key string) (*mark, error) {
	raw, ok, err := g.opts.Store.Get(ctx, key)
	if err != nil || !ok {
		return nil, err
	}
	var m mark
	if err := json.Unmarshal(raw, &m); err != nil {
		return nil, fmt.Errorf("the mark of a question in the store is damaged: %w", err)
	}
	if !g.opts.Now().Before(m.end()) {
		return nil, nil
	}
	return &m, nil
}

func (g *Guard) putMark(ctx context.Context, key string, m *mark) error {
	raw, err := json.Marshal(m)
	if err != nil {
		return err
	}
	left := m.end().Sub(g.opts.Now())
	if left <= 0 {
		return g.opts.Store.Delete(ctx, key)
	}
	return g.opts.Store.Put(ctx, key, raw, left)
}

// refusedBefore refuses what a person was asked about less than ten minutes ago
// without saying yes; nil where no such question stands.
func (g *Guard) refusedBefore(ctx context.Context, m *matter) *Refusal {
	stands, err := g.standingMark(ctx, m.markKey())
	if err != nil {
		return storeFailed(err)
	}
	if stands == nil {
		return nil
	}
	what, done := "this call", "no confirmation token is issued or accepted for it"
	if m.tool == toolProjectConfirm {
		what, done = "this project", "naming it does not confirm it"
	}
	r := &Refusal{
		Code: errorcode.ConfirmationTimeout,
		Info: map[string]any{"answer": "none", "askedAt": stands.Asked.UTC().Format(time.RFC3339), "until": stands.end().UTC().Format(time.RFC3339)},
	}
	ended := "has not answered"
	if stands.Answer != "" && stands.Answer != TimedOut {
		r.Code, ended = errorcode.ConfirmationDeclined, fmt.Sprintf("did not agree (%s)", stands.Answer)
		r.Info["answer"] = string(stands.Answer)
	}
	r.Message = fmt.Sprintf("a person was asked about %s at %s and %s; until %s %s. Nothing was sent",
		what, stands.Asked.UTC().Format(timeOfDay), ended, stands.end().UTC().Format(timeOfDay), done)
	r.Resolution = "do not look for another way to do it; only when the person asks for it, make the call again with a client that can ask them, or after that time"
	r.Next = append(r.Next, doNext("tell the person that nothing was sent, and go on with what they ask for"))
	return r
}

// timeOfDay is how messages tell a time that is minutes away.
const timeOfDay = "15:04:05 MST"
