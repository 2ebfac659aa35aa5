package tools

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
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

// Query is what is read of the API from time to time: by a tool that reads a thing, lists
// things, or lists the activities of a thing.
type Query struct {
	Tool    string         `json:"tool"`
	Project string         `json:"project"`
	Args    map[string]any `json:"args,omitempty"` // validated
}

// Observed is what a Query showed. Its texts are fit to be read.
type Observed struct {
	// Things are the one that was read, or all that a list has; none where there is none.
	Things []Seen
	// Comments are those among the activities of a thing, the newest first.
	Comments []Comment
	// Partial reports that a list has more than Things.
	Partial bool
	// At is the API's time of the answer.
	At time.Time
}

// Seen is the condition of a thing.
type Seen struct {
	// IDs are the arguments of the tool that reads it.
	IDs map[string]string
	// State is what decides: what is pending, else the state. Name is the state of the
	// catalog that it is of, "" for none.
	State, Name string
	Class       string
	// Settled reports that it does not change without a call any more.
	Settled bool
	// Reason is why it is as it is, and Line says all of it in a line.
	Reason, Line string
	// Since is when that began, zero where the answer does not say.
	Since time.Time
	// Quality is how well it is rated, "" where it is not.
	Quality string
	// Print is a hash of all that can change in it.
	Print string
}

// Comment is one of those on a thing.
type Comment struct {
	At           time.Time // zero where the API does not say
	Author, Text string
}

// Query settles what a tool that reads is to read for a principal: the arguments are
// validated as in a call of it, and the project must be one that the principal may use.
func (s *Set) Query(ctx context.Context, principal, tool string, args map[string]any, project string) (Query, *Error) {
	t := s.tools[tool]
	if t == nil || t.row.Effect != catalog.Read {
		return Query{}, s.unknownTool(tool)
	}
	given := maps.Clone(args)
	if given == nil {
		given = map[string]any{}
	}
	if project != "" {
		given[argProject] = project
	}
	c, e := t.arguments().check(given)
	if e != nil {
		return Query{}, e
	}
	gc := &guard.Call{Row: t.row, Principal: principal, ProjectID: c.own.project, Args: c.args}
	if v := s.opts.Guard.Check(ctx, gc); v.Refuse != nil {
		return Query{}, refused(v.Refuse)
	}
	return Query{Tool: tool, Project: gc.ProjectID, Args: c.args}, nil
}

// Observe reads what a Query is about once, without retries: those who share credentials,
// and read it or wait for it at the same time, share the read. It ends with ctx. The
// project is not checked again. That there is no such thing is not an error.
func (s *Set) Observe(ctx context.Context, query Query) (Observed, error) {
	row := catalog.Lookup(query.Tool)
	if row == nil || s.tools[query.Tool] == nil {
		return Observed{}, fmt.Errorf("the tool %s is not offered", papi.Echo(query.Tool))
	}
	f := &followed{row: row, call: &call{args: query.Args}, project: query.Project}
	read := func(ctx context.Context) (any, error) { return s.read(ctx, f) }
	if row.List() != "" {
		read = func(ctx context.Context) (any, error) { return s.observeList(ctx, row, query) }
	}
	ready := make(chan struct{}, 1)
	follower := s.opts.Poller.Follow(wait.Key{Source: s.opts.API, Thing: f.key()}, read, ready, false)
	defer follower.Close()
	for {
		select {
		case <-ready:
			if r, ok := follower.New(); ok {
				return observed(row, query, r)
			}
		case <-ctx.Done():
			return Observed{}, ctx.Err()
		}
	}
}

// observed is what a reading shows.
func observed(row *catalog.Row, query Query, r wait.Reading) (Observed, error) {
	e, isAPI := errors.AsType[*papi.Error](r.Err)
	switch value := r.Value.(type) {
	case Observed:
		return value, r.Err
	case *observation:
		o := value.opened()
		seen := o.seen()
		maps.Copy(seen.IDs, pathIDs(row, query.Args))
		return Observed{Things: []Seen{seen}, At: o.now}, nil
	case nil:
		if isAPI && (e.Status == http.StatusNotFound || catalog.NoneHere(e.Code)) {
			return Observed{}, nil
		}
	}
	return Observed{}, r.Err
}

// seen is the condition as others than the callers of a tool get it.
func (o *observation) seen() Seen {
	f := followed{row: catalog.Lookup(o.resource.Get), last: o}
	return Seen{
		IDs: maps.Clone(o.ids), State: papi.Printable(f.state()), Name: papi.Printable(papi.Echo(o.at.Name)), Class: classNames[f.class()], Settled: f.settled(),
		Reason: papi.Printable(f.reason()), Line: o.described(), Since: o.since, Print: o.print,
		Quality: papi.Printable(papi.Echo(jsonvalue.Text(o.thing, o.resource.Quality))),
	}
}

// observeList reads a list, with all of its pages up to papi.MaxItems.
func (s *Set) observeList(ctx context.Context, row *catalog.Row, query Query) (any, error) {
	ctx, cancel := deadline.Bound(papi.Once(deadline.Start(ctx, deadline.Timeout)))
	defer cancel()
	args := query.Args
	if size := row.Op().Parameter("pageSize"); size != nil {
		args = jsonvalue.With(args, "pageSize", int(*size.Schema.Resolve().Maximum))
	}
	enough := func([]json.RawMessage) bool { return row.Activities } // the newest come first
	response, err := s.opts.API.All(ctx, dispatch.NewRequest(row, query.Project, args), row.List(), enough)
	if e, ok := errors.AsType[*papi.Error](err); ok && (e.Status == http.StatusNotFound || catalog.NoneHere(e.Code)) {
		return Observed{}, nil
	}
	if err != nil {
		return nil, err
	}
	answer, err := response.Value()
	if err != nil {
		return nil, &papi.Error{Status: response.Status, Code: errorcode.UnexpectedAnswer, Message: "the API's answer is not JSON", Err: err}
	}
	o := Observed{At: s.now(dispatch.Result{Date: response.Date}), Partial: jsonvalue.Text(answer, "nextPageToken") != ""}
	for _, item := range jsonvalue.List(papi.AnswerSecrets.Mask(answer), row.List()) {
		if row.Activities {
			if jsonvalue.Text(item, "type") == catalog.CommentAdded {
				o.Comments = append(o.Comments, Comment{
					At: jsonvalue.Time(item, "created"), Author: inLine(jsonvalue.Text(item, "author")),
					Text: papi.Printable(papi.Truncate(jsonvalue.Text(item, "comment"), maxComment)),
				})
			}
			continue
		}
		condition := conditionOf(row.Resource, item)
		condition.speed = s.opts.Speed
		one := closed(condition, o.At).opened()
		seen := one.seen()
		maps.Copy(seen.IDs, pathIDs(row, query.Args))
		o.Things = append(o.Things, seen)
	}
	return o, nil
}

// maxComment bounds a comment, in bytes: what it says can be read in the activities.
const maxComment = 2000
