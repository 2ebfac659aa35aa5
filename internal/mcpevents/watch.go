package mcpevents

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/tools"
)

// MaxWatches bounds how many things, or lists of things, are watched for a tenant.
const MaxWatches = 500

// maxConfirmed bounds how many things that a list does not have any more are read, to
// confirm that, in one reading.
const maxConfirmed = 20

// firstRead bounds the reads that a client waits for.
const firstRead = 20 * time.Second

// Keep implements Watches.
func (s *Service) Keep(ctx context.Context, owner Owner, in Interest, until time.Time) error {
	w := watched{owner.Tenant, in.query()}
	g := groupOf(w.Tenant, w.Query)
	if g.of == nil {
		return &Error{Code: NotFound, Message: "there is no event " + papi.Echo(in.Name), Data: map[string]any{"kind": "event"}}
	}
	k, _, err := s.readKnown(ctx, g)
	if err != nil {
		return err
	}
	seen := k.has(g)
	if !seen {
		if err := s.begin(ctx, g); err != nil {
			return err
		}
	}
	isNew, err := s.keep(ctx, w, until)
	if err != nil {
		return err
	}
	if isNew && seen { // it was not read for some time
		if things, err := s.opts.Things(ctx, Owner{Tenant: w.Tenant}); err == nil {
			ctx, cancel := context.WithTimeout(ctx, firstRead)
			defer cancel()
			_, _ = s.look(ctx, things, g) // else the watch finds it
		}
	}
	return nil
}

// begin reads what no client has asked about yet: what it shows is no occurrence.
func (s *Service) begin(ctx context.Context, g group) error {
	if err := s.checkNumber(ctx, g.tenant); err != nil {
		return err
	}
	things, err := s.opts.Things(ctx, Owner{Tenant: g.tenant})
	if err != nil {
		return forbidden(err)
	}
	return s.first(ctx, things, g)
}

// first is the first reading of a group's query. Its errors are for the client.
func (s *Service) first(ctx context.Context, things Things, g group) error {
	ctx, cancel := context.WithTimeout(ctx, firstRead)
	defer cancel()
	_, err := s.look(ctx, things, g)
	if e, ok := errors.AsType[*papi.Error](err); ok {
		return notReadable(e)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return &Error{Code: internalError, Message: "the API did not answer in time, and no change would be noticed: try again"}
	}
	if err != nil {
		return err
	}
	k, _, err := s.readKnown(ctx, g)
	switch {
	case err != nil:
		return err
	case !k.has(g):
		return &Error{
			Code: ResourceExhausted, Message: fmt.Sprintf("%s has more than %d things: name one of them", g.query.Tool, papi.MaxItems),
			Data: map[string]any{"limit": "things", "max": papi.MaxItems},
		}
	case g.isOne() && len(g.of.ids()) > 0 && k.Things[g.ownThing()].Absent:
		return &Error{Code: NotFound, Message: "there is no such " + g.of.called + ": see " + g.of.readsThing(), Data: map[string]any{"kind": "thing"}}
	}
	return nil
}

// notReadable is the API's error where a client asks about what can't be read.
func notReadable(e *papi.Error) *Error {
	out := &Error{
		Code: internalError, Message: papi.Truncate(papi.Printable("the API answered "+e.Error()), maxMessage),
		Data: map[string]any{"errorCode": papi.Echo(e.Code)},
	}
	switch {
	case e.Temporary():
		out.Message += ": try again"
	case e.Status == http.StatusUnauthorized || e.Status == http.StatusForbidden:
		out.Code = Forbidden
	case e.Status >= http.StatusBadRequest && e.Status < http.StatusInternalServerError:
		out.Code = InvalidParams
	}
	return out
}

// checkNumber refuses one more watch where a tenant has too many.
func (s *Service) checkNumber(ctx context.Context, tenant string) error {
	keys, err := s.opts.Store.Keys(ctx, keptPrefix(tenant))
	if err == nil && len(keys) >= MaxWatches {
		err = &Error{
			Code: ResourceExhausted, Message: fmt.Sprintf("%d things are watched already: ask for all things of a kind together, or end some", len(keys)),
			Data: map[string]any{"limit": "watches", "max": MaxWatches},
		}
	}
	return err
}

// maxReadings bounds how often something is read again since another reading was noted
// meanwhile.
const maxReadings = 5

