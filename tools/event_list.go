package tools

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/events"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// EventList is the tool that lists the events that were received.
const EventList = "event_list"

type eventListArgs struct {
	Type      []string `json:"type,omitempty" jsonschema:"description=triggers\\, or families of them: whatsapp\\, whatsapp_template"`
	IDs       []string `json:"ids,omitempty" jsonschema:"description=of the thing: a template's name\\, or an id"`
	Since     string   `json:"since,omitempty" jsonschema:"description=how long ago (90m\\, 24h\\, 7d)\\, a date\\, or an RFC 3339 time; default: the newest events"`
	Until     string   `json:"until,omitempty" jsonschema:"description=in the same forms"`
	Cursor    string   `json:"cursor,omitempty" jsonschema:"description=of the last answer: the events after it"`
	Detail    string   `json:"detail,omitempty" jsonschema:"enum=concise,enum=full,description=full shows the payloads"`
	ProjectID string   `json:"projectId,omitempty"`
}

func (s *Set) newEventList() *coreTool {
	return newCoreTool(coreTool{
		name: EventList, annotations: hints("List received events", true, false),
		about:   "List the events that this server received, the oldest first. They say that something changed; read how it is now with its own tool.",
		phrases: []string{"which events have come", "show received webhooks", "what did the API report", "events since the last time", "was a webhook delivered"},
		example: map[string]any{"type": []any{"whatsapp_template"}, "since": "24h"},
		check:   checkEventList,
	}, s.eventList)
}

// checkEventList returns what is wrong with the arguments besides what their schema says.
func checkEventList(given map[string]any) []papi.Violation {
	_, violations := triggersOf("type", jsonvalue.Texts(given, "type"))
	return slices.DeleteFunc(violations, func(v papi.Violation) bool { return isTrigger(fmt.Sprint(v.Given)) })
}

// isTrigger reports whether a name has the form of a trigger: a newer API may have others
// than the contract.
func isTrigger(name string) bool {
	return strings.Contains(name, "_") && strings.ToUpper(name) == name
}

// maxEventsRead is how many events a call looks at, and maxEventsShown how many it shows.
const (
	maxEventsRead  = 10_000
	maxEventsShown = 50
	eventsChunk    = 200
)

// eventQuery selects events.
type eventQuery struct {
	inbox        *events.Inbox
	types        []string // nil: all
	ids          []string
	since, until time.Time // zero: no bound
	readable     func(project string) bool
	full         bool
	maxTokens    int
}

// eventPage is a part of the inbox.
type eventPage struct {
	events []reported
	at     int64 // the number of the last event that was looked at
	last   int64 // that of the last one there is
	// older reports that earlier events match, or were not looked at; lost is how many were
	// no longer kept when they were due.
	older bool
	lost  int64

	tokens, read int
}

// eventList lists the events that a caller may read: those after a cursor, or since a time,
// or else the newest ones. Each answer has a cursor, after which nothing is missed.
func (s *Set) eventList(ctx context.Context, caller Caller, args eventListArgs) Outcome {
	if args.ProjectID != "" {
		if project, refusal := s.opts.Guard.Project(ctx, caller.Principal, args.ProjectID); refusal != nil {
			return s.refuseProject(ctx, caller, EventList, project, refusal)
		}
	}
	q, e := s.eventQuery(ctx, caller, args)
	if e != nil {
		return e.outcome()
	}
	scope := eventScope(s.opts.Tenant, args)
	after, e := s.eventCursor(ctx, caller.Principal, scope, args.Cursor)
	if e != nil {
		return e.outcome()
	}
	var page *eventPage
	var err error
	switch {
	case args.Cursor != "":
		page, err = q.after(ctx, after)
	case args.Since != "":
		if after, err = q.numberBefore(ctx, q.since); err == nil {
			page, err = q.after(ctx, after)
		}
	default:
		page, err = q.newest(ctx)
	}
	if err != nil {
		return (&Error{Code: errorcode.StoreUnavailable, Message: "the received events can't be read: " + err.Error()}).outcome()
	}
	if args.Cursor != "" && after > page.last { // of a store that was replaced
		return invalidArguments([]papi.Violation{{Path: "cursor", Given: papi.Echo(args.Cursor), Allowed: "a cursor of these events; leave it out to begin"}}).outcome()
	}
	r := s.eventResult(ctx, q, page, args)
	r.Cursor, err = s.opts.Guard.SignCursor(ctx, caller.Principal, scope, strconv.FormatInt(page.at, 10))
	if err != nil {
		r.Warnings = append(r.Warnings, "there is no cursor: "+err.Error())
	}
	if page.at < page.last && r.Cursor != "" {
		more := map[string]any{"cursor": r.Cursor}
		for name, value := range eventFilter(args) {
			more[name] = value
		}
		r.Next = append(r.Next, s.offered([]catalog.Next{{Do: "read the events after these", Tool: EventList, Args: more, Needs: []string{}}}, args.ProjectID)...)
	}
	return Outcome{Structured: r}
}

