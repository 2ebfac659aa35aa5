package tools

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/wait"
)

// followed is a thing that a wait follows.
type followed struct {
	row     *catalog.Row
	call    *call
	project string
	ends    []string // states that count as the end; nil: those of the resource

	before, was string // its state in the cursor, or when the wait began; and all of it that can change
	known       bool   // before and was are known
	last        *observation
	failed      error     // of the last read, nil where it went well
	gone        bool      // no later read can succeed
	paused      time.Time // until when it is not read, as its API asked; zero: it did not
	reported    bool      // events arrive here of all that the API reports of it
}

// observation is what a read showed. Several calls may share it. While they wait, the
// answer is kept as JSON, which needs a fraction of the memory of its values.
type observation struct {
	condition
	answer json.RawMessage // of which thing has the values, unless that is nil
	print  string          // the fingerprint of the condition
	now    time.Time
}

// closed is the observation of a condition, without its thing.
func closed(c condition, now time.Time) *observation {
	o := &observation{condition: c, answer: jsonvalue.Encode(c.thing), print: c.fingerprint(), now: now}
	o.thing = nil
	return o
}

// opened is the observation with its thing.
func (o *observation) opened() *observation {
	if o == nil || o.thing != nil {
		return o
	}
	own := *o
	own.thing, _ = jsonvalue.Decode(o.answer) // which was encoded here
	return &own
}

// key identifies the thing.
func (f *followed) key() string {
	return f.project + "\x00" + f.row.Tool + "\x00" + string(jsonvalue.Encode(f.call.args))
}

// take notes a reading, and reports whether it shows a change.
func (f *followed) take(r wait.Reading) (changed bool) {
	f.failed = r.Err
	f.gone = r.Err != nil && !r.Temporary()
	seen, ok := r.Value.(*observation)
	if !ok {
		return f.gone
	}
	f.last = seen
	was, known := f.was, f.known
	if !known {
		f.before = seen.decisive()
	}
	f.was, f.known = seen.print, true
	return known && was != f.was
}

// read reports whether there was an answer, be it an error.
func (f *followed) read() bool { return f.last != nil || f.failed != nil }

// settled reports whether there is nothing to wait for any more.
func (f *followed) settled() bool {
	switch {
	case f.gone:
		return true
	case f.last == nil:
		return false
	case len(f.ends) > 0:
		return f.last.class() == catalog.Failure || f.ended()
	}
	return f.last.class() > catalog.Pending
}

// ended reports whether the state is one that the caller named as the end. A pending
// change decides before it; the review of a part, such as a display name, continues.
func (f *followed) ended() bool {
	return slices.Contains(f.ends, f.last.state) && (f.last.pending == "" || f.last.resource.PendingPart(f.last.pending) != nil)
}

// class is what the thing's condition means to this wait: a state that the caller named
// as the end is a success, unless it asks for something.
func (f *followed) class() catalog.Class {
	switch {
	case f.gone:
		return catalog.Failure
	case f.last == nil:
		return catalog.Unknown
	}
	class := f.last.class()
	switch {
	case f.settled() && class <= catalog.Pending:
		return catalog.Success
	case !f.settled() && class != catalog.Unknown:
		return catalog.Pending
	}
	return class
}

