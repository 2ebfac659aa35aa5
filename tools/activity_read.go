package tools

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/deadline"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// These bound what a call for the activities of a project reads.
const (
	maxActivityReads  = 8    // at a time
	maxActivityThings = 1000 // whose activities are read
	maxBroken         = 3    // failures in a row, after which a kind is left alone
)

// histories reads the activities of all things in a project: first the lists of things,
// then those of what happened to each of them, in the order of their keys. Neither a
// modified time nor a state says that nothing was added to a thing's activities, so that
// none is left out for it.
type histories struct {
	set        *Set
	caller     Caller
	project    string // as the call named it
	bound      string // the project whose things these are
	page       activityPage
	kinds      []*historyKind
	notOffered []string

	places     chan struct{} // of the reads that are under way
	lastStart  time.Time     // after which nothing else is read
	mu         sync.Mutex
	now        time.Time // the API's, of its first answer; zero where there is nothing
	wrong      *Error    // with the page, by that time
	limited    *papi.Error
	firstError *Error
	todo       []*activityThing
	left       []*activityThing // of todo
}

// historyKind is a kind of thing whose activities are read.
type historyKind struct {
	*catalog.History
	order     int
	things    []*activityThing
	broken    int      // failures in a row
	listed    bool     // without an error
	notListed []string // what could not be listed
}

// activityThing is a thing with activities.
type activityThing struct {
	kind   *historyKind
	ids    map[string]string
	key    string
	item   any // as the list has it; nil where there is no list
	read   bool
	failed string // why its activities could not be read
	items  []any
}

// activityEntry is an activity. Where it has no time, its place is after the next newer
// one of its thing.
type activityEntry struct {
	thing *activityThing
	place activityPlace
	item  any
}

// untimed is the time of activities without one that are the newest of their thing.
var untimed = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

func (h *histories) add(kind *catalog.History) {
	h.kinds = append(h.kinds, &historyKind{History: kind, order: slices.Index(catalog.Histories(), kind)})
}

// read reads all. It fails where no kind could be read.
func (h *histories) read(ctx context.Context) *Error {
	bound, cancel := deadline.Bound(ctx)
	defer cancel()
	end, _ := bound.Deadline()
	left := time.Until(end)
	h.lastStart = time.Now().Add(left * 8 / 10)
	ctx, stop := context.WithTimeout(ctx, left*95/100) // what is read by then can still be shown
	defer stop()
	h.places = make(chan struct{}, maxActivityReads)

	h.list(ctx)
	h.choose()
	var workers sync.WaitGroup
	for range maxActivityReads {
		workers.Go(func() {
			for t := h.take(ctx); t != nil; t = h.take(ctx) {
				h.readThing(ctx, t)
			}
		})
	}
	workers.Wait()
	if h.wrong != nil {
		return h.wrong
	}
	for _, k := range h.kinds {
		tried := func(t *activityThing) bool { return slices.Contains(h.todo, t) }
		if k.listed && !slices.ContainsFunc(k.things, tried) {
			return nil
		}
	}
	if slices.ContainsFunc(h.todo, func(t *activityThing) bool { return t.read }) {
		return nil
	}
	if h.firstError != nil {
		return h.firstError
	}
	return &Error{Code: errorcode.Timeout, Message: "the API did not answer in time"}
}

// list lists the things of all kinds: those within others after these.
func (h *histories) list(ctx context.Context) {
	var lists sync.WaitGroup
	var within []*historyKind
	parents := map[*catalog.History]*historyKind{}
	for _, k := range h.kinds {
		switch {
		case k.List == nil:
			k.listed = true
			k.things = append(k.things, &activityThing{kind: k, key: k.key(nil)})
		case k.Within != nil:
			within = append(within, k)
		default:
			parents[k.History] = k
		}
	}
	for _, k := range within {
		if parents[k.Within] == nil { // whose own activities are not asked for
			parents[k.Within] = &historyKind{History: k.Within}
		}
	}
	for _, k := range parents {
		lists.Go(func() { h.listThings(ctx, k, nil) })
	}
	lists.Wait()
	for _, k := range within {
		parent := parents[k.Within]
		k.listed = parent.listed
		if len(parent.notListed) > 0 {
			k.notListed = append(k.notListed, fmt.Sprintf("the activities of the %s are missing, since their senders could not be listed", k.Many(0)))
		}
		for _, of := range parent.things {
			lists.Go(func() { h.listThings(ctx, k, of) })
		}
	}
	lists.Wait()
}

