package plan

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/store"
)

// scripted is a project whose calls end as the test says.
type scripted struct {
	write func(n int, call Call) error

	mu   sync.Mutex
	sent []time.Time
}

func (s *scripted) Read(context.Context, string, map[string]any) (map[string]any, error) {
	return map[string]any{}, nil
}

func (s *scripted) Preview(context.Context, string, map[string]any) (Preview, error) {
	return Preview{}, nil
}

func (s *scripted) Now() time.Time { return time.Now() }

func (s *scripted) Write(_ context.Context, _ Approval, call Call) (Written, error) {
	s.mu.Lock()
	s.sent = append(s.sent, time.Now())
	n := len(s.sent)
	s.mu.Unlock()
	time.Sleep(time.Second) // in a bubble
	if n > 1 {
		time.Sleep(time.Second) // the first answer is there before the others
	}
	return Written{IDs: map[string]string{"webhookId": fmt.Sprint(n)}}, s.write(n, call)
}

// runOf applies a plan of webhooks, in a bubble.
func runOf(t *testing.T, target *scripted, webhooks int, change func(*Run)) *Report {
	t.Helper()
	p := &Plan{ProjectID: "project", Hash: "hash"}
	for i := range webhooks {
		key := fmt.Sprintf("https://example.com/%d", i)
		p.Steps = append(p.Steps, &Step{ID: "webhooks/" + key + "/create", Action: Create, Kind: "webhooks", Key: key, Calls: []Call{{Tool: "webhook_create", Arguments: map[string]any{"target": key}}}})
	}
	run, err := Begin(t.Context(), store.NewMemory(), Owner{"realm", "me", "project"}, p, Approval{"grant", "hash"}, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	run.Target, run.Replan = target, func(context.Context) (*Plan, error) { return p, nil }
	if change != nil {
		change(run)
	}
	report, err := run.Apply(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return report
}

// The API limits the rate: no call is begun before the time that it names, by no step, and
// then all are made. The wait is reported.
func TestRateLimitsHoldAllSteps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var waits []string
		target := &scripted{write: func(n int, _ Call) error {
			if n == 1 {
				return &papi.Error{Status: 429, Code: "RATE_LIMIT", Message: "too many requests", RetryAfter: 30 * time.Second}
			}
			return nil
		}}
		report := runOf(t, target, 20, func(r *Run) {
			r.Waits = func(wait time.Duration, why string) { waits = append(waits, fmt.Sprint(wait, " ", why)) }
		})
		if report.Count(Done) != 20 || len(target.sent) != 21 {
			t.Fatalf("%d done with %d calls", report.Count(Done), len(target.sent))
		}
		limited := target.sent[0].Add(time.Second)
		for i, at := range target.sent[parallel:] {
			if at.Before(limited.Add(30 * time.Second)) {
				t.Errorf("call %d was begun %v after the answer, which asked for 30s", parallel+i, at.Sub(limited))
			}
		}
		if len(waits) != 1 || !strings.HasPrefix(waits[0], "30s ") || !strings.Contains(waits[0], "too many requests") {
			t.Errorf("reported %q", waits)
		}
	})
}

// What a call finds changed stops the run: of the other calls only those that were on
// their way are made.
func TestAChangedFactStopsTheRun(t *testing.T) {
	for _, code := range []string{errorcode.PlanChanged, errorcode.ReadOnly, errorcode.PlanExpired} {
		synctest.Test(t, func(t *testing.T) {
			target := &scripted{write: func(n int, _ Call) error {
				if n == 1 {
					return &papi.Error{Code: code, Message: "it is no longer as it was"}
				}
				return nil
			}}
			report := runOf(t, target, 20, nil)
			if report.Stopped == nil || report.Stopped.Code != code || len(target.sent) != parallel {
				t.Errorf("%s: stopped %v after %d calls, of which %d at the same time", code, report.Stopped, len(target.sent), parallel)
			}
			if report.Count(Done) != parallel-1 || report.Count(Open) != 20-parallel+1 {
				t.Errorf("%s: %d done, %d open", code, report.Count(Done), report.Count(Open))
			}
		})
	}
}

// A run that must end by a time begins no call after it, and says when to continue.
func TestARunEndsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		target := &scripted{write: func(n int, _ Call) error {
			if n > 8 {
				return &papi.Error{Status: 429, Code: "RATE_LIMIT", Message: "too many requests", RetryAfter: 50 * time.Second}
			}
			return nil
		}}
		report := runOf(t, target, 20, func(r *Run) { r.Until = time.Now().Add(30 * time.Second) })
		if report.Count(Done) != 8 || report.Count(Open) != 12 || len(target.sent) > 8+parallel {
			t.Errorf("%d done, %d open after %d calls", report.Count(Done), report.Count(Open), len(target.sent))
		}
		if report.Again < 49*time.Second || report.Again > 51*time.Second || report.Exit() != errorcode.TryAgain {
			t.Errorf("again after %v, exit %d", report.Again, report.Exit())
		}
	})
}

// What the plan leaves is for a person, with the reason, though all of its steps are done.
func TestBlockedPartsNeedAPerson(t *testing.T) {
	report := &Report{Blocked: []Blocked{{Kind: "smsApps", Key: "Alerts", Action: Change, Reason: "its region is fixed"}}}
	if needs := report.Needs(); len(needs) != 1 || needs[0] != "smsApps Alerts: can't change it now: its region is fixed" || report.Exit() != errorcode.PersonNeeded {
		t.Errorf("%q, exit %d", needs, report.Exit())
	}
}
