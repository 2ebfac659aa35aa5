package tools

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// followSender follows a sender, and collects what is reported.
func followSender(ctx context.Context, t *testing.T, s *Set, what Follow) (end Followed, lines []string) {
	t.Helper()
	what.Tool = "whatsapp_sender_get"
	if what.Args == nil {
		what.Args = encode(object{"senderId": "S"})
	}
	what.Saw = func(c Change) {
		lines = append(lines, fmt.Sprintf("%s %s -> %s %s", strings.Join(c.Names, " "), c.Before, c.After, c.Reason))
	}
	what.Failed = func(err error) { lines = append(lines, "failed "+err.Error()) }
	return s.Follow(ctx, Caller{Principal: "test"}, what), lines
}

// Each change is reported, and the result is that of the reading tool, of the answer that
// ended it.
func TestFollowReportsEachChange(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, api := newChangingSet(t, func(at time.Duration, _ string) apiAnswer {
			switch {
			case at < 3*time.Second:
				return apiAnswer{thing: inState("IN_PROGRESS")}
			case at < 12*time.Second:
				return apiAnswer{thing: jsonvalue.With(inState("ACTIVE"), "changes", object{"status": "IN_PROGRESS"})}
			}
			return apiAnswer{thing: inState("ACTIVE")}
		}, nil)
		end, lines := followSender(t.Context(), t, s, Follow{})
		want := []string{"S  -> IN_PROGRESS ", "S IN_PROGRESS -> changes.status=IN_PROGRESS ", "S changes.status=IN_PROGRESS -> ACTIVE "}
		if !slices.Equal(lines, want) {
			t.Errorf("got %q", lines)
		}
		r := result(t, end.Outcome)
		if !end.Settled || !end.Changed || end.Class != catalog.Success || r["state"] != "ACTIVE" || r["settled"] != true || jsonvalue.Text(r, "ids.senderId") != "S" {
			t.Errorf("%+v %v", end, r)
		}
		before := api.count()
		time.Sleep(time.Hour)
		if api.count() != before {
			t.Error("it is read after the end")
		}
	})
}

func TestHowFollowingEnds(t *testing.T) {
	active, verification := inState("ACTIVE"), inState("PENDING_VERIFICATION")
	for name, tt := range map[string]struct {
		answer  func(time.Duration, string) apiAnswer
		what    Follow
		settled bool
		changed bool
		class   catalog.Class
		after   time.Duration // at most; it is at most a minute
	}{
		"it has settled before":        {became(active, 0, active), Follow{}, true, false, catalog.Success, 0},
		"a person is needed":           {became(inState("IN_PROGRESS"), time.Second, verification), Follow{}, true, true, catalog.ActionRequired, 3 * time.Second},
		"it failed":                    {became(inState("IN_PROGRESS"), time.Second, inState("ERROR")), Follow{}, true, true, catalog.Failure, 3 * time.Second},
		"in time it does not":          {became(inState("IN_PROGRESS"), time.Hour, active), Follow{}, false, false, catalog.Pending, time.Minute},
		"a change before the end":      {became(inState("IN_PROGRESS"), 50*time.Second, active), Follow{}, true, true, catalog.Success, time.Minute},
		"another state than the ends":  {became(verification, 20*time.Second, active), Follow{States: []string{"ACTIVE"}}, true, true, catalog.Success, time.Minute},
		"a failure is always an end":   {became(verification, time.Second, inState("ERROR")), Follow{States: []string{"ACTIVE"}}, true, true, catalog.Failure, 3 * time.Second},
		"the first change":             {became(verification, time.Second, inState("IN_PROGRESS")), Follow{UntilChanged: true}, false, true, catalog.Pending, 3 * time.Second},
		"no change of what is settled": {became(active, time.Hour, active), Follow{UntilChanged: true}, true, false, catalog.Success, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, _ := newChangingSet(t, tt.answer, nil)
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				began := time.Now()
				end, lines := followSender(ctx, t, s, tt.what)
				if end.Settled != tt.settled || end.Changed != tt.changed || end.Class != tt.class || time.Since(began) > tt.after {
					t.Errorf("settled %v, changed %v, class %v after %v; %q", end.Settled, end.Changed, end.Class, time.Since(began), lines)
				}
				if r := result(t, end.Outcome); r["settled"] != tt.settled {
					t.Errorf("%v", r)
				}
			})
		})
	}
}

