package tools

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/tokentest"
)

// manyTemplates is an API with many templates, whose pages are as large as a call asks
// for.
func manyTemplates(count int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		from, _ := strconv.Atoi(r.URL.Query().Get("pageToken"))
		size, err := strconv.Atoi(r.URL.Query().Get("pageSize"))
		if err != nil {
			size = 20
		}
		items := []any{}
		for i := from; i < min(from+size, count); i++ {
			items = append(items, map[string]any{
				"name": fmt.Sprintf("order_shipped_%d", i), "language": "EN", "category": "UTILITY", "state": "APPROVED", "qualityScore": "QUALITY_SCORE_GREEN",
				"details": map[string]any{"components": []any{map[string]any{"type": "BODY", "text": strings.Repeat("Your order is on its way. ", 8)}}},
			})
		}
		page := map[string]any{"templates": items, "totalSize": count}
		if from+size < count {
			page["nextPageToken"] = strconv.Itoa(from + size)
		}
		answerJSON(http.StatusOK, page)(w, r)
	}
}

// A call with all reads pages of 50, and stops before the list is too much to read. What
// is left out follows by the page token.
func TestAllStopsAtTheEndOfAPage(t *testing.T) {
	for _, tt := range []struct {
		name      string
		count     int
		max       int
		args      map[string]any
		min, most int // items
	}{
		{"a list that fits", 120, 0, nil, 120, 120},
		{"a long list", 900, 0, nil, 150, 350},
		{"fewer tokens", 900, 2000, nil, 50, 100},
		{"at least a page", 900, 1, nil, 50, 50},
		{"more tokens", 900, 1 << 20, nil, 900, 900},
		{"one column", 900, 0, map[string]any{"fields": []string{"name"}}, 400, 850},
		{"the answer as it is", 900, 0, map[string]any{"detail": "full"}, 50, 100},
		{"never more than a thousand", 3000, 1 << 20, nil, 1000, 1000},
	} {
		t.Run(tt.name, func(t *testing.T) {
			set, api := newSet(t, manyTemplates(tt.count), nil)
			set.opts.MaxResultTokens = tt.max
			args := jsonvalue.With(tt.args, "all", true)
			out := do(t, set, "whatsapp_template_list", args)
			r := result(t, out)
			items := len(jsonvalue.List(r, "data.rows")) + len(jsonvalue.List(r, "data.templates"))
			if items < tt.min || items > tt.most || items%50 != 0 && items != tt.count {
				t.Errorf("%d items, want %d to %d", items, tt.min, tt.most)
			}
			if size := api.last().query["pageSize"]; len(size) != 1 || size[0] != "50" {
				t.Errorf("pages of %s", size)
			}
			stopped := items < tt.count
			warned := strings.Contains(string(encode(r["warnings"])), fmt.Sprintf("stopped after %d items", items))
			if (jsonvalue.Text(r, "nextPageToken") == strconv.Itoa(items)) != stopped || warned != stopped {
				t.Errorf("%d items: token %v, warnings %s", items, r["nextPageToken"], encode(r["warnings"]))
			}
			if max := DefaultMaxTokens; tt.max == 0 && tokentest.Count(string(encode(out.Structured))) > max*5/4 {
				t.Errorf("the result has %d tokens", tokentest.Count(string(encode(out.Structured))))
			}
		})
	}
}

// Nothing is lost or shown twice between the answers, and a page size that the caller
// gives is kept.
func TestAllContinuesWhereItStopped(t *testing.T) {
	set, api := newSet(t, manyTemplates(777), nil)
	seen, args := map[string]bool{}, map[string]any{"all": true, "pageSize": 40}
	calls := 0
	for {
		calls++
		r := result(t, do(t, set, "whatsapp_template_list", args))
		if size := api.last().query["pageSize"]; len(size) != 1 || size[0] != "40" {
			t.Fatalf("pages of %s", size)
		}
		for _, record := range records(t, r) {
			name := record["templateName"].(string)
			if seen[name] {
				t.Fatalf("%s is shown twice", name)
			}
			seen[name] = true
		}
		token := jsonvalue.Text(r, "nextPageToken")
		if token == "" {
			break
		}
		args = jsonvalue.With(args, "pageToken", token)
	}
	if len(seen) != 777 || calls < 3 {
		t.Errorf("%d templates in %d calls", len(seen), calls)
	}
}

// No list is asked for larger pages than its API allows.
func TestAllAsksForPagesThatTheAPIAllows(t *testing.T) {
	for tool, want := range map[string]string{"webhook_list": "15", "bundle_list": "25", "whatsapp_sender_list": "50", "rcs_sender_list": "50"} {
		row := catalog.Lookup(tool)
		set, api := newSet(t, answerJSON(http.StatusOK, map[string]any{row.List(): []any{}}), nil)
		result(t, do(t, set, tool, map[string]any{"all": true}))
		if size := api.last().query["pageSize"]; len(size) != 1 || size[0] != want {
			t.Errorf("%s: pages of %s, want %s", tool, size, want)
		}
	}
}
