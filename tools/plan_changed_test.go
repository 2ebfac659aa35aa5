package tools

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/plan"
	"papi-mcp/internal/sandbox"
)

// meddler changes things when the first delete is sent.
type meddler struct {
	next    http.RoundTripper
	once    sync.Once
	meddle  func()
	mu      sync.Mutex
	deletes int
}

func (m *meddler) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodDelete {
		m.once.Do(m.meddle)
		m.mu.Lock()
		m.deletes++
		m.mu.Unlock()
	}
	return m.next.RoundTrip(r)
}

// A person changes what is still to be deleted while a plan is applied: none of what has
// changed is deleted, except by a call that was on its way, and the result says so.
func TestAPlanThatChangesWhileItIsApplied(t *testing.T) {
	const webhooks = 14
	direct := newSandboxSet(t, nil)
	m := &meddler{next: direct.box.Transport()}
	client, err := papi.New(papi.Config{BaseURL: "http://sandbox", AccessToken: sandbox.StaticToken, Transport: m})
	if err != nil {
		t.Fatal(err)
	}
	s := newSandboxSet(t, func(o *Options, g *guard.Options) {
		o.API, g.Reader, g.Mode = client, dispatch.Reader{API: client}, guard.Auto
	})
	document := "delete:\n  webhooks:\n"
	var ids []string
	for i := range webhooks {
		target := fmt.Sprintf("https://example.com/%d", i)
		made := direct.call(t, "webhook_create", object{"target": target, "triggers": []string{"ALL"}, "secret": "correct-Horse-9-battery"})
		ids = append(ids, jsonvalue.Text(made, "ids.webhookId"))
		document += "    - {target: " + target + "}\n"
	}
	m.meddle = func() {
		for _, id := range ids {
			direct.call(t, "webhook_update", object{"webhookId": id, "triggers": []string{"RCS_SENDER_STATUS_UPDATED"}})
		}
	}
	planned := s.call(t, catalog.ProjectPlan, object{argDocument: document})
	caller := Caller{Principal: "test", Elicitor: &witness{says: guard.Accepted}}
	out := s.Call(t.Context(), caller, catalog.ProjectApply, encode(object{argPlanID: jsonvalue.Text(planned, "ids.planId")}))
	r := decoded(t, out)
	if jsonvalue.Text(r, "data.status") != appliedChanged || !strings.Contains(string(encode(r)), errorcode.PlanChanged) {
		t.Errorf("%s", encode(r))
	}
	if m.deletes == 0 || m.deletes > 4 {
		t.Errorf("%d deletes were sent", m.deletes)
	}
	left := strings.Count(string(encode(direct.call(t, "webhook_list", object{"pageSize": 15}))), "https://example.com/")
	if left != webhooks-m.deletes {
		t.Errorf("%d webhooks are left after %d deletes of %d", left, m.deletes, webhooks)
	}
}

// Of many steps that are not done, the result has those that say why, and not only those
// that were not begun because of them.
func TestWhatStoppedAnApplyIsShown(t *testing.T) {
	var results []plan.Result
	for i := range maxBlocked + 5 {
		r := plan.Result{Step: &plan.Step{ID: strconv.Itoa(i)}, Status: plan.Open, Err: &papi.Error{Code: errorcode.Cancelled}}
		if i == maxBlocked+2 {
			r.Status, r.Err = plan.Failed, &papi.Error{Code: errorcode.PlanChanged}
		}
		results = append(results, r)
	}
	shown := shownReport(Applied{Report: &plan.Report{Results: results}})
	if len(shown.NotDone) != maxBlocked || shown.MoreNotDone != 5 || !strings.HasPrefix(shown.NotDone[0], strconv.Itoa(maxBlocked+2)+": "+errorcode.PlanChanged) || !strings.HasPrefix(shown.NotDone[1], "0: ") {
		t.Errorf("%+v", shown)
	}
}
