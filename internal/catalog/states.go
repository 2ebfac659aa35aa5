package catalog

import (
	"cmp"
	"slices"
	"strings"

	"papi-mcp/internal/jsonvalue"
)

// State is a state of a thing, a status of its pending change, or a status of
// one of its parts. All that depends on the state derives from it: the next
// steps, waiting, what needs attention, and the tables of the guides.
type State struct {
	Name  string
	Class Class
	// Means says what it means, by the contract.
	Means string
	// Moves says who or what moves the thing on; "" where nothing has to.
	Moves string
	// Lasts says how long it lasts, where it ends without a call; else zero.
	Lasts Lasting
	// Next is what to do in it.
	Next []Step
	// Production marks a state in which the thing reaches people.
	Production bool
}

// Class is what a state asks for.
type Class int

// The classes.
const (
	// Unknown is a state that the table does not have, or that asks for nothing.
	Unknown        Class = iota
	Pending              // it ends without a call
	Success              // the thing is as it should be
	Failure              // refused, failed or stopped
	ActionRequired       // a call or a person has to move it on
)

func (c Class) String() string {
	return [...]string{"unknown", "pending", "success", "failure", "action required"}[c]
}

// Part is a part of a thing that is reviewed, or fails, on its own: the display
// name of a sender is refused while the sender is ACTIVE.
type Part struct {
	Name   string // before the = in a pending change
	Field  string // of its status
	Value  string // field of the value that the status is about, "" where there is none
	Reason string // field that says why it was refused, "" where nothing does
	States []State
	// OneOfSeveral reports that the thing is as it should be though this part of it was
	// refused: there are others of its kind.
	OneOfSeveral bool
	// Find returns the status and the reason of a part that is not a single field;
	// nil for the others.
	Find func(thing any) (status, reason string)
}

// Status returns what an answer shows of the part: its status as the resource
// declares it, nil for one that is not declared, the value that the status is
// about, and the API's reason.
func (p *Part) Status(thing any) (status *State, value, reason string) {
	name, reason := jsonvalue.Text(thing, p.Field), jsonvalue.Text(thing, p.Reason)
	if p.Find != nil {
		name, reason = p.Find(thing)
	}
	return find(p.States, name), jsonvalue.Text(thing, p.Value), reason
}

// Key is a state, or what is pending, as results write it: what is pending precedes
// the state.
func (r *Resource) Key(state, pending string) string {
	switch {
	case pending == "":
		return state
	case strings.Contains(pending, "="): // of a part
		return pending
	}
	return r.Pending + "=" + pending
}

// HasStates reports whether the resource declares states, of its changes or parts too.
func (r *Resource) HasStates() bool {
	return len(r.States)+len(r.Changes)+len(r.Parts) > 0
}

// At returns the state that decides: the status of the pending change, where
// the resource declares it, else the state. Without a state it is the zero
// value. In an Unknown one the step is to check again.
func (r *Resource) At(state, pending string) State {
	if change := find(r.Changes, pending); change != nil {
		return *change
	}
	if state == "" || r.States == nil {
		return State{}
	}
	at := State{Name: state}
	if declared := find(r.States, state); declared != nil {
		at = *declared
	}
	if at.Class == Unknown {
		at.Next = []Step{{Do: "unknown state: check again {again}; if it stays, ask Sinch support", Tool: r.Get}}
	}
	return at
}

// PendingPart returns the status of a pending part, written PART=STATUS; nil where
// none does.
func (r *Resource) PendingPart(pending string) *State {
	name, status, _ := strings.Cut(pending, "=")
	for i := range r.Parts {
		if r.Parts[i].Name == name {
			return find(r.Parts[i].States, status)
		}
	}
	return nil
}

// Lasting is how long a state, or what is pending, lasts; false where it does not
// end without a call. Of a pending change that is not declared nothing is known,
// whatever the state is.
func (r *Resource) Lasting(state, pending string) (Lasting, bool) {
	at := State{}
	if pending == "" {
		at = r.At(state, "")
	} else if change := cmp.Or(find(r.Changes, pending), r.PendingPart(pending)); change != nil {
		at = *change
	}
	return at.Lasts, at.Lasts.Overdue > 0
}

// Class is what a state, or a pending change, means to the caller of the row.
func (r *Row) Class(state, pending string) Class {
	if r.Resource == nil {
		return Unknown
	}
	at := r.Resource.At(state, pending)
	if r.Wait != nil {
		if class, ok := r.Wait.Classes[at.Name]; ok {
			return class
		}
	}
	return at.Class
}

// Follows reports whether the tool reads one thing that has states: its end can be
// waited for.
func (r *Row) Follows() bool {
	return r.Effect == Read && r.List() == "" && r.Resource != nil && r.Resource.HasStates()
}

// Ends are the states of the resource that end the change which the call of the row
// began, where that differs from the states that end any: a sender that is in test has
// been created, and not launched. Nil where it does not differ.
func (r *Row) Ends() []string {
	if r.Wait == nil {
		return nil
	}
	var ends []string
	differs := false
	for _, s := range r.Resource.States {
		switch class := r.Class(s.Name, ""); {
		case class == Success || class == ActionRequired:
			ends = append(ends, s.Name)
		case class != s.Class && s.Class != Failure:
			differs = true
		}
	}
	if !differs {
		return nil
	}
	return ends
}

func find(states []State, name string) *State {
	if i := slices.IndexFunc(states, func(s State) bool { return s.Name == name }); i >= 0 {
		return &states[i]
	}
	return nil
}

// same declares several states that differ in their names alone.
func same(s State, names ...string) []State {
	all := make([]State, len(names))
	for i, name := range names {
		all[i], all[i].Name = s, name
	}
	return all
}
