package catalog

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"papi-mcp/internal/deadline"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// API sends requests; *papi.Client does.
type API interface {
	Do(ctx context.Context, r *papi.Request) (*papi.Response, error)
	All(ctx context.Context, r *papi.Request, list string, most int) (*papi.Response, error)
}

// Sent is how a call ended well.
type Sent struct {
	// Answer is the API's, as decoded JSON with json.Number; nil where there
	// is none.
	Answer any
	// Status is that of the answer; 0 where the answer was lost, and what was
	// made has been found.
	Status int
	// Date is the API's time when it answered; zero where it did not say.
	Date time.Time
	// Warnings tell what happened on the way: a lost answer that was found.
	Warnings []string
}

// maxSends is how often a create is sent that the API itself refuses twice.
const maxSends = 3

// Send sends a call of the row, within the deadline of the tool call that ctx
// belongs to. A create whose outcome is unknown is looked
// for as its row says, then reported as made, sent again only where the row
// allows it, or ends as an error of code errorcode.OutcomeUnknown, whose Info
// holds the candidates. Errors are *papi.Error.
func Send(ctx context.Context, api API, row *Row, projectID string, args map[string]any) (Sent, error) {
	ctx, cancel := deadline.Bound(ctx)
	defer cancel()
	started := time.Now()
	for sends := 1; ; sends++ {
		resp, err := api.Do(ctx, row.Request(projectID, args))
		if err == nil {
			answer, err := decode(resp)
			return Sent{Answer: answer, Status: resp.Status, Date: resp.Date}, err
		}
		var e *papi.Error
		if !errors.As(err, &e) {
			return Sent{}, err
		}
		// A second sending that is refused for what the first one made tells
		// that the first one made it.
		refusedTwice := sends > 1 && e.Status == http.StatusConflict
		if !e.Unknown && !refusedTwice || row.Reconcile == nil && row.repeat() != papi.RepeatNever {
			return Sent{}, err
		}
		if row.Reconcile == nil {
			return Sent{}, outcomeUnknown(row, e, "it is not sent again, since that could do it twice", nil)
		}
		f := finder{api: api, row: row, project: projectID, args: args, started: started}
		made, err := f.find(ctx, e)
		if err != nil || made != nil {
			return f.found(made), err
		}
		if !row.Reconcile.Resend || sends == maxSends || ctx.Err() != nil {
			return Sent{}, outcomeUnknown(row, e, "nothing like it was found", nil)
		}
	}
}

// finder looks for what a create may have made.
type finder struct {
	api     API
	row     *Row
	project string
	args    map[string]any
	started time.Time
}

// find returns what was made, nil where there surely is nothing like it, and
// an error where reading does not tell.
func (f *finder) find(ctx context.Context, cause *papi.Error) (map[string]any, error) {
	rec := f.row.Reconcile
	if rec.Read == "" {
		return nil, outcomeUnknown(f.row, cause, "nothing shows whether it was made", nil)
	}
	// The caller may be gone: what was sent is found all the same.
	ends, _ := ctx.Deadline()
	ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), ends)
	defer cancel()

	items, date, err := f.read(ctx)
	if err != nil {
		return nil, outcomeUnknown(f.row, cause, "looking for it failed ("+err.Error()+")", nil)
	}
	if !f.comparable() {
		return nil, outcomeUnknown(f.row, cause, "the call gives nothing to know it by", nil)
	}
	var same, others []map[string]any
	for _, item := range items {
		switch {
		case !f.same(item) || !f.recent(item, f.row.Reconcile.Since, date):
			// another thing
		case !agrees(f.args, item) || item["created"] != nil && !f.recent(item, "created", date):
			others = append(others, item)
		default:
			same = append(same, item)
		}
	}
	switch {
	case len(same) == 0 && len(others) == 0:
		return nil, nil
	case len(same) == 0:
		return nil, outcomeUnknown(f.row, cause, "what is there is not what the call asks for, or was there before", others)
	case len(same) == 1 && (rec.Unique || rec.Since != ""):
		return same[0], nil
	}
	return nil, outcomeUnknown(f.row, cause, fmt.Sprintf("%d like it were found, and may have been there before", len(same)), same)
}

// read reads the things among which the made one would be, and the API's time.
func (f *finder) read(ctx context.Context) ([]map[string]any, time.Time, error) {
	row := Lookup(f.row.Reconcile.Read)
	args := map[string]any{}
	for _, p := range row.Op().Parameters {
		if p.In != "path" {
			continue
		}
		field := p.Name
		if from, ok := f.row.Reconcile.Args[p.Name]; ok {
			field = from
		}
		args[p.Name] = f.args[field]
	}
	req := row.Request(f.project, args)
	list := row.List()
	var resp *papi.Response
	var err error
	if req.Operation.Parameter("pageToken") != nil {
		resp, err = f.api.All(ctx, req, list, 0)
	} else {
		resp, err = f.api.Do(ctx, req)
	}
	var e *papi.Error
	if errors.As(err, &e) && e.Status == http.StatusNotFound {
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
		thing, _ := answer.(map[string]any)
		return []map[string]any{thing}, resp.Date, nil
	}
	var items []map[string]any
	found, _ := jsonvalue.Field(answer, list).([]any)
	for _, item := range found {
		if thing, ok := item.(map[string]any); ok {
			items = append(items, thing)
		}
	}
	return items, resp.Date, nil
}

