package plan

import (
	"context"
	"fmt"
	"testing"
	"time"

	"papi-mcp/internal/store"
)

// lateProject is a project with SMS apps, in which a create takes effect as the test says.
type lateProject struct {
	now   time.Time
	names []string
	sent  int
}

func (p *lateProject) Read(context.Context, string, map[string]any) (map[string]any, error) {
	var apps []any
	for i, name := range p.names {
		apps = append(apps, map[string]any{"id": fmt.Sprint("app-", i), "name": name, "region": "EU"})
	}
	return map[string]any{"smsApps": apps}, nil
}

func (p *lateProject) Preview(context.Context, string, map[string]any) (Preview, error) {
	return Preview{}, nil
}

func (p *lateProject) Write(context.Context, Approval, Call) (Written, error) {
	p.sent++
	p.names = append(p.names, "Alerts")
	return Written{IDs: map[string]string{"smsAppId": "new"}}, nil
}

func (p *lateProject) Now() time.Time { return p.now }

// A create that must not be repeated, of which an attempt has no outcome: the thing is
// looked for; it is sent again two minutes after the attempt; of several a person decides.
func TestCreatesWithoutAnOutcome(t *testing.T) {
	step := &Step{ID: "smsApps/Alerts/create", Action: Create, Kind: "smsApps", Key: "Alerts", Calls: []Call{{Tool: "sms_app_create", Arguments: map[string]any{"name": "Alerts", "region": "EU"}}}}
	for name, test := range map[string]struct {
		appears []int // things that appear with each wait
		want    Status
		sent    int
		waited  time.Duration
	}{
		"it takes effect late": {[]int{1}, Done, 0, 2 * time.Minute},
		"it had no effect":     {[]int{0}, Done, 1, 2 * time.Minute},
		"there are several":    {[]int{2}, Waiting, 0, 2 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			p := &lateProject{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
			s, owner := store.NewMemory(), Owner{"realm", "me", "project"}
			made := &Plan{ProjectID: "project", Hash: "hash", Steps: []*Step{step}}
			if err := s.Put(t.Context(), owner.sentKey(step), []byte(p.now.Format(time.RFC3339Nano)), time.Hour); err != nil {
				t.Fatal(err)
			}
			run, err := Begin(t.Context(), s, owner, made, Approval{"grant", "hash"}, p.now)
			if err != nil {
				t.Fatal(err)
			}
			begun := p.now
			run.Target, run.Replan = p, func(context.Context) (*Plan, error) { return made, nil }
			run.Sleep = func(_ context.Context, d time.Duration) error {
				p.now = p.now.Add(d)
				for range test.appears[0] {
					p.names = append(p.names, "Alerts")
				}
				return nil
			}
			report, err := run.Apply(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if got := report.Results[0]; got.Status != test.want || p.sent != test.sent || p.now.Sub(begun) != test.waited {
				t.Errorf("%s after %v, sent %d times: %v", got.Status, p.now.Sub(begun), p.sent, got.Err)
			}
		})
	}
}
