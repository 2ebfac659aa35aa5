package plan

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
)

// addHow adds to the arguments of a call how it is made: as a draft or not, and without
// which rules of lint.
func (m *maker) addHow(args map[string]any, wants *Item) {
	if wants.Kind.Drafts {
		args["status"] = catalog.Submit
		if wants.Draft {
			args["status"] = catalog.AsDraft
		}
	}
	if wants.Kind.Lints && len(wants.IgnoreLint) > 0 {
		rules := make([]any, len(wants.IgnoreLint))
		for i, rule := range wants.IgnoreLint {
			rules[i] = rule
		}
		args["ignoreLint"] = rules
	}
}

// step is a step with one call, which the guard would let through; else refused says why
// not.
func (m *maker) step(item *Item, action Action, call Call) (_ *Step, refused *Preview, _ error) {
	seen, err := m.snapshot.Preview(m.ctx, call.Tool, withoutReferences(item, call.Arguments))
	if err != nil {
		return nil, nil, err
	}
	if seen.Refused != "" {
		if err := wholeRun(seen); err != nil {
			return nil, nil, err
		}
		return nil, &seen, nil
	}
	row := catalog.Lookup(call.Tool)
	call.Confirm, call.Facts = row.Confirm, seen.Facts
	m.warn(item, seen.Warnings)
	step := &Step{ID: stepID(item, action), Action: action, Kind: item.Kind.Name, Key: item.Key, Calls: []Call{call}}
	if call.Arguments["status"] != catalog.AsDraft {
		step.Usual = usualTime(row)
	}
	return step, nil, nil
}

func stepID(item *Item, action Action) string {
	return item.Kind.Name + "/" + item.Key + "/" + string(action)
}

// withoutReferences are the arguments of a call with a secret in place of each reference
// to one: the guard checks how hard a secret is to guess, and can't of a reference.
func withoutReferences(item *Item, args map[string]any) map[string]any {
	checked := maps.Clone(args)
	for _, path := range item.Secret {
		if _, given := checked[path]; given {
			checked[path] = "a Secret of 21 signs"
		}
	}
	return checked
}

// after adds the steps that must be done before a step.
func (m *maker) after(step *Step, item *Item) {
	for _, before := range m.plan.Steps {
		switch {
		case item.Kind.Parent != nil && before.ID == stepID(parentOf(item), Create):
		case item.Kind == kakaotalkSenders && step.Action == Create && before.Kind == item.Kind.Name && before.Action == Create && len(m.have[item.Kind]) == 0:
			// its account is made with the first sender, and takes no other meanwhile
			// (createSender, 1.2.117)
		case before.Action == Delete && before.Kind == item.Kind.Name && (before.Key == item.Key || m.isFull(item.Kind)):
		default:
			continue
		}
		step.After = append(step.After, before.ID)
	}
}

// isFull reports whether one more thing of a kind needs a place that a deletion makes.
func (m *maker) isFull(kind *Kind) bool {
	there := len(m.have[kind])
	for _, step := range m.plan.Steps {
		if step.Kind == kind.Name && (step.Action == Create || step.Action == Delete) {
			there++
		}
	}
	return kind.Create == "webhook_create" && there >= catalog.MaxWebhooks
}

// parentOf is the item that an item belongs to, by its identity.
func parentOf(item *Item) *Item {
	parent := &Item{Kind: item.Kind.Parent, Identity: map[string]string{}}
	for _, name := range item.Kind.Parent.Identity {
		parent.Identity[name] = item.Identity[name]
	}
	parent.Key = item.Kind.Parent.key(parent.Identity)
	return parent
}

// add adds a step, with what the file alone shows of its item.
func (m *maker) add(step *Step, item *Item) {
	m.plan.Steps = append(m.plan.Steps, step)
	if step.Action != Delete {
		m.plan.Notes = append(m.plan.Notes, m.notes()[itemKey(item)]...)
	}
}

// finish counts what a person must agree to, and completes the plan.
func (m *maker) finish() {
	if n := m.plan.Confirmed(); n > guard.MaxMarked {
		m.plan.Notes = append(m.plan.Notes, Note{
			Text: fmt.Sprintf("%d calls ask for a person's confirmation, and a plan may have %d to be applied: split it with --only", n, guard.MaxMarked), Error: true,
		})
	}
	m.plan.Hash = m.plan.hash()
}

// Confirmed is how many calls of a plan a person must agree to.
func (p *Plan) Confirmed() int {
	n := 0
	for _, step := range p.Steps {
		for _, call := range step.Calls {
			if call.Confirm != "" {
				n++
			}
		}
	}
	return n
}

// hash identifies the project, the steps with their calls, and what each waits for.
func (p *Plan) hash() string {
	type step struct {
		ID    string   `json:"id"`
		Calls []Call   `json:"calls"`
		After []string `json:"after"`
	}
	steps := make([]step, len(p.Steps))
	for i, s := range p.Steps {
		steps[i] = step{s.ID, s.Calls, s.After}
	}
	sum := sha256.Sum256(jsonvalue.Encode(map[string]any{"projectId": p.ProjectID, "steps": steps}))
	return hex.EncodeToString(sum[:])
}