// comparable reports whether the call gives the fields to compare by.
func (f *finder) comparable() bool {
	for field := range f.row.Reconcile.Same {
		if jsonvalue.Field(f.args, field) == nil {
			return false
		}
	}
	return true
}

func (f *finder) same(item map[string]any) bool {
	for field, places := range f.row.Reconcile.Same {
		given, equal := jsonvalue.Field(f.args, field), false
		for place := range strings.SplitSeq(places, "|") {
			equal = equal || jsonvalue.Field(item, place) == given
		}
		if !equal {
			return false
		}
	}
	return true
}

// agrees reports whether a thing shows nothing that contradicts the arguments. It
// may hold more, may show them as pending changes, and need not show them all.
func agrees(args, item map[string]any) bool {
	pending, _ := item["changes"].(map[string]any)
	for name, given := range args {
		if name == "status" { // what to do with the call, not what the thing is
			continue
		}
		shown, live := item[name]
		changed, waits := pending[name]
		switch {
		case live && holds(shown, given), waits && holds(changed, given):
		case live || waits:
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
			if there, told := s[name]; told && !holds(there, value) {
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
	return shown == nil || Text(shown) == Text(given)
}

// slack is how far the API's times may be off: its Date has whole seconds.
const slack = 2 * time.Second

// recent reports whether a thing was made since the call, by the API's clock and
// the field that tells when; "" for no such field.
func (f *finder) recent(item map[string]any, since string, date time.Time) bool {
	if since == "" {
		return true
	}
	text, _ := jsonvalue.Field(item, since).(string)
	made, err := time.Parse(time.RFC3339Nano, strings.ToUpper(text))
	if err != nil || date.IsZero() {
		return false
	}
	return !made.Before(date.Add(-time.Since(f.started) - slack))
}

func (f *finder) found(made map[string]any) Sent {
	if made == nil {
		return Sent{}
	}
	s := Sent{Answer: made, Warnings: []string{
		"the API's answer was lost; data is what " + f.row.Reconcile.Read + " shows of it: check that it is what was asked for",
	}}
	if r := f.row.Resource; r != nil && r.Pending != "" && jsonvalue.Field(made, r.Pending) == "DRAFT" && jsonvalue.Field(made, r.State) == nil && f.args["status"] != "DRAFT" {
		s.Warnings = append(s.Warnings, "it was saved as a draft and not submitted")
	}
	return s
}

func outcomeUnknown(row *Row, cause *papi.Error, why string, candidates []map[string]any) *papi.Error {
	info := map[string]any{"cause": cause.Code}
	if candidates != nil {
		info["candidates"] = papi.AnswerSecrets.Mask(anys(candidates))
	}
	return &papi.Error{
		Status:     cause.Status,
		Code:       errorcode.OutcomeUnknown,
		Message:    fmt.Sprintf("%s was sent, and whether it took effect is not known: %s", row.Tool, why),
		Resolution: errorcode.Do(errorcode.OutcomeUnknown),
		Info:       info,
		RetryAfter: cause.RetryAfter,
		Unknown:    true,
		Err:        cause,
	}
}

func anys(items []map[string]any) []any {
	out := make([]any, len(items))
	for i, item := range items {
		out[i] = item
	}
	return out
}

// List is the field of the row's answer that holds a list of things, "" where
// the answer is one thing.
func (r *Row) List() string {
	for _, answer := range r.Op().Answers {
		if answer == nil {
			continue
		}
		s := answer.Resolve()
		if len(s.AnyOf) > 0 {
			s = s.AnyOf[0].Resolve()
		}
		if r.Op().Parameter("pageToken") == nil && len(s.Properties) > 1 {
			return ""
		}
		for name, p := range s.Properties {
			if p.Resolve().Type.Has("array") {
				return name
			}
		}
	}
	return ""
}

// decode reads an answer, numbers exactly as they stand.
func decode(resp *papi.Response) (any, error) {
	if len(resp.Body) == 0 {
		return nil, nil
	}
	dec := json.NewDecoder(bytes.NewReader(resp.Body))
	dec.UseNumber()
	var value any
	if err := dec.Decode(&value); err != nil {
		return nil, &papi.Error{Status: resp.Status, Code: errorcode.UnexpectedAnswer, Message: "the API's answer is not JSON", Err: err}
	}
	return value, nil
}

// SendAll reads the pages of a list as one answer, up to papi.MaxItems.
func SendAll(ctx context.Context, api API, row *Row, projectID string, args map[string]any) (Sent, error) {
	ctx, cancel := deadline.Bound(ctx)
	defer cancel()
	resp, err := api.All(ctx, row.Request(projectID, args), row.List(), 0)
	if err != nil {
		return Sent{}, err
	}
	answer, err := decode(resp)
	s := Sent{Answer: answer, Date: resp.Date}
	if jsonvalue.Field(answer, "nextPageToken") != nil {
		s.Warnings = []string{fmt.Sprintf("cut after %d items: go on with nextPageToken", papi.MaxItems)}
	}
	return s, err
}

// Reader reads from the API for others: it is package guard's Reader.
type Reader struct{ API API }

// Read calls a reading tool and returns its answer as an object.
func (r Reader) Read(ctx context.Context, projectID, tool string, args map[string]any) (map[string]any, error) {
	s, err := Send(ctx, r.API, Lookup(tool), projectID, args)
	answer, _ := s.Answer.(map[string]any)
	return answer, err
}
