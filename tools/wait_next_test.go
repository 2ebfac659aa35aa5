package tools

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/tokentest"
)

// rcsSince is an RCS sender that has been in a state since a time.
func rcsSince(state string, since time.Time) map[string]any {
	return map[string]any{"id": "S", "state": state, "modified": stamp(since)}
}

func anRCSSender(states ...string) map[string]any {
	return waitItem("rcs_sender_get", map[string]any{"senderId": "S"}, states...)
}

// dos are what the steps of a result say, and the tools that they call.
func dos(r map[string]any) (dos, tools []string) {
	for _, step := range jsonvalue.Objects(r, "next") {
		dos, tools = append(dos, jsonvalue.Text(step, "do")), append(tools, jsonvalue.Text(step, "tool"))
	}
	return dos, tools
}

// What ends soon is waited for again; what takes hours or days is read later; what is
// overdue is for Sinch support.
func TestNextAfterAWait(t *testing.T) {
	const day = 24 * time.Hour
	for name, tt := range map[string]struct {
		item, thing func(now time.Time) map[string]any
		speed       float64
		do, tool    string
		usually     string // "": any
	}{
		"minutes": {thing: func(now time.Time) map[string]any { return rcsSince("IN_PROGRESS", now) },
			do: "wait again, with this cursor", tool: "wait"},
		"minutes, since an unknown time": {thing: func(time.Time) map[string]any { return rcsSince("IN_PROGRESS", time.Time{}) },
			do: "wait again, with this cursor", tool: "wait", usually: "minutes (after 1 day ask Sinch support)"},
		"minutes, for 10 hours": {thing: func(now time.Time) map[string]any { return rcsSince("IN_PROGRESS", now.Add(-10*time.Hour)) },
			do: "come back in 2 hours: IN_PROGRESS usually takes minutes", tool: "rcs_sender_get"},
		"days": {thing: func(now time.Time) map[string]any { return rcsSince("LAUNCHING", now) },
			do: "come back tomorrow: LAUNCHING usually takes days", tool: "rcs_sender_get"},
		"days, in a fast sandbox": {thing: func(now time.Time) map[string]any { return rcsSince("LAUNCHING", now) }, speed: 3600,
			do: "wait again, with this cursor", tool: "wait"},
		"overdue": {thing: func(now time.Time) map[string]any { return rcsSince("IN_PROGRESS", now.Add(-9*day)) },
			do: "overdue: IN_PROGRESS for 9 days, usually minutes: ask Sinch support, with this id: S"},
		"unknown": {thing: func(now time.Time) map[string]any { return rcsSince("NEW_STATE", now) },
			do: "come back in ten minutes: unknown state NEW_STATE; if it stays, ask Sinch support", tool: "rcs_sender_get"},
		"a code": {item: func(time.Time) map[string]any { return aSender("S") }, thing: func(time.Time) map[string]any { return inState("PENDING_VERIFICATION") },
			do: "have a code sent by SMS or VOICE", tool: "whatsapp_sender_register"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				thing, item := tt.thing(time.Now()), anRCSSender()
				if tt.item != nil {
					item = tt.item(time.Now())
				}
				set, _ := newChangingSet(t, became(thing, 0, thing), func(o *Options, _ *guard.Options) { o.Speed = tt.speed })
				r := waitOn(t, set, map[string]any{"timeoutSeconds": 10}, item)
				do, tools := dos(r)
				if len(do) == 0 || do[0] != tt.do || tools[0] != tt.tool {
					t.Errorf("next %s", encode(r["next"]))
				}
				if tt.tool != toolWait && slices.Contains(tools, toolWait) {
					t.Errorf("it should wait again: %s", encode(r["next"]))
				}
				if usually := records(t, r)[0]["usually"]; tt.usually != "" && usually != tt.usually {
					t.Errorf("usually %v", usually)
				}
				if reason, _ := records(t, r)[0]["reason"].(string); strings.Contains(reason, "overdue") != (name == "overdue") {
					t.Errorf("reason %q", reason)
				}
			})
		})
	}
}

// Of several things those come first that need a call or a person; whether to wait again
// is always said.
func TestNextAfterAWaitForMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set, _ := newChangingSet(t, func(_ time.Duration, path string) apiAnswer {
			id := path[strings.LastIndex(path, "/")+1:]
			return apiAnswer{thing: map[string]any{"id": id, "state": map[string]string{"A": "ACTIVE", "B": "PENDING_VERIFICATION", "C": "INACTIVE", "D": "IN_PROGRESS"}[id]}}
		}, nil)
		r := waitOn(t, set, map[string]any{"timeoutSeconds": 2}, aSender("A"), aSender("B"), aSender("C"), aSender("D"))
		do, tools := dos(r)
		if len(do) != 3 || tools[0] != "whatsapp_sender_register" || do[2] != "wait again for the one that still waits, with this cursor" {
			t.Errorf("next %s", encode(r["next"]))
		}
		if args := jsonvalue.Objects(r, "next")[0]["args"]; jsonvalue.Text(args, "senderId") != "B" {
			t.Errorf("next %s", encode(r["next"]))
		}
	})
}

