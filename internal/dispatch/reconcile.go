package dispatch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// reconciler looks for what a create may have made.
type reconciler struct {
	api     API
	row     *catalog.Row
	project string
	args    map[string]any
	started time.Time
}

// find returns what the create made, nil where nothing like it exists, and an
// error where the reads do not settle it.
func (r *reconciler) find(ctx context.Context, cause *papi.Error) (any, error) {
	rec := r.row.Reconcile
	if rec.Read == "" {
		return nil, outcomeUnknown(r.row, cause, "nothing shows whether it was created", nil)
	}
	// The caller may be gone: what was sent is looked for all the same.
	ends, _ := ctx.Deadline()
	ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), ends)
	defer cancel()

	items, date, err := r.read(ctx)
	if err != nil {
		return nil, outcomeUnknown(r.row, cause, "looking for it failed ("+err.Error()+")", nil)
	}
	if !r.comparable() {
		return nil, outcomeUnknown(r.row, cause, "the call has no value to recognize it by", nil)
	}
	var same, others []any
	for _, item := range items {
		switch {
		case !r.same(item) || !r.recent(item, rec.Since, date):
			// something else
		case !agrees(r.args, jsonvalue.Object(item, "")) || jsonvalue.Field(item, "created") != nil && !r.recent(item, "created", date):
			others = append(others, item)
		default:
			same = append(same, item)
		}
	}
	switch {
	case len(same) == 0 && len(others) == 0:
		return nil, nil
	case len(same) == 0:
		return nil, outcomeUnknown(r.row, cause, "what exists is not what the call asks for, or existed before", others)
	case len(same) == 1 && (rec.Unique || rec.Since != ""):
		return same[0], nil
	}
	return nil, outcomeUnknown(r.row, cause, fmt.Sprintf("%d like it were found, which may have existed before", len(same)), same)
}

// read returns the things among which the new one would be, and the API's time.
func (r *reconciler) read(ctx context.Context) ([]any, time.Time, error) {
	row := catalog.Lookup(r.row.Reconcile.Read)
	args := map[string]any{}
	for _, name := range row.Op().PathIDs() {
		args[name] = r.args[cmp.Or(r.row.Reconcile.Args[name], name)]
	}
	req := NewRequest(row, r.project, args)
	list := row.List()
	var resp *papi.Response
	var err error
	if req.Operation.Parameter("pageToken") != nil {
		resp, err = r.api.All(ctx, req, list, nil)
	} else {
		resp, err = r.api.Do(ctx, req)
	}
	if e, ok := errors.AsType[*papi.Error](err); ok && e.Status == http.StatusNotFound {
		return nil, time.Time{}, nil
	}
	if err != nil {
		return nil, time.Time{}, err
	}
	answer, err := decode(resp)
	if err != nil {
		return nil, time.Time{}, err
	}
	if list == "" {
		return []any{answer}, resp.Date, nil
	}
	return jsonvalue.List(answer, list), resp.Date, nil
}

// comparable reports whether the call gives the fields to compare by.
func (r *reconciler) comparable() bool {
	for field := range r.row.Reconcile.Same {
		if jsonvalue.Field(r.args, field) == nil {
			return false
		}
	}
	return true
}

func (r *reconciler) same(item any) bool {
	for field, paths := range r.row.Reconcile.Same {
		given, equal := jsonvalue.Field(r.args, field), false
		for path := range strings.SplitSeq(paths, "|") {
			equal = equal || jsonvalue.Field(item, path) == given
		}
		if !equal {
			return false
		}
	}
	return true
}

// agrees reports whether nothing in a thing contradicts the arguments. It may
// hold more, may show them as pending changes, and need not show them all.
func agrees(args, item map[string]any) bool {
	pending, _ := item["changes"].(map[string]any)
	for name, given := range args {
		if name == "status" { // what to do with the call, not what the thing is
			continue
		}
		shown, live := item[name]
		changed, isPending := pending[name]
		switch {
		case live && holds(shown, given), isPending && holds(changed, given):
		case live || isPending:
			return false
		}
	}
	return true
}

// holds reports whether a value shows what was given: objects may have more
// fields, lists of texts another order.
func holds(shown, given any) bool {
	switch g := given.(type) {
	case map[string]any:
		s, ok := shown.(map[string]any)
		if !ok {
			return shown == nil || g == nil
		}
		for name, value := range g {
			if field, known := s[name]; known && !holds(field, value) {
				return false
			}
		}
		return true
	case []any:
		s, ok := shown.([]any)
		if !ok || len(s) != len(g) {
			return false
		}
		for i, value := range g {
			if text, isText := value.(string); isText && !slices.Contains(s, any(text)) || !isText && !holds(s[i], value) {
				return false
			}
		}
		return true
	}
	return shown == nil || fmt.Sprint(shown) == fmt.Sprint(given)
}

// maxClockError is how far the API's times may be off: its Date has full seconds.
const maxClockError = 2 * time.Second

// recent reports whether a thing was made since the call, by the API's clock and
// the field that holds the time; "" for no such field.
func (r *reconciler) recent(item any, since string, date time.Time) bool {
	if since == "" {
		return true
	}
	made := jsonvalue.Time(item, since)
	return !made.IsZero() && !date.IsZero() && !made.Before(date.Add(-time.Since(r.started)-maxClockError))
}

func (r *reconciler) result(made any) Result {
	if made == nil {
		return Result{}
	}
	found := Result{Answer: made, Warnings: []string{
		"the API's answer was lost; data is what " + r.row.Reconcile.Read + " shows of it: check that it is what was asked for",
	}}
	if thing := r.row.Resource; thing != nil && thing.Pending != "" && jsonvalue.Field(made, thing.Pending) == "DRAFT" && jsonvalue.Field(made, thing.State) == nil && r.args["status"] != "DRAFT" {
		found.Warnings = append(found.Warnings, "it was saved as a draft and not submitted")
	}
	return found
}

func outcomeUnknown(row *catalog.Row, cause *papi.Error, why string, candidates []any) *papi.Error {
	info := map[string]any{"cause": cause.Code}
	if candidates != nil {
		info["candidates"] = papi.AnswerSecrets.Mask(candidates)
	}
	return &papi.Error{
		Status:     cause.Status,
		Code:       errorcode.OutcomeUnknown,
		Message:    fmt.Sprintf("%s was sent, and it is not known whether it took effect: %s", row.Tool, why),
		Resolution: errorcode.Do(errorcode.OutcomeUnknown),
		Info:       info,
		RetryAfter: cause.RetryAfter,
		Unknown:    true,
		Err:        cause,
	}
}
