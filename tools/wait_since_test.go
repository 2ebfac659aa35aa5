package tools

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A settled thing whose answer has no times has its since from its history, where that
// shows when its state came; a few of many are asked.
func TestSinceWhenAStateHolds(t *testing.T) {
	began := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	entry := func(kind string, minute int) any {
		return object{"type": kind, "created": stamp(began.Add(time.Duration(minute) * time.Minute)), "author": "Meta"}
	}
	for name, tt := range map[string]struct {
		state   string
		entries []any // the newest first
		want    any
	}{
		"its entry":                     {"APPROVED", []any{entry("APPROVED", 3), entry("IN_PROGRESS", 2), entry("CREATED", 1)}, "2026-01-05T09:03:00Z"},
		"a comment and an edit later":   {"REJECTED", []any{entry("COMMENT_ADDED", 9), entry("EDITED", 8), entry("REJECTED", 3)}, "2026-01-05T09:03:00Z"},
		"another state later":           {"APPROVED", []any{entry("PAUSED", 9), entry("APPROVED", 3)}, nil},
		"nothing of it":                 {"APPROVED", []any{entry("EDITED", 8)}, nil},
		"it waits: what came last":      {"PENDING", []any{entry("COMMENT_ADDED", 9), entry("EDITED", 8)}, "2026-01-05T09:08:00Z"},
		"no history":                    {"APPROVED", nil, nil},
		"a time that can't be read":     {"APPROVED", []any{object{"type": "APPROVED", "created": "yesterday"}}, nil},
		"an entry that is not an entry": {"APPROVED", []any{"APPROVED"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				set, _ := newChangingSet(t, func(_ time.Duration, path string) apiAnswer {
					switch {
					case !strings.HasSuffix(path, "/activities"):
						return apiAnswer{thing: object{"name": "offer", "language": "EN", "state": tt.state}, date: began.Add(time.Hour)}
					case tt.entries == nil:
						return apiAnswer{status: http.StatusServiceUnavailable}
					}
					return apiAnswer{thing: object{"notifications": tt.entries}}
				}, nil)
				r := waitOn(t, set, object{"timeoutSeconds": 1}, aTemplate("offer"))
				if got := records(t, r)[0]["since"]; got != tt.want {
					t.Errorf("since %v, want %v: %s", got, tt.want, encode(r))
				}
			})
		})
	}
}

// Of many settled things only some histories are read, and none when the server stops.
func TestFewHistoriesAreRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		histories := 0
		set, api := newChangingSet(t, func(_ time.Duration, path string) apiAnswer {
			if strings.HasSuffix(path, "/activities") {
				return apiAnswer{hangs: true}
			}
			return apiAnswer{thing: object{"state": "APPROVED"}}
		}, nil)
		var all []any
		for i := range 20 {
			all = append(all, aTemplate("offer_"+string(rune('a'+i))))
		}
		if took := lasted(func() { waitOn(t, set, nil, all...) }); took != historyTimeout.Seconds() {
			t.Errorf("it took %v s", took)
		}
		if histories = api.count() - 20; histories != maxHistories {
			t.Errorf("%d histories", histories)
		}
		stopping := make(chan struct{})
		time.AfterFunc(time.Second, func() { close(stopping) })
		if took := lasted(func() {
			waitAs(t.Context(), t, set, Caller{Principal: "test", Stopping: stopping}, object{"until": "changed"}, aTemplate("offer"))
		}); took != 1 {
			t.Errorf("a server that stops waits for a history: %v s", took)
		}
	})
}
