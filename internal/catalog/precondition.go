package catalog

import "slices"

// Precondition is what the state of a thing must be for a tool to be called.
// The guard refuses the call otherwise, before the API does.
type Precondition struct {
	Code string // of the guard's refusal; stable
	// About begins a sentence that the states complete: "A WhatsApp sender is
	// updated".
	About string
	Tools []string
	// Field is the path of the status that counts in place of the thing's state;
	// "" where the state does.
	Field string
	// Live are the states that the thing may have, NotLive those that it must
	// not have; nil allows any. A thing without a state never went live: it
	// passes unless MustBeLive.
	Live, NotLive []string
	MustBeLive    bool
	// Changes are the statuses that its pending changes may have; nil allows
	// any. Without pending changes it passes unless MustPend.
	Changes  []string
	MustPend bool
	// Either says that the state or the changes suffice.
	Either bool
	// NeverSubmitted says that the thing must not have a state yet.
	NeverSubmitted bool
	// FailClosed says that the call is refused when the state can't be read.
	FailClosed bool
	// Errors are the API's error codes that the precondition prevents.
	Errors []string
	Source string // operations or schemas of the contract, and its version
}

// Allows reports whether a thing in the state, with pending changes in the
// status, meets the precondition; "" is none.
func (p *Precondition) Allows(state, changes string) bool {
	if p.Either {
		return slices.Contains(p.Live, state) || slices.Contains(p.Changes, changes)
	}
	return p.AllowsState(state) && p.AllowsChanges(changes)
}

// AllowsState reports whether the state, "" for none, meets the precondition.
func (p *Precondition) AllowsState(state string) bool {
	if state == "" {
		return !p.MustBeLive
	}
	return !p.NeverSubmitted && (p.Live == nil || slices.Contains(p.Live, state)) && !slices.Contains(p.NotLive, state)
}

// AllowsChanges reports whether the status of the pending changes, "" for none,
// meets the precondition.
func (p *Precondition) AllowsChanges(status string) bool {
	if status == "" {
		return !p.MustPend
	}
	return p.Changes == nil || slices.Contains(p.Changes, status)
}
