// Package plan compares a file that says what a project should contain with what it
// contains, and applies the difference.
//
// A [Document] is the file: items of a few kinds, each with an identity and with fields
// by the API's own names. [Export] makes one from a project. [Make] reads the project
// and returns the [Plan]: steps in their order, each a call of a tool, and what can't be
// done, with the reason. A [Run] makes the calls of a plan, by way of the same guard as
// any other call.
//
// # What continues an apply that was interrupted
//
// A person agrees to a plan, which its hash identifies, and gets a grant for it. The run
// of that plan is recorded in the store under the hash: the plan, the grant, and of each
// step how far it is, with a line before a call is sent and one after its answer. An
// apply of the file later makes a new plan of it, from what the project has now. That one
// lacks the steps that were done, so its hash is another one. It is the rest of the
// recorded plan if each of its steps is a step of that one, with the same calls about the
// same facts, or is about an item whose step was begun and has not ended ([Continue]).
// Then the recorded run continues, and no person is asked again: they have agreed to all
// of it. If something else is in the new plan, or something comes back that the run had
// done, it is not: the new plan needs a yes of its own.
//
// What the new plan lacks has been done, by a call whose answer was lost or by someone
// else; either way there is nothing left to do. What it still has was not done: a change
// and a delete are sent again, for the guard when the first can't be on its way any more.
// A create is, too, where the API itself refuses a second one. An RCS sender and an SMS
// app it would make twice, so the time of each attempt is in the store until its outcome
// is known, whichever plan it belonged to, and the one who finds it there looks for the
// thing by its identity: one is the result; none two minutes after the attempt shows that
// it had no effect; several are for a person to decide.
package plan

import (
	"context"
	"encoding/json"
)

// Document is a file whose references are resolved.
type Document struct {
	ProjectID string
	Items     []*Item // in the order of the file
	Delete    []*Item // with an identity, and arguments of the delete in Fields
	Notes     []Note  // what was read in another way than it is written
}

// Item is a thing as the file wants it, or as the project has it.
type Item struct {
	Kind *Kind
	// Identity has the fields that identify it, by their names in the file: target;
	// name and language; id. Key is the same as one text for people, and stable: it names
	// the item in plans, with --only, and in the record of what was applied.
	Identity map[string]string
	Key      string
	// ID is the API's id of it, "" where it has none yet.
	ID string
	// Fields are the API's fields, in the form of the arguments that create it.
	Fields map[string]any
	// Draft reports that it should stay, or is, a draft. Launch reports that it should be,
	// or is being, launched: an RCS sender alone.
	Draft, Launch bool
	// IgnoreLint are the rules of lint that the file has its call ignore.
	IgnoreLint []string
	// Secret are the paths of fields whose values come from a secret reference. They are
	// never printed, compared, or hashed in the clear.
	Secret []string
	// At returns where the file has a path of Fields; nil for what the project has.
	At func(path string) Position `json:"-"`
	// State, Pending and Live describe what the project has: the state and the status of
	// its pending change, by the catalog's words, and the API's whole answer. Fields are
	// those that it will have once a pending change is live.
	State, Pending string
	Live           map[string]any
	// Unmanaged says why no file can have the item, though the project has it; "" for an
	// item that one can have.
	Unmanaged string
}

// Position is a place in the file, or in one that it refers to. Lines and columns count
// from 1; they are 0 where only the file is known.
type Position struct {
	File         string
	Line, Column int
}

// Action is what a step does.
type Action string

// The actions.
const (
	Create Action = "create"
	Change Action = "change"
	Delete Action = "delete"
	Launch Action = "launch"
)

// Plan is what would be done, and what can't be.
type Plan struct {
	ProjectID string `json:"projectId"`
	// Hash identifies the steps: the same project and file give the same one.
	Hash string `json:"hash"`
	// Steps are in an order in which they can be made.
	Steps []*Step `json:"steps"`
	// Blocked are differences that no call can remove now, and why.
	Blocked []Blocked `json:"blocked,omitempty"`
	// Notes are findings of lint and of readiness, and warnings.
	Notes []Note `json:"notes,omitempty"`
	// Unchanged is how many items are as the file wants them.
	Unchanged int `json:"unchanged"`
}

// Step is a difference, and the calls that remove it.
type Step struct {
	// ID is the kind, the key and the action: stable from plan to plan.
	ID     string `json:"id"`
	Action Action `json:"action"`
	Kind   string `json:"kind"`
	Key    string `json:"key"`
	// Changes are the fields that differ, of a change; values of secrets are "***".
	Changes []FieldChange `json:"changes,omitempty"`
	// Calls are made one after the other.
	Calls []Call `json:"calls"`
	// After are the ids of steps that must be done before.
	After []string `json:"after,omitempty"`
	// Usual says how long the API takes after the call, where it is asynchronous; ""
	// where the answer is the end. Person is what a person has to do after it; "" for
	// nothing.
	Usual  string `json:"usual,omitempty"`
	Person string `json:"person,omitempty"`
}

// Call is a call of a tool.
type Call struct {
	Tool string `json:"tool"`
	// Arguments are those of the tool, with references in place of secrets
	// ("${env:NAME}").
	Arguments map[string]any `json:"arguments"`
	// Confirm is what a person must agree to, by the row; "" for nothing.
	Confirm string `json:"confirm,omitempty"`
	// Facts are what the question to the person is about, besides the arguments, as
	// the guard read it. Where they differ at the time of the call, it is not made.
	Facts string `json:"facts,omitempty"`
}

// FieldChange is a field that differs. A side is absent where the field is.
type FieldChange struct {
	Path string          `json:"path"`
	From json.RawMessage `json:"from,omitempty"`
	To   json.RawMessage `json:"to,omitempty"`
}

// Blocked is a difference that can't be removed now.
type Blocked struct {
	Kind    string        `json:"kind"`
	Key     string        `json:"key"`
	Action  Action        `json:"action"`
	Changes []FieldChange `json:"changes,omitempty"`
	// Code is that of the guard's rule; Reason says why, and what to do.
	Code   string `json:"code,omitempty"`
	Reason string `json:"reason"`
}

// Note is a finding about an item.
type Note struct {
	Kind  string `json:"kind"`
	Key   string `json:"key"`
	Code  string `json:"code,omitempty"`
	Text  string `json:"text"`
	Error bool   `json:"error,omitempty"`
	// Path is that of the field in Item.Fields, and At where the file has it; "" and the
	// zero value for the complete item.
	Path string   `json:"path,omitempty"`
	At   Position `json:"-"`
}

// Reader reads a project: by the tools of a server, guard included.
type Reader interface {
	// Read calls a tool that reads, and returns the API's whole answer, of all pages. Where
	// the project has none of what is listed, the answer is empty.
	Read(ctx context.Context, tool string, arguments map[string]any) (map[string]any, error)
}

// Project reads a project, and asks the guard about calls. [Target] changes it too.
type Project interface {
	Reader
	// Preview returns what the guard says of a call that is not made.
	Preview(ctx context.Context, tool string, arguments map[string]any) (Preview, error)
}

// Preview is what the guard says of a call.
type Preview struct {
	// Refused is the code of the rule that refuses it, with the reason; "" for none.
	Refused, Reason string
	// Question is what a person is asked; "" for nothing. Facts are what it is about.
	Question, Facts string
	Warnings        []string
}
