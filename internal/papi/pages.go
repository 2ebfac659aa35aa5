package papi

import (
	"context"
	"encoding/json"
	"maps"
	"net/url"

	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/jsonvalue"
)

// MaxItems is how many items All gathers at most, but for those of its last page.
const MaxItems = 1000

// maxPages limits All where pages are empty.
const maxPages = 1000

// All reads the pages of a list, from the one that r asks for, and returns them as
// one answer: that of the first page, with the items of all pages in its field
// list. It stops at the end of a page: once it has MaxItems, or when enough, which is
// given the items of each page, returns true (nil: never). The answer then has the
// nextPageToken to continue with; a complete one has none.
//
// When a page fails, All returns its *Error. A page token that is returned twice
// is an error of code errorcode.UnexpectedAnswer, as is an answer that is not a page; a
// page may leave its list out.
func (c *Client) All(ctx context.Context, r *Request, list string, enough func(page []json.RawMessage) bool) (*Response, error) {
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
		if first == nil {
			first = fields
		}
		items = append(items, found...)
		answer.Status, answer.Date = resp.Status, resp.Date
		if next = token; next == "" || len(items) >= MaxItems || enough != nil && enough(found) {
			break
		}
		if seen[next] {
			return nil, pagingError(resp, "the API returned the same page token twice")
		}
	}
	first[list] = jsonvalue.Encode(items)
	delete(first, "nextPageToken")
	if next != "" {
		first["nextPageToken"] = jsonvalue.Encode(next)
	}
	answer.Body = jsonvalue.Encode(first)
	return &answer, nil
}

// readPage returns the fields of an answer, the items of its list, and the token
// of the next page, "" on the last.
func readPage(resp *Response, list string) (fields map[string]json.RawMessage, items []json.RawMessage, next string, err error) {
	if json.Unmarshal(resp.Body, &fields) != nil || fields == nil {
		return nil, nil, "", pagingError(resp, "the answer is not an object")
	}
	if raw, given := fields[list]; given && json.Unmarshal(raw, &items) != nil {
		return nil, nil, "", pagingError(resp, "the answer's "+list+" is not a list")
	}
	if raw, given := fields["nextPageToken"]; given && json.Unmarshal(raw, &next) != nil {
		return nil, nil, "", pagingError(resp, "the answer's nextPageToken is not a string")
	}
	return fields, items, next, nil
}

func pagingError(resp *Response, what string) *Error {
	return &Error{Status: resp.Status, Code: errorcode.UnexpectedAnswer, Message: what, Resolution: "read the list page by page"}
}
