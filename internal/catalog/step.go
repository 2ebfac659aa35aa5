package catalog

import (
	"strings"

	"papi-mcp/internal/jsonvalue"
)

// Step is something to do next about a thing: a tool to call, or what a person
// does. The path parameters of the tool are filled in from the ids that are
// known. Do may hold the placeholders {again} and {since} where the thing waits,
// and {status} where the step is about a part of it. It is short: what a state
// means is said by [State], and a step as JSON has 60 tokens at most.
type Step struct {
	Do     string
	Tool   string         // "" where a person must act
	Args   map[string]any // known besides the ids
	Needs  []string       // what only a person knows
	When   string         // FIELD=VALUE that the answer must show; FIELD alone: any value
	Unless string         // FIELD=VALUE that the answer must not show
	// Requires is the precondition that the state of the thing must meet; nil: none.
	Requires *Precondition
	// Waits reports that the step waits for the end of what Tool reads: one whose Do has
	// {again} becomes such a step where the end is near. Ends are the states that are
	// the end, nil for those of the resource. Changes reports that it waits for the first
	// change: the thing needs a person, which would end a wait at its first read.
	Waits   bool
	Ends    []string
	Changes bool
	// Check reports whether the step makes sense after the answer; nil: always.
	Check func(answer any) bool
	// Launch says for which RCS senders the step makes sense; "" for all. Package lint
	// knows what a launch needs.
	Launch LaunchState
}

// LaunchState is whether an RCS sender has what its launch needs, besides a state that
// allows it.
type LaunchState string

// The states of a launch.
const (
	LaunchReady LaunchState = "ready"
	LaunchLacks LaunchState = "lacks"
)

// Fits reports whether the step makes sense after the answer.
func (s Step) Fits(answer any) bool {
	return (s.Check == nil || s.Check(answer)) && (s.When == "" || shows(answer, s.When)) && (s.Unless == "" || !shows(answer, s.Unless))
}

func shows(answer any, condition string) bool {
	field, want, exact := strings.Cut(condition, "=")
	got := jsonvalue.Text(answer, field)
	return got != "" && (!exact || got == want)
}

// stopped is what to do about a thing that no call here restores, and whose
// activities have an entry for its state.
func stopped(activities, id string) []Step {
	return []Step{{Do: "read its activities: one may say why", Tool: activities}, askSupport(id)}
}

// askSupport is the last step for a thing that no call here restores.
func askSupport(id string) Step {
	return Step{Do: "no call restores it: a person must ask Sinch support, with the projectId and the " + id}
}

// Next is something that the agent may do after a call.
type Next struct {
	// Do says what, for a reader.
	Do string `json:"do"`
	// Tool is the tool to call; "" where a person must act.
	Tool string `json:"tool,omitempty"`
	// Via is the tool through which Tool is called where the server does not list it;
	// "" where it does.
	Via string `json:"via,omitempty"`
	// Args are the arguments that are known.
	Args map[string]any `json:"args,omitempty"`
	// Needs are the arguments that only a person knows, such as a code.
	Needs []string `json:"needs,omitempty"`
}