// eventQuery returns what a call asks for.
func (s *Set) eventQuery(ctx context.Context, caller Caller, args eventListArgs) (*eventQuery, *Error) {
	q := &eventQuery{
		inbox: s.opts.Events.Feeds.Inbox(s.opts.Tenant), ids: args.IDs, full: args.Detail == "full",
		readable: s.readable(ctx, caller, args.ProjectID), maxTokens: cmp.Or(s.opts.MaxResultTokens, DefaultMaxTokens),
	}
	for _, name := range args.Type {
		found, _ := triggersOf("", []string{name})
		if found == nil {
			found = []string{name} // of a newer API
		}
		q.types = append(q.types, found...)
	}
	if slices.Contains(q.types, catalog.EveryTrigger) {
		q.types = nil
	}
	var violations []papi.Violation
	for _, given := range []struct {
		path, text string
		end        bool
		into       *time.Time
	}{{"since", args.Since, false, &q.since}, {"until", args.Until, true, &q.until}} {
		if given.text == "" {
			continue
		}
		at, ok := parseMoment(given.text, given.end)
		if !ok {
			violations = append(violations, notAMoment(given.path, given.text))
		}
		at.resolve(time.Now())
		*given.into = at.At
	}
	if len(violations) > 0 {
		return nil, invalidArguments(violations)
	}
	return q, nil
}

// eventFilter are the arguments that select events, and so belong to a cursor.
func eventFilter(args eventListArgs) map[string]any {
	filter := map[string]any{}
	if len(args.Type) > 0 {
		filter["type"] = args.Type
	}
	if len(args.IDs) > 0 {
		filter["ids"] = args.IDs
	}
	if args.Until != "" {
		filter["until"] = args.Until
	}
	if args.ProjectID != "" {
		filter[argProject] = args.ProjectID
	}
	return filter
}

// eventScope is what a cursor is bound to besides its caller: with another filter it would
// miss what the first one left out.
func eventScope(tenant string, args eventListArgs) string {
	return EventList + " " + tenant + " " + string(jsonvalue.Encode(eventFilter(args)))
}

// eventCursor returns the number that a cursor has; 0 for none.
func (s *Set) eventCursor(ctx context.Context, principal, scope, cursor string) (int64, *Error) {
	if cursor == "" {
		return 0, nil
	}
	text, err := s.opts.Guard.OpenCursor(ctx, principal, scope, cursor)
	if err != nil {
		return 0, cursorError(err, "cursor", cursor, "the cursor of the last answer, with the same type, ids, until and projectId")
	}
	after, _ := strconv.ParseInt(text, 10, 64) // which was signed
	return after, nil
}

// matches returns an event that the query selects; false for any other.
func (q *eventQuery) matches(e events.Event) (reported, bool) {
	switch {
	case q.types != nil && !slices.Contains(q.types, e.Type),
		e.Received.Before(q.since), !q.until.IsZero() && !e.Received.Before(q.until), !q.readable(e.ProjectID):
		return reported{}, false
	}
	r := reportedBy(e)
	for _, id := range q.ids {
		if !slices.ContainsFunc(slices.Collect(maps.Values(r.ids)), func(of string) bool { return strings.EqualFold(of, id) }) {
			return reported{}, false
		}
	}
	return r, true
}

// add adds an event to a page, unless the page is full.
func (q *eventQuery) add(p *eventPage, r reported) (full bool) {
	tokens := estimateTokens(jsonvalue.Encode(eventsTable([]reported{r}, "", q.full).Rows))
	if len(p.events) > 0 && (p.tokens+tokens > q.maxTokens || len(p.events) == maxEventsShown) {
		return true
	}
	p.tokens += tokens
	p.events = append(p.events, r)
	return false
}

// after returns the first events after a number.
func (q *eventQuery) after(ctx context.Context, after int64) (*eventPage, error) {
	p := &eventPage{at: after}
	for {
		found, last, err := q.inbox.After(ctx, p.at, eventsChunk)
		if err != nil {
			return nil, err
		}
		if p.last = last; len(found) == 0 {
			if last > p.at {
				p.lost, p.at = p.lost+last-p.at, last
			}
			return p, nil
		}
		for _, e := range found {
			if r, ok := q.matches(e); ok && q.add(p, r) {
				return p, nil
			}
			p.lost += e.Number - p.at - 1
			p.at = e.Number
			p.read++
		}
		if p.read >= maxEventsRead {
			return p, nil
		}
	}
}

