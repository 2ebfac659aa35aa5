package tools

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/deadline"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/wait"
)

// toolWait is the tool that waits for the end of changes.
const toolWait = "wait"

// defaultWait is how long a wait lasts unless it says otherwise: several clients end a
// call after 60 s.
const defaultWait = 45 * time.Second

// progressInterval is the time between two notifications of progress.
const progressInterval = 10 * time.Second

type waitArgs struct {
	For       []waitFor `json:"for" jsonschema:"minItems=1,maxItems=20,description=things to follow"`
	Until     string    `json:"until,omitempty" jsonschema:"enum=settled,enum=changed,description=default settled: each one succeeded or failed or needs somebody"`
	Timeout   int       `json:"timeoutSeconds,omitempty" jsonschema:"minimum=1,maximum=300,description=default 45"`
	Cursor    string    `json:"cursor,omitempty" jsonschema:"description=of the last answer: what changed since counts"`
	ProjectID string    `json:"projectId,omitempty"`
}

// waitFor is a thing to follow.
type waitFor struct {
	Tool  string         `json:"tool" jsonschema:"description=that reads it: rcs_sender_get"`
	Args  map[string]any `json:"args,omitempty"`
	State []string       `json:"state,omitempty" jsonschema:"description=states that count as the end"`
}

// untilChanged is the value of until for a wait that ends with the first change.
const untilChanged = "changed"

// followed is a thing that a wait follows.
type followed struct {
	row  *catalog.Row
	call *call
	ends []string // states that count as the end; nil: those of the resource
	key  wait.Key

	before, was string // its state in the cursor, or when the wait began; and all of it that can change
	known       bool   // before and was are known
	last        *observation
	failed      error // of the last read, nil where it went well
	ended       bool  // no later read can change the answer
}

// observation is what a read showed.
type observation struct {
	condition
	now time.Time
}

// wait follows things until they settle, or change, or the time is over. It always ends
// with a result.
func (s *Set) wait(ctx context.Context, caller Caller, args waitArgs) Outcome {
	things, e := s.toFollow(args)
	if e != nil {
		return e.outcome()
	}
	for _, f := range things {
		if refusal := s.mayRead(ctx, caller, f); refusal != nil {
			return s.refuseProject(ctx, caller, toolWait, f.call.own.project, refusal)
		}
	}
	if e := s.readCursor(ctx, args.Cursor, things); e != nil {
		return e.outcome()
	}
	leave, ok := s.opts.Waits.Enter(caller.Principal)
	if !ok {
		return (&Error{Code: errorcode.TooManyWaits, Message: fmt.Sprintf("too many calls wait: at most %d for each caller, and %d in all", wait.MaxWaitsPerPrincipal, wait.MaxWaits)}).outcome()
	}
	defer leave()
	caller.waits()

	ctx, cancel := context.WithTimeout(ctx, cmp.Or(time.Duration(args.Timeout)*time.Second, defaultWait))
	defer cancel()
	s.follow(ctx, caller, things, args.Until == untilChanged)
	return s.waited(context.WithoutCancel(ctx), args, things)
}

// toFollow validates the things of a wait.
func (s *Set) toFollow(args waitArgs) ([]*followed, *Error) {
	var violations []papi.Violation
	var things []*followed
	for i, item := range args.For {
		at := fmt.Sprintf("for[%d]", i)
		t := s.tools[item.Tool]
		if t == nil || t.row.Resource == nil || t.row.Resource.Get != item.Tool || len(t.row.Resource.States) == 0 && len(t.row.Resource.Changes) == 0 {
			violations = append(violations, papi.Violation{Path: at + ".tool", Given: papi.Echo(item.Tool), Allowed: "the tool that reads one thing with a state, such as whatsapp_template_get", Nearest: s.readerNear(item.Tool)})
			continue
		}
		given := maps.Clone(item.Args)
		if given == nil {
			given = map[string]any{}
		}
		if given[argProject] == nil && args.ProjectID != "" {
			given[argProject] = args.ProjectID
		}
		c, e := t.arguments().check(given)
		if e != nil {
			found, _ := e.Info["violations"].([]papi.Violation)
			for _, v := range found {
				v.Path = strings.TrimSuffix(at+".args."+v.Path, ".")
				violations = append(violations, v)
			}
			continue
		}
		for j, state := range item.State {
			if names := stateNames(t.row.Resource); !slices.Contains(names, state) {
				violations = append(violations, papi.Violation{Path: fmt.Sprintf("%s.state[%d]", at, j), Given: papi.Echo(state), Allowed: names, Nearest: papi.Nearest(state, names)})
			}
		}
		things = append(things, &followed{row: t.row, call: c, ends: item.State})
	}
	if len(violations) > 0 {
		return nil, invalidArguments(violations)
	}
	return things, nil
}

// readerNear is the tool that reads what another tool is about, "" for none.
func (s *Set) readerNear(tool string) string {
	if t := s.tools[tool]; t != nil && t.row.Resource != nil {
		return t.row.Resource.Get
	}
	var readers []string
	for _, resource := range catalog.Resources() {
		if len(resource.States) > 0 && s.Offers(resource.Get) {
			readers = append(readers, resource.Get)
		}
	}
	return papi.Nearest(tool, readers)
}

// stateNames are the states that a thing can be in.
func stateNames(resource *catalog.Resource) []string {
	var names []string
	for _, s := range resource.States {
		names = append(names, s.Name)
	}
	return names
}