// An error that can pass is reported, and one that does not ends it.
func TestErrorsWhileFollowing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := newChangingSet(t, func(at time.Duration, _ string) apiAnswer {
			switch {
			case at < time.Second:
				return apiAnswer{thing: inState("IN_PROGRESS")}
			case at < 5*time.Second:
				return apiAnswer{status: http.StatusServiceUnavailable}
			case at < 10*time.Second:
				return apiAnswer{thing: inState("IN_PROGRESS")}
			}
			return apiAnswer{status: http.StatusNotFound, thing: object{"errorCode": "sender_not_found"}}
		}, nil)
		end, lines := followSender(t.Context(), t, s, Follow{})
		if len(lines) != 2 || !strings.HasPrefix(lines[1], "failed 503 ") {
			t.Errorf("got %q", lines)
		}
		if e, ok := end.Outcome.Structured.(*Error); !ok || e.Status != http.StatusNotFound || len(e.Next) == 0 {
			t.Errorf("got %+v", end.Outcome.Structured)
		}
	})
}

// Without a single answer the last error is what there is; with one, the result has it.
func TestErrorsUntilTheTimeIsOver(t *testing.T) {
	for name, tt := range map[string]struct {
		answer func(at time.Duration, path string) apiAnswer
		want   string // a code, or a state
	}{
		"of each read": {func(time.Duration, string) apiAnswer {
			return apiAnswer{status: http.StatusTooManyRequests, thing: object{"errorCode": "too_many_requests"}, retryAfter: "20"}
		}, "too_many_requests"},
		"no answer": {func(time.Duration, string) apiAnswer { return apiAnswer{hangs: true} }, errorcode.Timeout},
		"after a read": {func(at time.Duration, _ string) apiAnswer {
			if at == 0 {
				return apiAnswer{thing: inState("IN_PROGRESS")}
			}
			return apiAnswer{status: http.StatusServiceUnavailable}
		}, "IN_PROGRESS"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s, api := newChangingSet(t, tt.answer, nil)
				ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
				defer cancel()
				end, _ := followSender(ctx, t, s, Follow{})
				got := ""
				switch o := end.Outcome.Structured.(type) {
				case *Error:
					got = o.Code
				case *Result:
					got = o.State
				}
				if got != tt.want || end.Settled {
					t.Errorf("got %s: %+v", got, end)
				}
				if api.count() > 6 {
					t.Errorf("%d requests", api.count())
				}
			})
		})
	}
}

// What a call would refuse is refused before a read.
func TestFollowRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		tool string
		args any
		edit func(*Options, *guard.Options)
		code string
	}{
		"a secret":            {"whatsapp_sender_get", object{"senderId": "S", "reveal": true}, nil, errorcode.InvalidArguments},
		"wrong arguments":     {"whatsapp_sender_get", object{"sender": "S"}, nil, errorcode.InvalidArguments},
		"no object":           {"whatsapp_sender_get", []any{}, nil, errorcode.InvalidArguments},
		"another project":     {"whatsapp_sender_get", object{"senderId": "S", "projectId": "other"}, func(_ *Options, g *guard.Options) { g.Projects = []string{project} }, errorcode.ProjectNotAllowed},
		"a tool of no thing":  {"webhook_list", object{}, nil, errorcode.UnknownTool},
		"a placeholder":       {"whatsapp_sender_get", object{"senderId": "S"}, func(o *Options, _ *guard.Options) { o.Unfilled = []string{"SINCH_KEY_ID"} }, errorcode.ConfigurationUnfilled},
		"a tool with no name": {"", object{}, nil, errorcode.UnknownTool},
	} {
		t.Run(name, func(t *testing.T) {
			s, api := newChangingSet(t, became(inState("ACTIVE"), 0, inState("ACTIVE")), tt.edit)
			end := s.Follow(t.Context(), Caller{Principal: "test"}, Follow{Tool: tt.tool, Args: encode(tt.args)})
			if e, ok := end.Outcome.Structured.(*Error); !ok || e.Code != tt.code || api.count() > 0 {
				t.Errorf("%d requests, %+v", api.count(), end.Outcome.Structured)
			}
		})
	}
}

// What the API writes is fit to be read on a terminal.
func TestFollowedTextsArePrintable(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := newChangingSet(t, func(time.Duration, string) apiAnswer { return apiAnswer{thing: inState("SUSPENDED\x1b[2J\u202e")} }, nil)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, lines := followSender(ctx, t, s, Follow{})
		if len(lines) != 1 || lines[0] != papi.Printable(lines[0]) {
			t.Errorf("got %q", lines)
		}
	})
}