// newest returns the last events, the oldest of them first.
func (q *eventQuery) newest(ctx context.Context) (*eventPage, error) {
	_, last, err := q.inbox.After(ctx, 0, 1)
	if err != nil {
		return nil, err
	}
	p := &eventPage{at: last, last: last}
	defer func() { slices.Reverse(p.events) }()
	for to := last; to > 0; {
		from := max(0, to-eventsChunk)
		found, _, err := q.inbox.After(ctx, from, int(to-from))
		if err != nil {
			return nil, err
		}
		for _, e := range slices.Backward(found) {
			if e.Number > to {
				continue
			}
			if r, ok := q.matches(e); ok && q.add(p, r) {
				p.older = true
				return p, nil
			}
			p.read++
		}
		if to = from; len(found) == 0 || found[0].Number > from+1 {
			return p, nil // what was before is no longer kept
		}
		if p.read >= maxEventsRead {
			p.older = to > 0
			return p, nil
		}
	}
	return p, nil
}

// clockTolerance is how much earlier than its time a search for events begins: those that
// several processes add at the same time may be a little out of order.
const clockTolerance = time.Minute

// numberBefore returns a number after which all events since a time come.
func (q *eventQuery) numberBefore(ctx context.Context, since time.Time) (int64, error) {
	first, last, err := q.inbox.After(ctx, 0, 1)
	if err != nil || len(first) == 0 {
		return last, err
	}
	since = since.Add(-clockTolerance)
	low, high := first[0].Number-1, last // all up to low are too old, and what follows high is not
	for low < high {
		middle := low + (high-low)/2
		found, _, err := q.inbox.After(ctx, middle, 1)
		switch {
		case err != nil:
			return 0, err
		case len(found) == 0 || !found[0].Received.Before(since):
			high = middle
		default:
			low = found[0].Number
		}
	}
	return low, nil
}

// eventResult shows a page.
func (s *Set) eventResult(ctx context.Context, q *eventQuery, p *eventPage, args eventListArgs) *Result {
	r := &Result{Tool: EventList, ProjectID: args.ProjectID, Data: eventsTable(p.events, s.DefaultProject(), q.full)}
	switch {
	case p.lost > 0:
		r.Warnings = append(r.Warnings, fmt.Sprintf("%d events were removed before they were read: they are kept for %d days, and the last %d", p.lost, int(events.Retention.Hours()/24), events.MaxEvents))
	case p.older:
		r.Warnings = append(r.Warnings, "these are the newest events: since shows earlier ones")
	}
	project := cmp.Or(args.ProjectID, s.DefaultProject())
	if project != "" && len(s.opts.Events.triggers(ctx, s.opts.Tenant, project)) == 0 {
		r.Warnings = append(r.Warnings, "no webhook brings the events of this project here")
		r.Next = append(r.Next, catalog.Next{Do: "have them received", Tool: toolEventSubscribe, Args: map[string]any{}, Needs: []string{}})
	}
	seen := map[string]bool{}
	for i := len(p.events) - 1; i >= 0 && len(r.Next) < maxNext-1; i-- {
		e := &p.events[i]
		step := e.reads()
		if step == nil {
			continue
		}
		if e.ProjectID != s.DefaultProject() {
			step.Args[argProject] = e.ProjectID
		}
		if key := step.Tool + string(jsonvalue.Encode(step.Args)); !seen[key] {
			seen[key] = true
			r.Next = append(r.Next, *step)
		}
	}
	r.Next = s.offered(r.Next, args.ProjectID)
	return r
}

// eventsTable shows a row for each event.
func eventsTable(all []reported, defaultProject string, full bool) *Table {
	if len(all) == 0 {
		return &Table{Cols: []string{}, Rows: [][]any{}}
	}
	items := make([]any, len(all))
	for i := range all {
		items[i] = &all[i]
	}
	b := newTableBuilder(items, 8)
	add := func(name string, asked bool, of func(r *reported) any) {
		b.add(name, func(item any) any { return of(item.(*reported)) }, asked)
	}
	add("time", true, func(r *reported) any { return stamp(r.Received) })
	add("projectId", false, func(r *reported) any {
		if r.ProjectID == defaultProject {
			return nil
		}
		return orNil(r.ProjectID)
	})
	add("type", true, func(r *reported) any { return orNil(papi.Echo(r.Type)) })
	add("ids", false, func(r *reported) any {
		if len(r.ids) == 0 {
			return nil
		}
		return r.ids
	})
	add("reported", false, func(r *reported) any { return orNil(r.state()) })
	add("note", false, func(r *reported) any { return orNil(r.note()) })
	if full {
		add("payload", false, func(r *reported) any { return r.payload })
	}
	table := b.table()
	return &table
}
