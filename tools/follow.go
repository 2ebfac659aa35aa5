package tools

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/wait"
)

// Follow says which thing is followed, and for how long.
type Follow struct {
	// Tool reads the thing, with the arguments Args, as in a call of it.
	Tool string
	Args json.RawMessage
	// States are those that count as the end; nil: as the class of each says.
	States []string
	// UntilChanged ends it with the first change, and with nothing else.
	UntilChanged bool
	// Saw, if set, is called with what the first read showed, and with each change.
	Saw func(Change)
	// Failed, if set, is called with each read that failed, where a later one may
	// succeed.
	Failed func(error)
}

// Change is a change of a thing. Its texts are fit to be read.
type Change struct {
	At            time.Time // the API's time when it was seen
	Names         []string  // by which the thing is read
	Before, After string    // Before is "" for the first read
	Reason        string    // the API's; "" for none
}

// Followed is how following a thing ended.
type Followed struct {
	// Outcome is that of the last read: its result as a call of the tool has it, with
	// Settled, or the error that ended the wait or all of its reads.
	Outcome Outcome
	// Class is what the last state means; Unknown where none was read.
	Class catalog.Class
	// Settled is false where the context has ended before, and Changed where nothing
	// has changed.
	Settled, Changed bool
}

// Follow is the tool wait for one thing and a caller that can wait for long: it follows
// the thing until it has settled, or changed, or ctx ends, and its result is that of the
// tool that reads the thing, from the last answer.
func (s *Set) Follow(ctx context.Context, caller Caller, what Follow) Followed {
	given, e := parseObject(what.Args)
	var end Followed
	if len(s.opts.Unfilled) > 0 {
		e = unfilled(s.opts.Unfilled)
	}
	if e == nil {
		end, e = s.followOne(ctx, caller, what, given)
	}
	if e != nil {
		end.Outcome = e.outcome()
	}
	project, _ := given[argProject].(string)
	end.Outcome = s.finished(end.Outcome, what.Tool, project, nil)
	return end
}

func (s *Set) followOne(ctx context.Context, caller Caller, what Follow, given map[string]any) (Followed, *Error) {
	t := s.tools[what.Tool]
	if t == nil || !t.row.Follows() {
		return Followed{}, s.unknownTool(what.Tool)
	}
	c, e := t.arguments().check(given)
	if e != nil {
		return Followed{}, e
	}
	if c.own.reveal { // which a person would have to confirm for each read
		return Followed{}, &Error{
			Code: errorcode.InvalidArguments, Message: "reveal: a wait shows no secrets",
			Resolution: "leave reveal out, and call " + what.Tool + " with it afterwards",
		}
	}
	f := &followed{row: t.row, call: c, ends: what.States, project: cmp.Or(c.own.project, s.opts.Guard.Default())}
	if refusal := s.mayRead(ctx, &caller, f); refusal != nil {
		return Followed{Outcome: s.notSent(f.row, c, guard.Verdict{Refuse: refusal})}, nil
	}
	ends, _ := ctx.Deadline()
	end := Followed{Changed: s.follow(ctx, []*followed{f}, what.UntilChanged, ends, what.reports())}
	f.last = f.last.opened()
	end.Settled = f.settled()
	if f.last == nil || f.gone {
		e := failed(f.row, c.args, f.failure())
		e.Next = s.offered(e.Next, c.own.project)
		e.Warnings = c.warnings
		return end, e
	}
	end.Class = f.class()
	end.Outcome = Outcome{Structured: s.lastRead(context.WithoutCancel(ctx), f, end.Settled)}
	return end, nil
}

// reports returns an observer of one thing, which reports what its reads show.
func (what *Follow) reports() observer {
	shown := ""
	return observer{saw: func(f *followed, r wait.Reading, changed bool) {
		switch {
		case r.Temporary() && what.Failed != nil:
			what.Failed(r.Err)
		case r.Err == nil && (changed || shown == ""):
			last := f.last.opened()
			now := last.described()
			if what.Saw != nil {
				what.Saw(Change{last.now, f.names(), shown, now, papi.Printable(last.why())})
			}
			shown = now
		}
	}}
}

// failure is why there is no last answer.
func (f *followed) failure() error {
	if f.failed != nil {
		return f.failed
	}
	return &papi.Error{Code: errorcode.Timeout, Message: f.row.Tool + " did not answer before the wait ended"}
}

// lastRead is the result of the tool that reads a thing, of the last answer.
func (s *Set) lastRead(ctx context.Context, f *followed, settled bool) *Result {
	s.findSince(ctx, []*followed{f})
	c := *f.call
	c.now, c.since, c.speed = f.last.now, f.last.since, f.last.speed
	r := resultOf(f.row, f.project, &c, f.last.thing)
	r.Settled = &settled
	r.Next = s.offered(r.Next, c.own.project)
	return r
}

// names are the ids by which the thing is read, in the order of its path.
func (f *followed) names() []string {
	ids := pathIDs(f.row, f.call.args)
	var names []string
	for _, name := range f.row.Op().PathIDs() {
		if id := ids[name]; id != "" {
			names = append(names, papi.Printable(id))
		}
	}
	return names
}

// described says in a line what the condition is, with what is summarised of its parts.
func (o *observation) described() string {
	text := o.label(o.now)
	var parts []string
	for _, path := range slices.Sorted(maps.Keys(o.resource.Summaries)) {
		if part := jsonvalue.Field(o.thing, path); part != nil {
			if summary, isText := o.resource.Summaries[path](part).(string); isText {
				parts = append(parts, summary)
			}
		}
	}
	if len(parts) > 0 {
		text += fmt.Sprintf(" (%s)", strings.Join(parts, "; "))
	}
	return papi.Printable(text)
}
