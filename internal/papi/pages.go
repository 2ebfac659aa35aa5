package papi

import (
	"context"
	"encoding/json"
	"maps"
	"net/url"

	"papi-mcp/internal/errorcode"
)

// MaxItems is how many items All gathers, unless it is told another number.
const MaxItems = 1000

// maxPages bounds All where pages come empty.
const maxPages = 1000

// All reads the pages of a list, from the one that r asks for, and returns
// them as one answer: that of the first page, with the items of all pages in
// its field list. It gathers at most most items (0: MaxItems), in whole
// pages: a page that does not fit is left out, save the first. The answer then
// has the nextPageToken to go on with; one that is whole has none.
//
// When a page fails, so does All, with its *Error. A token that comes twice is
// one of code errorcode.UnexpectedAnswer, as is an answer that is no page; a page
// may leave its list out.
func (c *Client) All(ctx context.Context, r *Request, list string, most int) (*Response, error) {
	if most <= 0 {
		most = MaxItems
	}
	page := *r
	page.Query = maps.Clone(r.Query)
	if page.Query == nil {
		page.Query = url.Values{}
	}
	var (
		first  map[string]json.RawMessage
		items  = []json.RawMessage{}
		answer Response
		next   = page.Query.Get("pageToken")
		seen   = map[string]bool{}
	)
	for range maxPages {
		if next != "" {
			page.Query.Set("pageToken", next)
		}
		seen[next] = true
		resp, err := c.Do(ctx, &page)
		if err != nil {
			return nil, err
		}
		fields, found, token, err := readPage(resp, list)
		if err != nil {
			return nil, err
		}
		if first != nil && len(items)+len(found) > most {
			break // next still leads to this page
		}
		if first == nil {
			first = fields
		}
		items = append(items, found...)
		answer.Status, answer.Date = resp.Status, resp.Date
		answer.Repeated = answer.Repeated || resp.Repeated
		if next = token; next == "" || len(items) >= most {
			break
		}
		if seen[next] {
			return nil, notPaged(resp, "the API gives a page token for the second time")
		}
	}
	var err error
	if first[list], err = json.Marshal(items); err != nil {
		return nil, &Error{Code: errorcode.UnexpectedAnswer, Message: "the pages can't be put together", Err: err}
	}
	delete(first, "nextPageToken")
	if next != "" {
		first["nextPageToken"], _ = json.Marshal(next) // a string can always be written
	}
	if answer.Body, err = json.Marshal(first); err != nil {
		return nil, &Error{Code: errorcode.UnexpectedAnswer, Message: "the pages can't be put together", Err: err}
	}
	return &answer, nil
}

// readPage takes an answer apart: its fields, the items of its list, and the
// token of the next page, "" on the last.
func readPage(resp *Response, list string) (fields map[string]json.RawMessage, items []json.RawMessage, next string, err error) {
	if json.Unmarshal(resp.Body, &fields) != nil || fields == nil {
		return nil, nil, "", notPaged(resp, "the answer is not an object")
	}
	if raw, given := fields[list]; given && json.Unmarshal(raw, &items) != nil {
		return nil, nil, "", notPaged(resp, "the answer's "+list+" is not a list")
	}
	if raw, given := fields["nextPageToken"]; given && json.Unmarshal(raw, &next) != nil {
		return nil, nil, "", notPaged(resp, "the answer's nextPageToken is not a string")
	}
	return fields, items, next, nil
}

func notPaged(resp *Response, what string) *Error {
	return &Error{Status: resp.Status, Code: errorcode.UnexpectedAnswer, Message: what, Resolution: "read the list page by page"}
}