// mayRead settles the project of a thing, and reports why the caller may not read it.
func (s *Set) mayRead(ctx context.Context, caller Caller, f *followed) *guard.Refusal {
	gc := s.readCall(caller, f)
	if v := s.opts.Guard.Check(ctx, gc); v.Refuse != nil {
		return v.Refuse
	}
	f.key = wait.Key{Source: s.opts.API, Project: gc.ProjectID, Tool: f.row.Tool, Args: string(jsonvalue.Encode(f.call.args))}
	return nil
}

func (s *Set) readCall(caller Caller, f *followed) *guard.Call {
	return &guard.Call{Row: f.row, Principal: caller.Principal, Client: caller.Client, CommandLine: caller.CommandLine, ProjectID: f.call.own.project, Args: f.call.args}
}

// read reads a thing once, by the way of any call.
func (s *Set) read(ctx context.Context, caller Caller, f *followed) (any, error) {
	ctx = papi.Once(deadline.Start(ctx, deadline.Timeout))
	gc := s.readCall(caller, f)
	if v := s.opts.Guard.Check(ctx, gc); v.Refuse != nil {
		return nil, &papi.Error{Code: v.Refuse.Code, Message: v.Refuse.Message}
	}
	sent, err := dispatch.Send(ctx, s.opts.API, f.row, gc.ProjectID, gc.Args)
	if err != nil {
		return nil, err
	}
	seen := &observation{condition: conditionOf(f.row.Resource, sent.Answer), now: s.now(sent)}
	seen.speed = s.opts.Speed
	return seen, nil
}

// follow reads the things until all have settled, or one has changed, or ctx ends.
func (s *Set) follow(ctx context.Context, caller Caller, things []*followed, untilChange bool) {
	type reading struct {
		of *followed
		wait.Reading
	}
	readings := make(chan reading)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	for _, f := range things {
		follower := s.opts.Poller.Follow(f.key, func(ctx context.Context) (any, error) { return s.read(ctx, caller, f) })
		go func() {
			defer follower.Close()
			for {
				r, err := follower.Next(ctx)
				if err != nil {
					return
				}
				select {
				case readings <- reading{f, r}:
				case <-ctx.Done():
					return
				}
			}
		}()
	}
	progress := time.NewTicker(progressInterval)
	defer progress.Stop()
	for {
		select {
		case r := <-readings:
			changed := r.of.take(r.Reading)
			done := !slices.ContainsFunc(things, func(f *followed) bool { return !f.settled() })
			if done || untilChange && changed {
				return
			}
		case <-progress.C:
			caller.progress(ctx, progressOf(things))
		case <-ctx.Done():
			return
		}
	}
}

// take notes a reading, and reports whether it shows a change.
func (f *followed) take(r wait.Reading) (changed bool) {
	f.failed = r.Err
	f.ended = r.Err != nil && !r.Temporary()
	seen, ok := r.Value.(*observation)
	if !ok {
		return f.ended
	}
	f.last = seen
	was, known := f.was, f.known
	if !known {
		f.before = seen.key()
	}
	f.was, f.known = seen.fingerprint(), true
	return known && was != f.was
}

// settled reports whether there is nothing to wait for any more.
func (f *followed) settled() bool {
	switch {
	case f.ended:
		return true
	case f.last == nil:
		return false
	case len(f.ends) > 0:
		class := f.last.class()
		return class == catalog.Failure || class != catalog.Pending && slices.Contains(f.ends, f.last.state)
	}
	return f.last.class() > catalog.Pending
}

// class is what the thing's condition means to somebody who waits: what is pending
// decides before the state, and a part that was refused before a success. Where one of
// several operators refuses, the others still carry the sender.
func (st *condition) class() catalog.Class {
	if part := st.resource.PendingPart(st.pending); part != nil {
		return part.Class
	}
	if st.at.Class == catalog.Success {
		for _, part := range st.refused {
			if !part.oneOfSeveral {
				return part.status.Class
			}
		}
	}
	return st.at.Class
}

// fingerprint is a hash of all that can change in the condition: the state, what is pending, and
// the statuses of the parts.
func (st *condition) fingerprint() string {
	parts := []string{st.state, st.pending}
	for i := range st.resource.Parts {
		if status, _, reason := st.resource.Parts[i].Status(st.thing); status != nil {
			parts = append(parts, status.Name, reason)
		}
	}
	for _, path := range slices.Sorted(maps.Keys(st.resource.Summaries)) {
		if part := jsonvalue.Field(st.thing, path); part != nil {
			parts = append(parts, string(jsonvalue.Encode(st.resource.Summaries[path](part))))
		}
	}
	return shortHash(strings.Join(parts, "\x00"))
}

// progressOf says how far a wait is.
func progressOf(things []*followed) Progress {
	p := Progress{Total: len(things)}
	var waiting []string
	for _, f := range things {
		if f.settled() {
			p.Done++
			continue
		}
		state := "not read yet"
		if f.last != nil {
			state = f.last.label(f.last.now)
		}
		waiting = append(waiting, f.row.Resource.Called(1)+" "+state)
	}
	p.Message = papi.Truncate(fmt.Sprintf("%d of %d settled; %s", p.Done, p.Total, strings.Join(waiting, ", ")), 200)
	return p
}
