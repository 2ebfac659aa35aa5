package tools

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/mark3labs/mcp-go/mcp"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/deadline"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/sandbox"
)

// SandboxAdvance is the tool that moves the sandbox's clock. It is offered where the API
// is a sandbox in this process, and not with ReadOnly: what is due by then changes.
const SandboxAdvance = "sandbox_advance"

// Clock is that of a sandbox; *sandbox.Sandbox is one.
type Clock interface {
	Now() time.Time
	AdvanceBy(ctx context.Context, d time.Duration) (sandbox.Advanced, error)
	AdvanceToChange(ctx context.Context) (sandbox.Advanced, error)
}

// SandboxNote is what only the sandbox knows.
type SandboxNote struct {
	// Code is the one-time code that the phone received.
	Code string `json:"code"`
}

// withPhone returns a context for a request that may have the sandbox send a one-time
// code, and a function that returns the code, "" where none was sent. The API itself
// can't send one that way.
func (s *Set) withPhone(ctx context.Context) (context.Context, func() string) {
	if s.opts.Sandbox == nil {
		return ctx, func() string { return "" }
	}
	var mu sync.Mutex
	var last string
	ctx = sandbox.WithPhone(ctx, func(code string) {
		mu.Lock()
		defer mu.Unlock()
		last = code
	})
	return ctx, func() string {
		mu.Lock()
		defer mu.Unlock()
		return last
	}
}

// withSandboxCode returns the steps after a registration whose answer has the code: there
// is no person to ask for it.
func withSandboxCode(steps []catalog.Next) []catalog.Next {
	steps = slices.Clone(steps)
	for i := range steps {
		if slices.Contains(steps[i].Needs, "code") {
			steps[i].Do = "submit the sandbox's code"
		}
	}
	return steps
}

// untilChange is the one value of until.
const untilChange = "change"

type sandboxAdvanceArgs struct {
	Seconds int    `json:"seconds,omitempty" jsonschema:"minimum=1,maximum=31536000"`
	Until   string `json:"until,omitempty" jsonschema:"enum=change"`
}

func (s *Set) newSandboxAdvance() *coreTool {
	annotations := hints("Advance the sandbox's clock", false, false)
	annotations.IdempotentHint = mcp.ToBoolPtr(false)
	return newCoreTool(coreTool{
		name: SandboxAdvance, annotations: annotations,
		about:   "Move the sandbox's clock: by seconds, or with until to the next change of a state, such as the end of a review. Shows what changed.",
		phrases: []string{"let time pass in the sandbox", "skip the waiting time in the sandbox", "move the clock forward", "go to the next change of a state"},
		example: map[string]any{"until": untilChange},
	}, s.sandboxAdvance)
}

// advanced is what changed while the clock was moved.
type advanced struct {
	Changes []changedState `json:"changes,omitempty"`
	// More is how many more changes there are, and Elsewhere how many in projects that
	// the caller may not use.
	More      int `json:"changesMore,omitempty"`
	Elsewhere int `json:"changesElsewhere,omitempty"`
}

type changedState struct {
	Resource  string            `json:"resource"`
	ProjectID string            `json:"projectId,omitempty"` // unless it is the default
	IDs       map[string]string `json:"ids,omitempty"`
	Before    string            `json:"before"`
	After     string            `json:"after"`
}

// maxChanges is how many changes a result shows.
const maxChanges = 20

func (s *Set) sandboxAdvance(ctx context.Context, caller Caller, args sandboxAdvanceArgs) Outcome {
	const either = `seconds, or until: "` + untilChange + `", and not both`
	switch {
	case args.Seconds > 0 && args.Until != "":
		return invalidArguments([]papi.Violation{{Path: "until", Given: args.Until, Allowed: either}}).outcome()
	case args.Seconds == 0 && args.Until == "":
		return invalidArguments([]papi.Violation{{Path: "seconds", Allowed: either}}).outcome()
	}
	ctx, cancel := deadline.Bound(ctx)
	defer cancel()
	var done sandbox.Advanced
	var err error
	if args.Until != "" {
		done, err = s.opts.Sandbox.AdvanceToChange(ctx)
	} else {
		done, err = s.opts.Sandbox.AdvanceBy(ctx, time.Duration(args.Seconds)*time.Second)
	}
	early := errors.Is(err, context.DeadlineExceeded)
	switch {
	case errors.Is(err, context.Canceled):
		return (&Error{Code: errorcode.Cancelled, Message: "the caller disconnected while the clock was being moved"}).outcome()
	case err != nil && !early:
		return (&Error{Code: errorcode.Unreachable, Message: "the sandbox can't be used: " + err.Error()}).outcome()
	}
	r := &Result{Tool: SandboxAdvance, Now: stamp(s.opts.Sandbox.Now()), Done: "advanced by " + done.By.Round(time.Second).String()}
	switch {
	case early:
		r.Warnings = append(r.Warnings, "stopped early, since the targets of webhooks did not answer in time: repeat the call to move on")
	case args.Until != "" && len(done.Changes) == 0:
		r.Done = "nothing: no change of a state is pending, so the clock was not moved"
	}
	data := s.changed(ctx, caller, done.Changes)
	if len(done.Changes) > 0 {
		r.Data = data
	}
	r.Next = s.offered(afterAdvance(args, data.Changes), "")
	return Outcome{Structured: r}
}

// changed shows the changes in the projects that the caller may use.
func (s *Set) changed(ctx context.Context, caller Caller, changes []sandbox.Change) advanced {
	var data advanced
	allowed := map[string]bool{}
	for _, c := range changes {
		if _, known := allowed[c.Project]; !known {
			_, refusal := s.opts.Guard.Project(ctx, caller.Principal, c.Project)
			allowed[c.Project] = refusal == nil
		}
		switch {
		case !allowed[c.Project]:
			data.Elsewhere++
		case len(data.Changes) == maxChanges:
			data.More++
		default:
			shown := changedState{Resource: c.Resource, IDs: c.IDs, Before: c.Before, After: c.After}
			if c.Project != s.DefaultProject() {
				shown.ProjectID = c.Project
			}
			data.Changes = append(data.Changes, shown)
		}
	}
	return data
}

// afterAdvance leads to what has changed: each of a few things, or the overview of their
// project; where nothing has, to the next change.
func afterAdvance(args sandboxAdvanceArgs, changes []changedState) []catalog.Next {
	if len(changes) == 0 {
		if args.Until != "" {
			return nil
		}
		return []catalog.Next{{Do: "nothing has changed yet: move to the next change", Tool: SandboxAdvance, Args: map[string]any{"until": untilChange}}}
	}
	there := slices.DeleteFunc(slices.Clone(changes), func(c changedState) bool { return c.After == "none" })
	step := func(do, tool string, c changedState) catalog.Next {
		n := catalog.Next{Do: do, Tool: tool, Args: map[string]any{}}
		if c.ProjectID != "" {
			n.Args[argProject] = c.ProjectID
		}
		return n
	}
	if len(there) == 0 || len(there) > maxNext {
		return []catalog.Next{step("see what the project contains now", "project_overview", changes[0])}
	}
	var next []catalog.Next
	for _, c := range there {
		resource := catalog.LookupResource(c.Resource)
		n := step("read the "+resource.Called(1)+" and what to do next", resource.Get, c)
		for name, id := range c.IDs {
			n.Args[name] = id
		}
		next = append(next, n)
	}
	return next
}