// listThings lists the things of a kind, or those that another one has.
func (h *histories) listThings(ctx context.Context, k *historyKind, of *activityThing) {
	args := map[string]any{}
	if of != nil {
		args = of.args()
	}
	err := h.pages(ctx, k.List, args, func(items []any) bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		for _, item := range items {
			t := &activityThing{kind: k, item: item, ids: map[string]string{}}
			for _, name := range k.Row.Op().PathIDs() {
				if of != nil && of.ids[name] != "" {
					t.ids[name] = of.ids[name]
				} else {
					t.ids[name] = jsonvalue.Text(item, k.Resource.IDs[name])
				}
			}
			t.key = k.key(t)
			k.things = append(k.things, t)
		}
		return true
	})
	h.mu.Lock()
	defer h.mu.Unlock()
	if err == nil {
		k.listed = true
		return
	}
	h.note(k.List, args, err)
	what := k.Many(0)
	if of != nil {
		what += " of " + of.id()
	}
	if n := len(k.things); n > 0 && of == nil {
		what = fmt.Sprintf("%s after the first %d", what, n)
	}
	k.notListed = append(k.notListed, fmt.Sprintf("the activities of the %s are missing: %s", what, whyNot(ctx, err)))
}

// note remembers an error for the case that nothing can be read, and that the API limits
// requests.
func (h *histories) note(row *catalog.Row, args map[string]any, err error) {
	if h.firstError == nil {
		h.firstError = failed(row, args, err)
	}
	if e, ok := errors.AsType[*papi.Error](err); ok && e.Status == http.StatusTooManyRequests {
		h.limited = e
	}
}

// whyNot says why something could not be read.
func whyNot(ctx context.Context, err error) string {
	if ctx.Err() != nil || errors.Is(err, errTooLate) {
		return "no answer in time"
	}
	return papi.Truncate(err.Error(), maxQuoted)
}

// choose chooses the things whose activities are read, in the order of their keys.
func (h *histories) choose() {
	for _, k := range h.kinds {
		for _, t := range k.things {
			if t.key > h.page.After && (h.page.To == "" || t.key <= h.page.To) {
				h.todo = append(h.todo, t)
			}
		}
	}
	slices.SortFunc(h.todo, func(a, b *activityThing) int { return strings.Compare(a.key, b.key) })
	h.todo = slices.CompactFunc(h.todo, func(a, b *activityThing) bool { return a.key == b.key }) // a list may have grown between two pages
	h.todo = h.todo[:min(len(h.todo), maxActivityThings)]
	h.left = h.todo
}

// take returns the next thing to read, nil at the end.
func (h *histories) take(ctx context.Context) *activityThing {
	h.mu.Lock()
	defer h.mu.Unlock()
	for len(h.left) > 0 && h.limited == nil && h.wrong == nil && !h.late(ctx) {
		t := h.left[0]
		h.left = h.left[1:]
		if t.kind.broken < maxBroken {
			return t
		}
		t.failed = fmt.Sprintf("not tried after %d failures", maxBroken)
	}
	return nil
}

func (h *histories) late(ctx context.Context) bool {
	return ctx.Err() != nil || !time.Now().Before(h.lastStart)
}

// readThing reads the activities of a thing.
func (h *histories) readThing(ctx context.Context, t *activityThing) {
	err := h.pages(ctx, t.kind.Row, t.args(), func(items []any) bool {
		t.items = append(t.items, items...)
		oldest := untimed
		for _, item := range items {
			if at := jsonvalue.Time(item, "created"); !at.IsZero() {
				oldest = at
			}
		}
		return !oldest.Before(h.page.Since.At) // the newest come first
	})
	h.mu.Lock()
	defer h.mu.Unlock()
	if err == nil {
		t.read, t.kind.broken = true, 0
		return
	}
	h.note(t.kind.Row, t.args(), err)
	if e, ok := errors.AsType[*papi.Error](err); ok && e.Status == http.StatusTooManyRequests {
		return // it is read by the next call
	}
	t.kind.broken++
	t.failed = whyNot(ctx, err)
}

var errTooLate = errors.New("too late")

// pages reads the pages of a list until take, which is given the items of each, returns
// false.
func (h *histories) pages(ctx context.Context, row *catalog.Row, args map[string]any, take func(items []any) bool) error {
	if size := row.Op().Parameter("pageSize"); size != nil {
		args = jsonvalue.With(args, "pageSize", int(*size.Schema.Resolve().Maximum))
	}
	seen := map[string]bool{}
	for token := ""; ; {
		answer, err := h.readPage(ctx, row, args)
		if err != nil {
			return err
		}
		more := take(jsonvalue.List(papi.AnswerSecrets.Mask(answer), row.List()))
		seen[token] = true
		if token = jsonvalue.Text(answer, "nextPageToken"); token == "" || !more {
			return nil
		}
		if seen[token] {
			return &papi.Error{Code: errorcode.UnexpectedAnswer, Message: "the API returned the same page token twice"}
		}
		if h.late(ctx) {
			return errTooLate
		}
		args = jsonvalue.With(args, "pageToken", token)
	}
}

