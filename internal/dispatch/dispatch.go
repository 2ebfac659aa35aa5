// Package dispatch sends the API request of one row of the catalog: it fills in
// the request from a call's arguments ([NewRequest]), and finds out whether a
// create took effect when its answer was lost ([Send]).
//
// A lost create is reconciled as [catalog.Reconcile] of its row says: what it may
// have made is read and compared with the arguments. Whatever can't be
// established that way ends as an error of code errorcode.OutcomeUnknown; the
// package never guesses, and never sends a create again unless the API itself
// refuses a second one.
package dispatch

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/deadline"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// API sends requests; *papi.Client does.
type API interface {
	Do(ctx context.Context, r *papi.Request) (*papi.Response, error)
	All(ctx context.Context, r *papi.Request, list string, enough func(page []json.RawMessage) bool) (*papi.Response, error)
}

// Result is what a successful call returned.
type Result struct {
	// Answer is the API's, as decoded JSON with json.Number; nil where there
	// is none.
	Answer any
	// Body is the answer as the API wrote it.
	Body []byte
	// Status is that of the answer; 0 where the answer was lost and what the
	// call made has been found.
	Status int
	// Date is the API's time when it answered; zero where it did not say.
	Date time.Time
	// Warnings are for the caller, such as that the answer was lost.
	Warnings []string
}

// maxSends is how often a create is sent that the API itself refuses twice.
const maxSends = 3

// Send sends a call of the row, within the deadline of the tool call that ctx
// belongs to. A create whose outcome is unknown is looked for, then reported as
// made, sent again where the row allows it, or ends as an error of code
// errorcode.OutcomeUnknown whose Info holds the candidates. Errors are
// *papi.Error.
func Send(ctx context.Context, api API, row *catalog.Row, projectID string, args map[string]any) (Result, error) {
	ctx, cancel := deadline.Bound(ctx)
	defer cancel()
	started := time.Now()
	for sends := 1; ; sends++ {
		resp, err := api.Do(ctx, NewRequest(row, projectID, args))
		if err == nil {
			answer, err := decode(resp)
			return Result{Answer: answer, Body: resp.Body, Status: resp.Status, Date: resp.Date}, err
		}
		e, ok := errors.AsType[*papi.Error](err)
		if !ok {
			return Result{}, err
		}
		// A conflict on a later send means that an earlier one took effect.
		conflict := sends > 1 && e.Status == http.StatusConflict
		if !e.Unknown && !conflict || row.Reconcile == nil && row.Retry() != papi.RetryNever {
			return Result{}, err
		}
		if row.Reconcile == nil {
			return Result{}, outcomeUnknown(row, e, "it is not sent again, since that could have its effect twice", nil)
		}
		r := reconciler{api: api, row: row, project: projectID, args: args, started: started}
		made, err := r.find(ctx, e)
		if err != nil || made != nil {
			return r.result(made), err
		}
		if !row.Reconcile.Resend || sends == maxSends || ctx.Err() != nil {
			return Result{}, outcomeUnknown(row, e, "nothing like it was found", nil)
		}
	}
}

// pageSize is how many items SendAll asks for at a time, where the caller leaves that
// open: the pages of a long list stay small enough to stop between them.
const pageSize = 50

// sizeOfPages is how many of them the API lets a call ask for.
func sizeOfPages(parameter *papi.Parameter) int {
	if most := parameter.Schema.Resolve().Maximum; most != nil {
		return int(min(pageSize, *most))
	}
	return pageSize
}

// SendAll reads the pages of a list as one answer. It stops at the end of a page once it
// has papi.MaxItems, or when enough, which is given the items of each page, returns true.
func SendAll(ctx context.Context, api API, row *catalog.Row, projectID string, args map[string]any, enough func(items []any) bool) (Result, error) {
	ctx, cancel := deadline.Bound(ctx)
	defer cancel()
	if size := row.Op().Parameter("pageSize"); size != nil && args["pageSize"] == nil {
		args = jsonvalue.With(args, "pageSize", sizeOfPages(size))
	}
	stop := func(page []json.RawMessage) bool {
		items, err := jsonvalue.Decode(jsonvalue.Encode(page))
		return err == nil && enough(jsonvalue.List(items, ""))
	}
	resp, err := api.All(ctx, NewRequest(row, projectID, args), row.List(), stop)
	if err != nil {
		return Result{}, err
	}
	answer, err := decode(resp)
	r := Result{Answer: answer, Body: resp.Body, Status: resp.Status, Date: resp.Date}
	if items := jsonvalue.List(answer, row.List()); jsonvalue.Field(answer, "nextPageToken") != nil {
		r.Warnings = []string{fmt.Sprintf("stopped after %d items, which are enough to read: to continue, make the same call with pageToken set to nextPageToken; fields shows less of each item", len(items))}
	}
	return r, err
}

// Reader reads from the API for others: it is package guard's Reader.
type Reader struct{ API API }

// Read calls a reading tool and returns its answer as an object.
func (r Reader) Read(ctx context.Context, projectID, tool string, args map[string]any) (map[string]any, error) {
	result, err := Send(ctx, r.API, catalog.Lookup(tool), projectID, args)
	answer, _ := result.Answer.(map[string]any)
	return answer, err
}

// Now is the API's time, as far as that is known.
func (r Reader) Now() time.Time {
	if clock, ok := r.API.(interface{ Now() time.Time }); ok {
		return clock.Now()
	}
	return time.Now()
}

// decode reads an answer, with numbers exactly as the API wrote them.
func decode(resp *papi.Response) (any, error) {
	value, err := resp.Value()
	if err != nil {
		return nil, &papi.Error{Status: resp.Status, Code: errorcode.UnexpectedAnswer, Message: "the API's answer is not JSON", Err: err}
	}
	return value, nil
}
