package mcpevents

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"papi-mcp/internal/store"
)

// fill adds occurrences to the log: of templates a and b in turn.
func (s *served) fill(n int) {
	s.t.Helper()
	for i := range n {
		name := []string{"a", "b"}[i%2]
		r := &record{
			EventID: fmt.Sprintf("evt_%d", i), Name: templates, Project: project, Timestamp: time.Now(),
			IDs: map[string]string{"templateName": name, "languageCode": "EN"}, Data: []byte(fmt.Sprintf(`{"text":"%s%d"}`, name, i)),
		}
		if err := s.add(s.t.Context(), "", r); err != nil {
			s.t.Fatal(err)
		}
	}
}

// Without a cursor nothing is repeated; with one, what came after it, in parts as large
// as is asked for, and each part continues where the last one ended.
func TestCursor(t *testing.T) {
	s := serve(t, newWorld("a", "b"), store.NewMemory())
	s.fill(4)
	start := s.poll(t.Context(), templates, `{}`, map[string]any{"cursor": nil})
	if len(start.Events) > 0 || start.Truncated || start.HasMore || start.Cursor == "" || start.NextPollMs < 1000 {
		t.Errorf("from now: %+v", start)
	}
	s.fill(4) // which it has: their ids are known
	if again := s.poll(t.Context(), templates, `{}`, map[string]any{"cursor": start.Cursor}); len(again.Events) > 0 || again.Cursor != start.Cursor {
		t.Errorf("nothing occurred: %+v", again)
	}

	id, err := s.logID(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	cursor := formatCursor(id, 0)
	for range 3 {
		page := s.poll(t.Context(), templates, `{"templateName":"a"}`, map[string]any{"cursor": cursor, "maxEvents": 1})
		got = append(got, texts(page.Events)...)
		if page.Truncated {
			t.Error("something is said to be missing")
		}
		if cursor = page.Cursor; !page.HasMore {
			break
		}
	}
	if !slices.Equal(got, []string{"a0", "a2"}) {
		t.Errorf("in parts: %q", got)
	}
	if last := s.poll(t.Context(), templates, `{"templateName":"a"}`, map[string]any{"cursor": cursor}); len(last.Events) > 0 || last.HasMore || last.Cursor != start.Cursor {
		t.Errorf("at the end: %+v", last)
	}
}

// A cursor that is none of the log, or of one that was lost, gives an answer: the client is
// informed that something may be missing, and where it continues.
func TestCursorThatIsNoneOfTheLog(t *testing.T) {
	other := serve(t, newWorld("a"), store.NewMemory())
	other.fill(2)
	foreign := other.poll(t.Context(), templates, `{}`, nil).Cursor
	s := serve(t, newWorld("a"), store.NewMemory())
	s.fill(3)
	now := s.poll(t.Context(), templates, `{}`, nil).Cursor
	id, err := s.logID(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	for _, cursor := range []string{foreign, "x", "?", formatCursor(id, 99), formatCursor(id, -1), "AAAA"} {
		page := s.poll(t.Context(), templates, `{}`, map[string]any{"cursor": cursor})
		if !page.Truncated || page.Cursor != now || len(page.Events) > 0 || page.HasMore {
			t.Errorf("%q: %+v", cursor, page)
		}
	}
}

// What is not kept any more, or older than the client wants, is missing, and that is said.
func TestWhatIsMissing(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	s := serve(t, newWorld("a", "b"), store.NewMemoryAt(func() time.Time { return at }), func(o *Options) { o.Now = func() time.Time { return at } })
	s.fill(2)
	id, err := s.logID(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	beginning := formatCursor(id, 0)
	at = at.Add(time.Hour)
	r := &record{EventID: "late", Name: templates, Project: project, IDs: map[string]string{"templateName": "a", "languageCode": "EN"}, Data: []byte(`{"text":"late"}`)}
	if err := s.add(t.Context(), "", r); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, arguments string
		more            map[string]any
		want            []string
		truncated       bool
	}{
		{"all", `{}`, nil, []string{"a0", "b1", "late"}, false},
		{"older ones, of which none is of interest", `{"states":["PAUSED"]}`, map[string]any{"maxAgeMs": 60_000}, []string{}, false},
		{"the last minute", `{}`, map[string]any{"maxAgeMs": 60_000}, []string{"late"}, true},
		{"two hours", `{}`, map[string]any{"maxAgeMs": 7_200_000}, []string{"a0", "b1", "late"}, false},
	} {
		more := map[string]any{"cursor": beginning}
		for name, value := range tt.more {
			more[name] = value
		}
		page := s.poll(t.Context(), templates, tt.arguments, more)
		if got := texts(page.Events); !slices.Equal(got, tt.want) || page.Truncated != tt.truncated {
			t.Errorf("%s: %q, truncated %v", tt.name, got, page.Truncated)
		}
	}
	at = at.Add(retention - time.Minute) // the first ones expire
	page := s.poll(t.Context(), templates, `{}`, map[string]any{"cursor": beginning})
	if got := texts(page.Events); !slices.Equal(got, []string{"late"}) || !page.Truncated {
		t.Errorf("after a month: %q, truncated %v", got, page.Truncated)
	}
	at = at.Add(2 * time.Hour) // and the last one
	if page = s.poll(t.Context(), templates, `{}`, map[string]any{"cursor": beginning}); len(page.Events) > 0 || !page.Truncated || page.HasMore {
		t.Errorf("later: %+v", page)
	}
}

// One answer looks at so much of a log alone; the next one continues.
func TestALongLogIsReadInParts(t *testing.T) {
	s := serve(t, newWorld("a", "b"), store.NewMemory())
	s.fill(maxScan + 10)
	id, err := s.logID(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	page := s.poll(t.Context(), templates, `{"states":["PAUSED"]}`, map[string]any{"cursor": formatCursor(id, 0)})
	if len(page.Events) > 0 || !page.HasMore || page.Cursor != formatCursor(id, maxScan) {
		t.Errorf("the first part: %+v", page)
	}
	page = s.poll(t.Context(), templates, `{"states":["PAUSED"]}`, map[string]any{"cursor": page.Cursor})
	if page.HasMore || page.Cursor != formatCursor(id, maxScan+10) {
		t.Errorf("the second part: %+v", page)
	}
}

// A tenant sees nothing of another one, and its cursor is none of the other's.
func TestTenantsHaveTheirOwnLogs(t *testing.T) {
	s := serve(t, newWorld("a", "b"), store.NewMemory())
	s.fill(2)
	cursor := s.poll(t.Context(), templates, `{}`, nil).Cursor
	s.caller.Tenant = "other"
	page := s.poll(t.Context(), templates, `{}`, map[string]any{"cursor": cursor})
	if len(page.Events) > 0 || !page.Truncated {
		t.Errorf("got %+v", page)
	}
	if place("a/b") == place("a")+"b/" || place("") == place("-") {
		t.Error("two tenants share names in the store")
	}
}