// readPage reads a page by the way of any call, when a place is free. That a project has
// none of the things is a page without items.
func (h *histories) readPage(ctx context.Context, row *catalog.Row, args map[string]any) (any, error) {
	select {
	case h.places <- struct{}{}:
		defer func() { <-h.places }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	gc := &guard.Call{Row: row, Principal: h.caller.Principal, Client: h.caller.Client, CommandLine: h.caller.CommandLine, ProjectID: h.project, Args: args}
	if v := h.set.opts.Guard.Check(ctx, gc); v.Refuse != nil {
		return nil, &papi.Error{Code: v.Refuse.Code, Message: v.Refuse.Message}
	}
	sent, err := dispatch.Send(ctx, h.set.opts.API, row, gc.ProjectID, args)
	if e, ok := errors.AsType[*papi.Error](err); ok && catalog.NoneHere(e.Code) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.now.IsZero() {
		h.now = h.set.now(sent)
		h.wrong = h.page.resolve(h.now)
	}
	return sent.Answer, nil
}

// complete are the things before the first that has not been read yet, how many there
// are after them, and the key up to which they go, "" where that is all.
func (h *histories) complete() (things []*activityThing, rest int, to string) {
	things = h.todo
	if i := slices.IndexFunc(things, func(t *activityThing) bool { return !t.read && t.failed == "" }); i >= 0 {
		things = things[:i]
	}
	to = h.page.After
	if len(things) > 0 {
		to = things[len(things)-1].key
	}
	if len(things) == len(h.todo) && h.page.To != "" {
		to = h.page.To
	}
	for _, k := range h.kinds {
		for _, t := range k.things {
			if t.key > to {
				rest++
			}
		}
	}
	if rest == 0 {
		to = ""
	}
	return things, rest, to
}

// entries are the activities within the bounds, the newest first.
func (h *histories) entries(things []*activityThing) []*activityEntry {
	var all []*activityEntry
	for _, t := range things {
		place := activityPlace{At: untimed, Thing: t.key}
		for _, item := range t.items {
			if created := jsonvalue.Time(item, "created"); !created.IsZero() && !created.Equal(place.At) {
				place.At, place.Number = created, 0
			}
			place.Number++
			if h.page.has(place.At) {
				all = append(all, &activityEntry{thing: t, place: place, item: item})
			}
		}
	}
	slices.SortFunc(all, func(a, b *activityEntry) int { return a.place.compare(b.place) })
	return all
}

// shownTime is the time of an activity to the second, or what the API wrote instead.
func (e *activityEntry) shownTime() string {
	if at := jsonvalue.Time(e.item, "created"); !at.IsZero() {
		return stamp(at)
	}
	return jsonvalue.Text(e.item, "created")
}

// key orders the things: by their kind, then by their ids.
func (k *historyKind) key(t *activityThing) string {
	key := fmt.Sprintf("%02d", k.order)
	if t != nil {
		key += "/" + t.id()
	}
	return key
}

// id are the ids of a thing in the order in which its tools take them.
func (t *activityThing) id() string {
	var ids []string
	for _, name := range t.kind.Row.Op().PathIDs() {
		ids = append(ids, t.ids[name])
	}
	return strings.Join(ids, "/")
}

func (t *activityThing) args() map[string]any {
	args := map[string]any{}
	for name, id := range t.ids {
		args[name] = id
	}
	return args
}

// maxThingName bounds the name of a thing, which is next to its id.
const maxThingName = 40

// called is what people call a thing, with its ids: RCS sender ID (Example Shop).
func (t *activityThing) called() string {
	called := t.kind.Called
	switch id := t.id(); {
	case id == "":
	case papi.Printable(id) != id: // else it would name another
		called += " (its id can't be shown)"
	default:
		called += " " + id
	}
	if t.kind.List == nil {
		return called
	}
	for _, column := range t.kind.List.Columns {
		if name := jsonvalue.Text(cell(t.kind.List, column, t.item), ""); column.Name == "name" && name != "" && !strings.HasSuffix(called, " "+name) {
			return called + " (" + papi.Truncate(name, maxThingName) + ")"
		}
	}
	return called
}