// class is what the thing's condition means to its caller: what is pending decides before
// the state, and a part that was refused before a success. Where one of several operators
// refuses, the others still carry the sender.
func (st *condition) class() catalog.Class {
	part := st.resource.PendingPart(st.pending)
	switch {
	case part != nil && st.stateFirst():
		return st.at.Class
	case part != nil:
		return part.Class
	}
	if st.pending != "" && st.at.Name != st.pending { // a status that is not declared
		return catalog.Unknown
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

// stateFirst reports whether the state decides before the review of a part: it asks for
// a call or a person, and the review continues meanwhile.
func (st *condition) stateFirst() bool {
	return st.at.Class == catalog.ActionRequired || st.at.Class == catalog.Failure
}

// decisive is what decides for a caller who waits: what is pending, else the state.
func (st *condition) decisive() string {
	if st.resource.PendingPart(st.pending) != nil && st.stateFirst() {
		return st.state
	}
	return st.key()
}

// fingerprint is a hash of all that can change in the condition: the state, what is
// pending, and the statuses of the parts.
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

// shortHash is a hash that fits in a cursor.
func shortHash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.RawURLEncoding.EncodeToString(sum[:4])
}

// ids are those that steps about the thing can need.
func (f *followed) ids() map[string]string {
	ids := pathIDs(f.row, f.call.args)
	if f.last != nil {
		maps.Copy(ids, f.last.ids)
	}
	return ids
}

// tableOf shows a row for each thing.
func tableOf(things []*followed) *Table {
	items := make([]any, len(things))
	for i, f := range things {
		items[i] = f
	}
	b := tableBuilder{items: items}
	for _, column := range waitColumns {
		b.add(column.name, func(item any) any {
			switch value := column.of(item.(*followed)).(type) {
			case string:
				if value != "" {
					return value
				}
			case map[string]string:
				if len(value) > 0 {
					return value
				}
			}
			return nil
		}, column.always)
	}
	table := b.table()
	return &table
}

// waitColumns are the columns of a wait's result; one that is empty is left out, unless a
// reader depends on it.
var waitColumns = []struct {
	name   string
	of     func(f *followed) any
	always bool
}{
	{"tool", func(f *followed) any { return f.row.Tool }, true},
	{"ids", func(f *followed) any { return pathIDs(f.row, f.call.args) }, false},
	{"before", func(f *followed) any { return papi.Echo(f.before) }, false},
	{"state", func(f *followed) any { return f.state() }, true},
	{"class", func(f *followed) any { return classNames[f.class()] }, true},
	{"since", func(f *followed) any { return f.since() }, false},
	{"usually", func(f *followed) any { return f.usually() }, false},
	{"reason", func(f *followed) any { return f.reason() }, false},
}

// classNames are the classes as a program reads them.
var classNames = map[catalog.Class]string{
	catalog.Unknown: "Unknown", catalog.Pending: "Pending", catalog.Success: "Success", catalog.Failure: "Failure", catalog.ActionRequired: "ActionRequired",
}

// state is what is pending, else the state.
func (f *followed) state() string {
	switch {
	case f.last == nil:
		return ""
	case f.ended():
		return papi.Echo(f.last.state)
	}
	return papi.Echo(f.last.decisive())
}

func (f *followed) since() string {
	if f.last == nil || f.last.since.IsZero() {
		return ""
	}
	return stamp(f.last.since)
}

func (f *followed) usually() string {
	if f.last == nil {
		return ""
	}
	return f.last.usually()
}

// reason is why the thing is as it is, or why it could not be read.
func (f *followed) reason() string {
	var reasons []string
	if f.last != nil {
		for _, part := range f.last.refused {
			if !part.oneOfSeveral { // the state does not show it
				reasons = append(reasons, part.name+"="+part.status.Name)
			}
		}
		if why := f.last.why(); why != "" {
			reasons = append(reasons, why)
		}
		if f.last.overdue(f.last.now) {
			reasons = append(reasons, "overdue")
		}
	}
	switch {
	case f.failed != nil && f.gone:
		reasons = []string{unreadable(f.failed)}
	case f.failed != nil:
		reasons = append(reasons, "the last read failed: "+unreadable(f.failed))
	case f.last == nil && f.isPaused():
		reasons = append(reasons, "not read: the API asked for a pause until "+f.pauseEnd())
	case f.last == nil:
		reasons = append(reasons, "not read in time")
	}
	return papi.Truncate(strings.Join(reasons, "; "), maxQuoted)
}

func (f *followed) isPaused() bool { return !f.paused.IsZero() }

// pauseEnd is when the thing may be read again, in whole seconds.
func (f *followed) pauseEnd() string { return stamp(f.paused.Add(time.Second - 1)) }

// unreadable is why a read failed: the code of the error, and its text.
func unreadable(err error) string {
	switch e, ok := errors.AsType[*papi.Error](err); {
	case errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	case ok && e.Status != 0:
		return fmt.Sprintf("%d %s: %s", e.Status, papi.Echo(e.Code), e.Message)
	case ok:
		return papi.Echo(e.Code) + ": " + e.Message
	}
	return err.Error()
}

// progressOf says how far a wait is: how long it has lasted, and what it waits for.
func progressOf(things []*followed, lasted, timeout time.Duration) Progress {
	settled := 0
	var waiting []string
	for _, f := range things {
		switch {
		case f.settled():
			settled++
			continue
		case f.last == nil:
			waiting = append(waiting, f.row.Resource.Called(1)+" not read yet")
		default:
			waiting = append(waiting, f.row.Resource.Called(1)+" "+f.state())
		}
	}
	return Progress{
		Done: int(lasted.Seconds()), Total: int(timeout.Seconds()),
		Message: inLine(fmt.Sprintf("%d of %d settled; %s", settled, len(things), strings.Join(waiting, ", "))),
	}
}

// inLine makes a text with words of the API one printable line.
func inLine(text string) string {
	return papi.Printable(papi.Truncate(strings.Join(strings.Fields(text), " "), maxQuoted))
}
