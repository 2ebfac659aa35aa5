package guard

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/jsonvalue"
)

// A refusal by a person is final. A question is recorded in the store before it
// is sent, as unapproved. While the record is there, the call gets no token, and
// its project is not confirmed by naming it, whichever connection of the
// principal asks. A yes removes the record, and so does a client that turns out
// to be unable to ask: then the question was not shown.

// unapprovedTTL is how long a question is recorded.
const unapprovedTTL = 10 * time.Minute

// unapproved is what the store keeps of a question without a yes.
type unapproved struct {
	ID    string    `json:"id"`
	Asked time.Time `json:"asked"`
	// Answer is how the question ended; "" while it is open.
	Answer Answer `json:"answer,omitempty"`
}

func (u *unapproved) end() time.Time { return u.Asked.Add(unapprovedTTL) }

// recorded is what recording one question changed in the store.
type recorded struct {
	id     string
	before map[string]*unapproved // the earlier records by key; nil where there was none
}

// unapprovedKeys are where a question about the subject is recorded: for the
// call, and for the project where the question is about it too.
func (g *Guard) unapprovedKeys(s *subject) []string {
	keys := []string{s.unapprovedKey()}
	if s.confirmsProject {
		keys = append(keys, g.projectSubject(s.principal, s.project).unapprovedKey())
	}
	return keys
}

// unapprovedKey is the same for each way to write the project's id: an id in
// capitals may name the same project, and a refusal must not depend on that.
func (s *subject) unapprovedKey() string {
	call := *s
	call.project = strings.ToLower(strings.TrimSpace(s.project))
	return "guard/asked/" + hex.EncodeToString(call.callHash())
}

// toolProjectConfirm is the tool that confirms a project.
const toolProjectConfirm = "project_confirm"

// questionID distinguishes the question of a state from any other.
func questionID(state string) string {
	sum := sha256.Sum256([]byte(state))
	return hex.EncodeToString(sum[:8])
}

// recordQuestion records, before it is sent, the question about the subject
// that has the state.
func (g *Guard) recordQuestion(ctx context.Context, s *subject, state string) (recorded, error) {
	r := recorded{id: questionID(state), before: map[string]*unapproved{}}
	err := g.changeUnapproved(ctx, g.unapprovedKeys(s), func(key string, now *unapproved) *unapproved {
		r.before[key] = now
		return &unapproved{ID: r.id, Asked: g.opts.Now()}
	})
	return r, err
}

// withdrawQuestion restores what was recorded before a question that could not
// be shown. An answer that another question about the same subject got in the
// meantime stays.
func (g *Guard) withdrawQuestion(ctx context.Context, r recorded) error {
	return g.changeUnapproved(ctx, slices.Collect(maps.Keys(r.before)), func(key string, now *unapproved) *unapproved {
		if now == nil || now.ID != r.id || now.Answer != "" { // another question's by now
			return now
		}
		return r.before[key]
	})
}

// recordAnswer records how the question that has the state, and was asked at a
// time, ended. A yes removes its own record; that of a later question about the
// same subject stays.
func (g *Guard) recordAnswer(ctx context.Context, s *subject, state string, asked time.Time, answer Answer) error {
	id := questionID(state)
	return g.changeUnapproved(ctx, g.unapprovedKeys(s), func(_ string, now *unapproved) *unapproved {
		switch {
		case answer == Accepted && now != nil && now.ID == id:
			return nil
		case answer == Accepted:
			return now
		case now == nil: // a yes to a later question came first
			return &unapproved{ID: id, Asked: asked, Answer: answer}
		}
		return &unapproved{ID: now.ID, Asked: now.Asked, Answer: answer}
	})
}

// changeUnapproved replaces the record of each key by what change returns for
// it; nil is no record. change is called again where another process has changed the
// record in between.
func (g *Guard) changeUnapproved(ctx context.Context, keys []string, change func(key string, now *unapproved) *unapproved) error {
	for _, key := range keys {
		for swapped := false; !swapped; {
			raw, now, err := g.readUnapproved(ctx, key)
			if err != nil {
				return err
			}
			changed := change(key, now)
			if changed == now {
				break
			}
			if swapped, err = g.swapUnapproved(ctx, key, raw, changed); err != nil {
				return err
			}
		}
	}
	return nil
}

// getUnapproved returns the record of the key, nil where there is none.
func (g *Guard) getUnapproved(ctx context.Context, key string) (*unapproved, error) {
	_, u, err := g.readUnapproved(ctx, key)
	return u, err
}

// readUnapproved returns the record of the key as the store has it too, nil where that
// has none.
func (g *Guard) readUnapproved(ctx context.Context, key string) (raw []byte, _ *unapproved, _ error) {
	raw, ok, err := g.opts.Store.Get(ctx, key)
	if err != nil || !ok {
		return nil, nil, err
	}
	var u unapproved
	if err := json.Unmarshal(raw, &u); err != nil {
		return nil, nil, fmt.Errorf("the record of a question in the store is damaged: %w", err)
	}
	if !g.opts.Now().Before(u.end()) {
		return raw, nil, nil
	}
	return raw, &u, nil
}

// swapUnapproved replaces the record that the store has as old.
func (g *Guard) swapUnapproved(ctx context.Context, key string, old []byte, u *unapproved) (bool, error) {
	if u == nil || !g.opts.Now().Before(u.end()) {
		return g.opts.Store.Swap(ctx, key, old, nil, 0)
	}
	return g.opts.Store.Swap(ctx, key, old, jsonvalue.Encode(u), u.end().Sub(g.opts.Now()))
}

// refuseUnapproved refuses what a person was asked about less than ten minutes
// ago without saying yes; it returns nil where no such question is recorded.
func (g *Guard) refuseUnapproved(ctx context.Context, s *subject) *Refusal {
	u, err := g.getUnapproved(ctx, s.unapprovedKey())
	if err != nil {
		return storeFailed(err)
	}
	if u == nil {
		return nil
	}
	what, until := "this call", "no confirmation token is issued or accepted for it"
	if s.tool == toolProjectConfirm {
		what, until = "this project", "naming it does not confirm it"
	}
	r := &Refusal{
		Code:       errorcode.ConfirmationTimeout,
		Resolution: "do not look for another way to do it; only if the person asks for it, make the call again with a client that can ask them, or after that time",
		Info:       map[string]any{"answer": "none", "askedAt": u.Asked.UTC().Format(time.RFC3339), "until": u.end().UTC().Format(time.RFC3339)},
		Next:       nextDo(sayNothingSent),
	}
	ended := "has not answered"
	if u.Answer != "" && u.Answer != TimedOut {
		r.Code, ended = errorcode.ConfirmationDeclined, fmt.Sprintf("did not agree (%s)", u.Answer)
		r.Info["answer"] = string(u.Answer)
	}
	const timeOfDay = "15:04:05 MST"
	r.Message = fmt.Sprintf("a person was asked about %s at %s and %s; until %s %s. Nothing was sent",
		what, u.Asked.UTC().Format(timeOfDay), ended, u.end().UTC().Format(timeOfDay), until)
	return r
}
