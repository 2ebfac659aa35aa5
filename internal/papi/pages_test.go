package papi

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"papi-mcp/internal/errorcode"
)

// lists is an API that has count webhooks, in pages of a size.
func lists(count, size int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		from := 0
		fmt.Sscanf(r.URL.Query().Get("pageToken"), "from %d", &from)
		page := map[string]any{"totalSize": count, "webhooks": []any{}, "unknown": json.Number("1.50")}
		var items []any
		for i := from; i < min(from+size, count); i++ {
			items = append(items, map[string]any{"id": i})
		}
		page["webhooks"] = items
		if from+size < count {
			page["nextPageToken"] = fmt.Sprintf("from %d", from+size)
		}
		raw, _ := json.Marshal(page)
		says(200, string(raw))(w, r)
	}
}

func TestAll(t *testing.T) {
	for _, test := range []struct {
		name        string
		count, size int
		most        int
		items       int
		next        string
		requests    int
	}{
		{"one page", 3, 5, 0, 3, "", 1},
		{"three pages", 12, 5, 0, 12, "", 3},
		{"full pages", 10, 5, 0, 10, "", 2},
		{"enough with the last page", 10, 5, 10, 10, "", 2},
		{"enough at the end of a page", 100, 5, 10, 10, "from 10", 2},
		{"enough within a page", 100, 5, 12, 15, "from 15", 3},
		{"the first page is more than enough", 100, 50, 20, 50, "from 50", 1},
		{"never more than a thousand", 2000, 100, 0, 1000, "from 1000", 10},
	} {
		t.Run(test.name, func(t *testing.T) {
			api := &fakeAPI{script: []http.HandlerFunc{lists(test.count, test.size)}}
			gathered := 0
			enough := func(page []json.RawMessage) bool {
				gathered += len(page)
				return test.most > 0 && gathered >= test.most
			}
			resp, err := api.onLoopback(t).All(t.Context(), aRead(), "webhooks", enough)
			if err != nil {
				t.Fatal(err)
			}
			var got struct {
				TotalSize     int
				NextPageToken *string
				Unknown       json.Number
				Webhooks      []struct{ ID int }
			}
			if err := json.Unmarshal(resp.Body, &got); err != nil {
				t.Fatal(err)
			}
			next := ""
			if got.NextPageToken != nil {
				next = *got.NextPageToken
			}
			if len(got.Webhooks) != test.items || next != test.next || len(api.seen()) != test.requests {
				t.Errorf("%d items, next %q, %d requests", len(got.Webhooks), next, len(api.seen()))
			}
			for i, item := range got.Webhooks {
				if item.ID != i {
					t.Fatalf("item %d is %d", i, item.ID)
				}
			}
			if got.TotalSize != test.count || got.Unknown != "1.50" || resp.Status != 200 || resp.Date.IsZero() {
				t.Errorf("fields are lost: %s", resp.Body)
			}
			if (got.NextPageToken != nil) != (test.next != "") {
				t.Errorf("a complete list has a nextPageToken")
			}
		})
	}
}

func TestAllFromAPage(t *testing.T) {
	api := &fakeAPI{script: []http.HandlerFunc{lists(12, 5)}}
	r := aRead()
	r.Query = query("pageToken", "from 5", "pageSize", "5")
	resp, err := api.onLoopback(t).All(t.Context(), r, "webhooks", nil)
	if err != nil || !strings.Contains(string(resp.Body), `[{"id":5}`) {
		t.Errorf("%v, %v", resp, err)
	}
	if got := r.Query.Encode(); got != "pageSize=5&pageToken=from+5" {
		t.Errorf("the caller's query became %s", got)
	}
	for _, seen := range api.seen() {
		if !strings.Contains(seen.uri, "pageSize=5") {
			t.Errorf("%s has lost the page's size", seen.uri)
		}
	}
}

func TestAllErrors(t *testing.T) {
	for _, test := range []struct {
		name     string
		script   []http.HandlerFunc
		code     string // of the error
		requests int
	}{
		{"a token for ever", []http.HandlerFunc{says(200, `{"webhooks":[1],"nextPageToken":"x"}`)}, errorcode.UnexpectedAnswer, 2},
		{"two tokens in turns", []http.HandlerFunc{
			says(200, `{"nextPageToken":"x"}`), says(200, `{"nextPageToken":"y"}`), says(200, `{"nextPageToken":"x"}`),
		}, errorcode.UnexpectedAnswer, 3},
		{"a page that fails", []http.HandlerFunc{says(200, `{"webhooks":[1],"nextPageToken":"x"}`), fails(400, "invalid_page_token")}, "invalid_page_token", 2},
		{"no list", []http.HandlerFunc{says(200, `{"webhooks":{}}`)}, errorcode.UnexpectedAnswer, 1},
		{"no object", []http.HandlerFunc{says(200, `[]`)}, errorcode.UnexpectedAnswer, 1},
		{"null", []http.HandlerFunc{says(200, `null`)}, errorcode.UnexpectedAnswer, 1},
		{"nothing", []http.HandlerFunc{says(204, ``)}, errorcode.UnexpectedAnswer, 1},
		{"a token that is not a string", []http.HandlerFunc{says(200, `{"nextPageToken":7}`)}, errorcode.UnexpectedAnswer, 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			api := &fakeAPI{script: test.script}
			_, err := api.onLoopback(t).All(t.Context(), aRead(), "webhooks", nil)
			if e := failureOf(t, err); e.Code != test.code || len(api.seen()) != test.requests {
				t.Errorf("%v after %d requests", e, len(api.seen()))
			}
		})
	}

	for name, script := range map[string]string{"an empty token": `""`, "null for a token": `null`} {
		t.Run(name+" is the end", func(t *testing.T) {
			api := &fakeAPI{script: []http.HandlerFunc{says(200, `{"webhooks":null,"nextPageToken":`+script+`}`)}}
			resp, err := api.onLoopback(t).All(t.Context(), aRead(), "webhooks", nil)
			if err != nil || string(resp.Body) != `{"webhooks":[]}` {
				t.Errorf("%v, %v", resp, err)
			}
		})
	}
}

// Empty pages with new tokens do not continue without end.
func TestAllIsLimited(t *testing.T) {
	n := 0
	api := &fakeAPI{script: []http.HandlerFunc{func(w http.ResponseWriter, r *http.Request) {
		n++
		says(200, fmt.Sprintf(`{"webhooks":[],"nextPageToken":"%d"}`, n))(w, r)
	}}}
	resp, err := api.onLoopback(t).All(t.Context(), aRead(), "webhooks", nil)
	if err != nil || len(api.seen()) != maxPages || !strings.Contains(string(resp.Body), `"nextPageToken":"1000"`) {
		t.Errorf("%v, %v after %d requests", resp, err, len(api.seen()))
	}
}