// A thing that can't be read any more leads to where it can be found.
func TestNextAfterAThingHasGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set, _ := newChangingSet(t, func(time.Duration, string) apiAnswer {
			return apiAnswer{status: 404, thing: map[string]any{"errorCode": "sender_not_found", "message": "There is no such sender."}}
		}, nil)
		r := waitOn(t, set, nil, aSender("S"))
		if _, tools := dos(r); !slices.Contains(tools, "whatsapp_sender_list") || r["settled"] != true || r["cursor"] != nil {
			t.Errorf("got %s", encode(r))
		}
	})
}

// The clock of the API decides how long something has waited, whatever the time is here.
func TestAWaitGoesByTheClockOfTheAPI(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		there := time.Now().Add(-30 * 24 * time.Hour)
		set, _ := newChangingSet(t, func(at time.Duration, _ string) apiAnswer {
			return apiAnswer{thing: rcsSince("IN_PROGRESS", there.Add(-2*time.Minute)), date: there.Add(at)}
		}, nil)
		r := waitOn(t, set, map[string]any{"timeoutSeconds": 10}, anRCSSender())
		row := records(t, r)[0]
		if now := jsonvalue.Text(r, "now"); now < stamp(there) || now > stamp(there.Add(10*time.Second)) || row["since"] != stamp(there.Add(-2*time.Minute)) || row["usually"] != "minutes" {
			t.Errorf("got %s", encode(r))
		}
		if do, _ := dos(r); do[0] != "wait again, with this cursor" {
			t.Errorf("next %s", encode(r["next"]))
		}
	})
}

// Each read and each write of a thing that waits says now, since when, and how long it
// usually takes.
func TestTheUsualTimeIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		for speed, usually := range map[float64]string{0: "days", 1: "days", 60: "minutes", 100_000: "seconds"} {
			set, _ := newChangingSet(t, func(at time.Duration, _ string) apiAnswer {
				return apiAnswer{thing: rcsSince("LAUNCHING", now.Add(-time.Hour)), date: now}
			}, func(o *Options, _ *guard.Options) { o.Speed = speed })
			for _, tool := range []string{"rcs_sender_get", "rcs_sender_launch"} {
				r := result(t, do(t, set, tool, map[string]any{"senderId": "S"}))
				if r["usually"] != usually || r["since"] != stamp(now.Add(-time.Hour)) || r["now"] != stamp(now) {
					t.Errorf("%s at %v: %s", tool, speed, encode(r))
				}
			}
		}
	})
}

// What is overdue is said in the same words by a read, a list, the overview and a wait.
func TestOverdueEverywhere(t *testing.T) {
	g := newGraph(t)
	thing := thingOf(t, "rcs_sender")
	g.become(func(p map[string]any) { thing.edit(p, "IN_PROGRESS", "") })
	g.box.Advance(9 * 24 * time.Hour)
	const want = "overdue: IN_PROGRESS for 9 days, usually minutes: ask Sinch support, with this id"
	id := thing.read.Args["senderId"]
	for tool, c := range map[string]struct {
		args any
		more string
	}{
		"rcs_sender_get":   {thing.read.Args, ", project "},
		"rcs_sender_list":  {nil, fmt.Sprintf(": %s", id)},
		"project_overview": {nil, fmt.Sprintf(": %s", id)},
		"wait":             {map[string]any{"for": []any{waitItem("rcs_sender_get", thing.read.Args)}, "timeoutSeconds": 1}, fmt.Sprintf(": %s", id)},
	} {
		if got := steps(t, do(t, g.set, tool, c.args)); !strings.Contains(got, want+c.more) {
			t.Errorf("%s says %s", tool, got)
		}
	}
}

