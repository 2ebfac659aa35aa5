package tools

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/events"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// Events is the receiver of the API's webhooks in this server, as the tools use it. The sets
// of all tenants share it.
type Events struct {
	Registrations *events.Registrations
	Feeds         *events.Feeds

	mu         sync.Mutex
	registered map[string]registered // by tenant
}

// registered caches which events of which projects a tenant's webhooks bring here.
type registered struct {
	read     time.Time
	triggers map[string][]string // by project
}

// registeredTTL is how long that is cached: another replica may change it.
const registeredTTL = 30 * time.Second

// triggers returns the triggers of the webhooks that bring events of a project here: none
// where there is no such webhook. Where that can't be read, there may be none.
func (e *Events) triggers(ctx context.Context, tenant, project string) []string {
	if e == nil {
		return nil
	}
	e.mu.Lock()
	known, ok := e.registered[tenant]
	e.mu.Unlock()
	if !ok || time.Since(known.read) > registeredTTL {
		all, err := e.Registrations.List(ctx, tenant)
		if err != nil {
			return nil
		}
		known = registered{time.Now(), map[string][]string{}}
		for _, r := range all {
			if r.Target == e.Registrations.Target(r.ID) {
				known.triggers[r.ProjectID] = append(known.triggers[r.ProjectID], r.Triggers...)
			}
		}
		e.mu.Lock()
		if e.registered == nil {
			e.registered = map[string]registered{}
		}
		e.registered[tenant] = known
		e.mu.Unlock()
	}
	return known.triggers[project]
}

// reports reports whether events arrive here of all that the API reports of a kind of thing:
// of some it reports nothing, whatever the triggers.
func (e *Events) reports(ctx context.Context, tenant, project string, of *catalog.Resource) bool {
	triggers := e.triggers(ctx, tenant, project)
	if len(triggers) == 0 || of == nil {
		return false
	}
	some := false
	for _, trigger := range catalog.Triggers() {
		if catalog.OfTrigger(trigger) != of {
			continue
		}
		if !slices.Contains(triggers, trigger) && !slices.Contains(triggers, catalog.EveryTrigger) {
			return false
		}
		some = true
	}
	return some
}

// changed forgets what is cached of a tenant.
func (e *Events) changed(tenant string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.registered, tenant)
}

// WatchEvents calls changed after events that a caller may read, until stop, which must be
// called. Calls come one after the other. It returns false, and does nothing, where no
// receiver runs.
func (s *Set) WatchEvents(ctx context.Context, caller Caller, changed func()) (stop func(), ok bool) {
	if s.opts.Events == nil {
		return nil, false
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	h := newEventQueue()
	unfollow := s.opts.Events.Feeds.Follow(ctx, s.opts.Tenant, h.add)
	var running sync.WaitGroup
	running.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-h.woken:
			}
			found, missed := h.take()
			may := s.readable(ctx, caller, "")
			if missed || slices.ContainsFunc(found, func(e events.Event) bool { return may(e.ProjectID) }) {
				changed()
			}
		}
	})
	return func() {
		unfollow()
		cancel()
		running.Wait()
	}, true
}

// readable returns a function that reports whether a caller may read the events of a
// project: those of the one that it names, or of all that it may use.
func (s *Set) readable(ctx context.Context, caller Caller, named string) func(project string) bool {
	known := map[string]bool{}
	return func(project string) bool {
		if named != "" {
			return project == named
		}
		may, ok := known[project]
		if !ok {
			_, refusal := s.opts.Guard.Project(ctx, caller.Principal, project)
			may = project != "" && refusal == nil
			known[project] = may
		}
		return may
	}
}

// eventQueue collects what a feed reports for a goroutine that takes it.
type eventQueue struct {
	woken chan struct{} // receives when there is something to take

	mu     sync.Mutex
	found  []events.Event
	missed bool
}

func newEventQueue() *eventQueue { return &eventQueue{woken: make(chan struct{}, 1)} }

// maxQueued is how many events are kept until they are taken; with more, it counts as missed.
const maxQueued = 1000

func (h *eventQueue) add(found []events.Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.found = append(h.found, found...); found == nil || len(h.found) > maxQueued {
		h.found, h.missed = nil, true
	}
	select {
	case h.woken <- struct{}{}:
	default:
	}
}

// take returns the events since the last call, and whether there may have been others.
func (h *eventQueue) take() (found []events.Event, missed bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	found, missed = h.found, h.missed
	h.found, h.missed = nil, false
	return found, missed
}

// reported is an event with what it reports on.
type reported struct {
	events.Event
	resource *catalog.Resource // nil where that is not known
	payload  any               // decoded; nil for none
	ids      map[string]string // of the thing, by the arguments that take them
}

func reportedBy(e events.Event) reported {
	r := reported{Event: e, resource: catalog.OfTrigger(e.Type), ids: map[string]string{}}
	if len(e.Payload) > 0 {
		r.payload, _ = jsonvalue.Decode(e.Payload) // the inbox has valid JSON alone
	}
	if r.resource != nil {
		for arg, field := range r.resource.IDs {
			if id := jsonvalue.Text(r.payload, field); id != "" {
				r.ids[arg] = id
			}
		}
	}
	return r
}

// about reports whether the event is about a thing of these ids, as far as it says: a
// payload need not have all of them.
func (r *reported) about(ids map[string]string) bool {
	for arg, id := range r.ids {
		if ids[arg] != "" && !strings.EqualFold(ids[arg], id) {
			return false
		}
	}
	return true
}

// reads returns the step that reads the thing, nil where the event does not say which.
func (r *reported) reads() *catalog.Next {
	if r.resource == nil {
		return nil
	}
	row := catalog.Lookup(r.resource.Get)
	args := map[string]any{}
	for _, name := range row.Op().PathIDs() {
		if r.ids[name] == "" {
			return nil
		}
		args[name] = r.ids[name]
	}
	return &catalog.Next{Do: "read what it is now", Tool: row.Tool, Args: args}
}

// state is what the payload says of the thing's state, "" for nothing.
func (r *reported) state() string {
	if r.resource == nil || r.payload == nil {
		return ""
	}
	st := conditionOf(r.resource, r.payload)
	return st.label(time.Time{})
}

// note is what the event says besides: the reason, a comment.
func (r *reported) note() string {
	var notes []string
	if r.resource != nil && r.payload != nil {
		if st := conditionOf(r.resource, r.payload); st.why() != "" {
			notes = append(notes, st.why())
		}
	}
	more := map[string]any{}
	if value, err := jsonvalue.Decode(r.More); err == nil {
		more = jsonvalue.Object(value, "")
	}
	for _, name := range slices.Sorted(maps.Keys(more)) {
		text := jsonvalue.Text(more, name)
		if text == "" {
			text = string(jsonvalue.Encode(more[name]))
		}
		notes = append(notes, name+": "+text)
	}
	return papi.Truncate(strings.Join(notes, "; "), maxQuoted)
}
