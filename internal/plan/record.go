package plan

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/store"
)

// recordTTL is how long a run is recorded: as long as its grant is valid.
const recordTTL = 24 * time.Hour

// Owner is whose plans of which project are recorded. Realm names the API.
type Owner struct{ Realm, Principal, ProjectID string }

// key begins the keys of an owner's records.
func (o Owner) key() string { return "plan/run/" + digest(o.Realm, o.Principal, o.ProjectID) + "/" }

// sentKey is where the time of a create is that must not be repeated, as long as its
// outcome is not known. It is the same for all who change the project.
func (o Owner) sentKey(s *Step) string {
	return "plan/sent/" + digest(o.Realm, o.ProjectID, s.Kind, s.Key)
}

// digest is a key for texts that may be long, or anything.
func digest(texts ...string) string {
	sum := sha256.Sum256(jsonvalue.Encode(texts))
	return hex.EncodeToString(sum[:16])
}

// record is what the store has of a run.
type record struct {
	Approval
	Begun time.Time `json:"begun"`
	Plan  *Plan     `json:"plan"`
}

// progress is what the store has of a step.
type progress struct {
	// Calls is how many calls of the step are made, IDs those that they returned.
	Calls int               `json:"calls"`
	IDs   map[string]string `json:"ids,omitempty"`
	State string            `json:"state,omitempty"`
	// Sent is when the next call was begun; zero: it was not, or it was refused.
	Sent time.Time `json:"sent,omitzero"`
	Done bool      `json:"done,omitempty"`
}

func (r *record) stepKey(index int) string { return fmt.Sprintf("plan/step/%s/%d", r.Grant, index) }

func (r *record) readStep(ctx context.Context, s store.Entries, index int) (p progress, _ error) {
	raw, ok, err := s.Get(ctx, r.stepKey(index))
	if err != nil || !ok {
		return p, err
	}
	return p, json.Unmarshal(raw, &p)
}

// writeStep is made though the caller goes away: what was sent must be known.
func (r *record) writeStep(ctx context.Context, s store.Entries, index int, p progress) error {
	return s.Put(context.WithoutCancel(ctx), r.stepKey(index), jsonvalue.Encode(p), recordTTL)
}

// end removes the record of a run that has nothing left to do. What the store has of its
// steps expires.
func (r *record) end(ctx context.Context, s store.Entries, o Owner) error {
	return s.Delete(ctx, o.key()+r.Hash)
}

// Begin records the run of a plan that was approved.
func Begin(ctx context.Context, s store.Entries, o Owner, p *Plan, approval Approval, now time.Time) (*Run, error) {
	r := &record{Approval: approval, Begun: now, Plan: p}
	if err := s.Put(context.WithoutCancel(ctx), o.key()+p.Hash, jsonvalue.Encode(r), recordTTL); err != nil {
		return nil, err
	}
	return &Run{Store: s, record: r, owner: o, now: p}, nil
}

// Continue returns the run that was interrupted and whose rest is the plan p, which was
// made now; nil where there is none. valid reports whether the grant of a run is still
// valid. Where hash is not "", it is the plan that was asked for: the differences of p
// from the rest of its run are returned.
func Continue(ctx context.Context, s store.Entries, o Owner, p *Plan, hash string, valid func(Approval) (bool, error)) (*Run, []string, error) {
	keys, err := s.Keys(ctx, o.key())
	if err != nil {
		return nil, nil, err
	}
	var newest *record
	var differs []string
	for _, key := range keys {
		raw, ok, err := s.Get(ctx, key)
		if err != nil {
			return nil, nil, err
		}
		r := &record{}
		if !ok || json.Unmarshal(raw, r) != nil || newest != nil && r.Begun.Before(newest.Begun) {
			continue
		}
		different, err := r.differences(ctx, s, p)
		if err != nil {
			return nil, nil, err
		}
		if r.Hash == hash {
			differs = different
		}
		if len(different) > 0 || len(p.Steps) == 0 && r.Hash != hash {
			continue
		}
		switch ok, err := valid(r.Approval); {
		case err != nil:
			return nil, nil, err
		case ok:
			newest = r
		}
	}
	if newest == nil {
		return nil, differs, nil
	}
	return &Run{Store: s, record: newest, owner: o, now: p}, nil, nil
}

// Plan is the plan that the run applies, those of its steps among it that are done.
func (r *Run) Plan() *Plan { return r.record.Plan }

// Begun is when the plan was approved.
func (r *Run) Begun() time.Time { return r.record.Begun }

// differences says in what a plan that was made now is not the rest of the run; nil where
// it is. A further step for an item that the run has dealt with, such as the launch of a
// sender that it created, is for a plan after this one.
func (r *record) differences(ctx context.Context, s store.Entries, now *Plan) ([]string, error) {
	var differs []string
	for _, step := range now.Steps {
		index := r.find(step)
		if index < 0 {
			differs = append(differs, step.ID+" is not in that plan")
			continue
		}
		state, err := r.readStep(ctx, s, index)
		if err != nil {
			return nil, err
		}
		was := r.Plan.Steps[index]
		begun := !state.Sent.IsZero() || state.Calls > 0
		switch {
		case was.ID != step.ID && begun && step.Action != Create:
		case was.ID != step.ID:
			differs = append(differs, fmt.Sprintf("%s takes the place of %s", step.ID, was.ID))
		case state.Done:
			differs = append(differs, step.ID+" is needed again, though it was done")
		case !begun:
			differs = append(differs, differences(was, step)...)
		}
	}
	return differs, nil
}

// find returns the index of the step itself, else of the last one about the same item, -1
// where there is none.
func (r *record) find(step *Step) int {
	found := -1
	for i, was := range r.Plan.Steps {
		if was.ID == step.ID {
			return i
		}
		if was.Kind == step.Kind && was.Key == step.Key {
			found = i
		}
	}
	return found
}

// Differences says in what another plan of the same file differs; nil where it does not.
func (p *Plan) Differences(now *Plan) []string {
	r := &record{Plan: p}
	var differs []string
	still := map[string]bool{}
	for _, step := range now.Steps {
		still[step.ID] = true
		if i := r.find(step); i < 0 || p.Steps[i].ID != step.ID {
			differs = append(differs, step.ID+" is new")
		} else {
			differs = append(differs, differences(p.Steps[i], step)...)
		}
	}
	for _, step := range p.Steps {
		if !still[step.ID] {
			differs = append(differs, step.ID+" is not needed any more")
		}
	}
	return differs
}

// differences says in what two steps about an item differ; nil where they are the same.
func differences(was, now *Step) []string {
	if len(was.Calls) != len(now.Calls) {
		return []string{now.ID + " takes other calls"}
	}
	var differs []string
	for i, call := range now.Calls {
		before := was.Calls[i]
		switch {
		case before.Tool != call.Tool:
			differs = append(differs, fmt.Sprintf("%s: %s in place of %s", now.ID, call.Tool, before.Tool))
		case !bytes.Equal(jsonvalue.Encode(before.Arguments), jsonvalue.Encode(call.Arguments)):
			differs = append(differs, fmt.Sprintf("%s: other arguments of %s", now.ID, call.Tool))
		case before.Facts != call.Facts:
			differs = append(differs, fmt.Sprintf("%s: it was %s, and is %s", now.ID, papi.Quoted(before.Facts, maxFact), papi.Quoted(call.Facts, maxFact)))
		}
	}
	return differs
}

// maxFact bounds, in bytes, what a difference shows of a fact.
const maxFact = 200