// look reads what a query is about, and notes what changed. What others have noted while
// it was read is read again: of two readings that overlap, the one that is noted last may
// have begun first.
func (s *Service) look(ctx context.Context, things Things, g group) (changed bool, err error) {
	for range maxReadings {
		before, _, err := s.readKnown(ctx, g)
		if err != nil {
			return false, err
		}
		read, err := s.observe(ctx, things, g)
		if err != nil {
			return false, err
		}
		if changed, err = s.note(ctx, g, before, read); !errors.Is(err, errOvertaken) {
			return changed, err
		}
	}
	return false, errOvertaken
}

// observe reads what a query is about.
func (s *Service) observe(ctx context.Context, things Things, g group) (read reading, err error) {
	if read.Observed, err = things.Observe(ctx, g.query); err != nil {
		return read, err
	}
	switch {
	case g.of.what == commentAdded:
	case g.isOne():
		if len(read.Things) == 0 {
			read.gone = []string{g.ownThing()}
		}
	case !read.Partial:
		read.all = true
		read.gone, err = s.gone(ctx, things, g, &read)
	}
	return read, err
}

// gone returns the things that a list does not have any more. Each is read once more, since
// a list that changes while its pages are read may leave one out.
func (s *Service) gone(ctx context.Context, things Things, g group, read *reading) ([]string, error) {
	k, _, err := s.readKnown(ctx, g)
	if err != nil {
		return nil, err
	}
	listed := map[string]bool{}
	for _, seen := range read.Things {
		listed[g.thing(seen.IDs)] = true
	}
	var gone []string
	for i, key := range slices.Sorted(maps.Keys(k.Things)) {
		if listed[key] || k.Things[key].Absent {
			continue
		}
		if i >= maxConfirmed && len(gone) >= maxConfirmed {
			break
		}
		args := map[string]any{}
		for id, value := range g.idsOf(key) {
			args[id] = value
		}
		one, err := things.Observe(ctx, tools.Query{Tool: g.of.read.Tool, Project: g.query.Project, Args: args})
		switch {
		case err != nil: // the next reading decides
		case len(one.Things) == 0:
			gone = append(gone, key)
		default:
			read.Things = append(read.Things, one.Things...)
		}
	}
	return gone, nil
}

// watched is something that is read from time to time.
type watched struct {
	Tenant string      `json:"tenant,omitempty"`
	Query  tools.Query `json:"query"`
}

func (w *watched) id() string { return hash(w.Tenant, string(jsonvalue.Encode(w.Query))) }

// id is that of the watch of the group's query.
func (g group) id() string { return (&watched{g.tenant, g.query}).id() }

// task is what a worker has to do about something that is watched.
type task struct {
	watched
	// Reads are those in a row that showed nothing new.
	Reads int `json:"reads,omitempty"`
	// Failing is set while the readings fail.
	Failing bool `json:"failing,omitempty"`
	// Once is set for one reading that an event asked for.
	Once bool `json:"once,omitempty"`
}

// queue has the tasks of all tenants, and is the topic that wakes the workers.
const queue = "mcpevents/watch"

func keptPrefix(tenant string) string { return place(tenant) + "kept/" }

func (w *watched) keptKey() string { return keptPrefix(w.Tenant) + w.id() }

// keep has something watched until a time, at least, and reports whether it was not
// watched before.
func (s *Service) keep(ctx context.Context, w watched, until time.Time) (isNew bool, err error) {
	type kept struct {
		watched
		Until time.Time `json:"until"`
	}
	for range maxSwaps {
		raw, _, err := s.opts.Store.Get(ctx, w.keptKey())
		if err != nil {
			return false, err
		}
		var old kept
		if raw != nil && json.Unmarshal(raw, &old) == nil && !old.Until.Before(until) {
			break
		}
		ttl := max(until.Sub(s.opts.Now()), time.Second)
		swapped, err := s.opts.Store.Swap(ctx, w.keptKey(), raw, jsonvalue.Encode(kept{w, until}), ttl)
		if err != nil {
			return false, err
		}
		if swapped {
			break
		}
	}
	isNew, err = s.opts.Store.Push(ctx, queue, w.id(), jsonvalue.Encode(task{watched: w}), s.opts.interval(0))
	if err == nil && isNew {
		err = s.opts.Store.Notify(ctx, queue)
	}
	s.begun()
	return isNew, err
}