// The step after a write waits for the end of what it began, with the ids of the thing
// and the states that are the end.
func TestStepsThatWait(t *testing.T) {
	const id = "1f8c8dc5-4a76-4f7e-b602-b4eb9195c4ec"
	for _, tt := range []struct {
		tool, thing string
		answer      map[string]any
		want        string
	}{
		{"whatsapp_sender_update", id, map[string]any{"id": id, "state": "ACTIVE", "changes": map[string]any{"status": "IN_PROGRESS"}},
			`{"do":"wait","tool":"wait","args":{"for":[{"args":{"senderId":"` + id + `"},"tool":"whatsapp_sender_get"}]}}`},
		{"whatsapp_sender_update", "01S", map[string]any{"id": "01S", "state": "ACTIVE", "changes": map[string]any{"status": "IN_PROGRESS"}},
			`{"do":"wait: the change is under way","tool":"wait","args":{"for":[{"args":{"senderId":"01S"},"tool":"whatsapp_sender_get"}]}}`},
		{"rcs_sender_create", "01S", map[string]any{"id": "01S", "state": "IN_PROGRESS", "modified": "2026-01-05T09:00:00Z"},
			`{"do":"wait: the sender is being set up","tool":"wait","args":{"for":[{"args":{"senderId":"01S"},"tool":"rcs_sender_get"}]}}`},
	} {
		r := resultOf(catalog.Lookup(tt.tool), project, &call{args: map[string]any{"senderId": tt.thing}, now: time.Date(2026, 1, 5, 9, 1, 0, 0, time.UTC)}, tt.answer)
		bound(Outcome{Structured: r})
		if got := string(encode(r.Next[0])); got != tt.want {
			t.Errorf("%s: %s", tt.tool, got)
		}
	}
}

// IN_TEST ends the creation of a sender, and not its launch. Launches take days, so the
// sandbox's clock runs.
func TestALaunchIsWaitedForToItsEnd(t *testing.T) {
	for _, tt := range []struct{ id, want string }{
		{"01S", `{"do":"wait: each operator decides for itself","tool":"wait","args":{"for":[{"args":{"senderId":"01S"},"state":["LAUNCHED"],"tool":"rcs_sender_get"}]}}`},
		{strings.Repeat("1f8c8dc5-4a76-4f7e-b602-b4eb9195c4ec", 2), `{"do":"wait","tool":"wait","args":{"for":[{"state":["LAUNCHED"],"tool":"rcs_sender_get"}]},"needs":["for[0].args.senderId"]}`},
	} {
		now := time.Date(2026, 1, 5, 9, 1, 0, 0, time.UTC)
		r := resultOf(catalog.Lookup("rcs_sender_launch"), project, &call{args: map[string]any{"senderId": tt.id}, now: now, speed: 3600}, map[string]any{"id": tt.id, "state": "LAUNCHING", "modified": stamp(now)})
		bound(Outcome{Structured: r})
		if !slices.ContainsFunc(r.Next, func(n catalog.Next) bool { return string(encode(n)) == tt.want }) {
			t.Errorf("next %s", encode(r.Next))
		}
	}
}

// Steps to wait are as small as any.
func TestEveryStepThatWaitsIsSmall(t *testing.T) {
	seen := 0
	for where, steps := range everyStep() {
		for _, s := range steps {
			if !strings.Contains(s.Do, checkAgain) {
				continue
			}
			ends := [][]string{nil}
			if s.Tool == "rcs_sender_get" {
				ends = append(ends, catalog.Lookup("rcs_sender_launch").Ends())
			}
			for _, ends := range ends {
				step := s
				step.Do, step.Waits, step.Ends = strings.NewReplacer(checkAgain, toolWait, "{since}", "").Replace(s.Do), true, ends
				next, ok := fill(step, realistic)
				if !ok {
					t.Fatalf("%s: an id is not known", where)
				}
				bounded := boundSteps([]catalog.Next{next})[0]
				small(t, where, bounded)
				seen++
				if thing := waitsFor(&bounded); thing == nil || thing["tool"] != s.Tool || len(ends) > 0 && thing["state"] == nil {
					t.Errorf("%s: %s", where, encode(bounded))
				}
			}
		}
	}
	if seen < 20 {
		t.Errorf("%d steps", seen)
	}
}

// The result of a wait is small.
func TestTheResultOfAWaitIsSmall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		set, _ := newChangingSet(t, func(_ time.Duration, path string) apiAnswer {
			return apiAnswer{thing: map[string]any{"id": path[strings.LastIndex(path, "/")+1:], "state": "IN_PROGRESS", "modified": stamp(time.Now())}}
		}, nil)
		var all []any
		for i := range 20 {
			all = append(all, aSender(fmt.Sprintf("1f8c8dc5-4a76-4f7e-b602-b4eb9195c4%02d", i)))
		}
		for n, most := range map[int]int{1: 180, 20: 2000} {
			out := waitAs(t.Context(), t, set, Caller{Principal: "test"}, map[string]any{"timeoutSeconds": 1}, all[:n]...)
			for _, text := range []string{string(encode(out.Structured)), out.Text()} {
				if got := tokentest.Count(text); got > most {
					t.Errorf("%d tokens of %d: %s", got, most, text)
				} else {
					t.Logf("%d things: %d tokens", n, got)
				}
			}
		}
	})
}
