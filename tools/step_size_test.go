package tools

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/tokentest"
)

// maxStep is how many tokens a step of next has at most, as compact JSON.
const maxStep = 60

// maxWaitStep is that of a step to wait, which always has the thing.
const maxWaitStep = 66

// realistic are ids as the API gives them.
var realistic = map[string]string{
	"senderId": "1f8c8dc5-4a76-4f7e-b602-b4eb9195c4ec", "webhookId": "01Z327Q8JAP1FQ40QXJMEXRE1J", "bundleId": "01E1NJPXTSYAK8WVDYWEMBZ5BQ",
	"smsAppId": "01CAG9DKSYVD5P6NS21CD47V3Q", "conversationAppId": "01TJXGVVM22T6EZBRC9CY0RZPJ", "templateName": "order_shipped_express_v2", "languageCode": "EN_US",
	"plusFriendId": "@exampleshop_official", "templateCode": "jigpsTZVQrSeCWY0ECQ7", "solutionId": "5709365386994691", "flowId": "1064383791425341",
	"testNumber": "+15550100001", "useCase": "MULTIUSE",
}

const realisticProject = "1f8c8dc5-4a76-4f7e-b602-b4eb9195c4ec"

// everyStep are the steps that the catalog and the tables of errors declare, by
// where they are declared.
func everyStep() map[string][]catalog.Step {
	all := map[string][]catalog.Step{}
	for _, r := range catalog.Resources() {
		all[r.Name+", empty"] = []catalog.Step{r.Empty}
		for _, s := range slices.Concat(r.States, r.Changes) {
			all[r.Name+" "+s.Name] = append(all[r.Name+" "+s.Name], s.Next...)
		}
		all[r.Name+" in an unknown state"] = r.At("NEW_STATE", "").Next
		for _, part := range r.Parts {
			for _, s := range part.States {
				all[r.Name+" "+part.Name+" "+s.Name] = s.Next
			}
		}
	}
	for _, row := range catalog.Rows() {
		all[row.Tool] = row.Next
		all[row.Tool+" of unknown outcome"] = []catalog.Step{checkOutcome(row)}
		all[row.Tool+" to correct"] = []catalog.Step{correct(row)}
		for status, codes := range row.Op().Errors {
			for _, code := range codes {
				all[row.Tool+" "+code] = append(stepsAfterError(row, &papi.Error{Status: status, Code: code}), stepByStatus(row, nil, status))
			}
		}
	}
	maps.Copy(all, afterRefusal)
	return all
}

// What can be known of a waiting thing when its step is worded.
func waitingThings() []condition {
	var all []condition
	for _, r := range catalog.Resources() {
		for _, s := range slices.Concat(r.States, r.Changes) {
			if s.Lasts.Overdue > 0 {
				all = append(all, condition{resource: r, state: s.Name, at: s, lasts: s.Lasts, since: time.Date(2026, 1, 1, 10, 20, 30, 0, time.UTC)})
			}
		}
	}
	return all
}

// Each step that is declared anywhere is small, however it is completed.
func TestEveryStepIsSmall(t *testing.T) {
	worst := waitingThings()[0]
	since := worst.wording(worst.since.Add(41 * 24 * time.Hour))
	worst.since = time.Time{}
	unknown := worst.wording(time.Time{})
	part := refusedPart{status: &catalog.State{Name: "PENDING_REVIEW"}}
	for where, steps := range everyStep() {
		for _, s := range steps {
			if s.Do == "" {
				continue
			}
			wording := since
			if row := catalog.Lookup(s.Tool); row != nil && row.Resource != nil && row.Resource.Since == "" {
				wording = unknown
			}
			s.Do = part.wording().Replace(wording.Replace(s.Do))
			next, ok := fill(s, realistic)
			if !ok {
				t.Errorf("%s: an id of %s is not known", where, s.Tool)
			}
			small(t, where, next)
		}
	}
	for _, st := range waitingThings() {
		next, _ := fill(st.escalation(realisticProject, st.since.Add(41*24*time.Hour)), nil)
		small(t, st.resource.Name+" "+st.state+", overdue", next)
	}
}

// So is each step after a call that named a project; the needs name what the args leave
// out, and that is in the call or in the ids of the answer.
func TestStepsOfAnotherProjectAreSmall(t *testing.T) {
	worst := waitingThings()[0]
	wording := worst.wording(worst.since.Add(41 * 24 * time.Hour))
	for where, steps := range everyStep() {
		for _, s := range steps {
			s.Do = wording.Replace(s.Do)
			next, _ := fill(s, realistic)
			if next.Tool == "" || strings.Contains(next.Do, "{status}") || s.Waits { // see TestEveryStepThatWaitsIsSmall
				continue
			}
			moved := inProject(next, realisticProject, realistic)
			small(t, where, moved)
			for name, value := range next.Args {
				if moved.Args[name] != value && (realistic[name] != value || !slices.Contains(moved.Needs, name)) {
					t.Errorf("%s: %s is lost: %s", where, name, encode(moved))
				}
			}
			if moved.Args[argProject] != realisticProject && !slices.Contains(moved.Needs, argProject) {
				t.Errorf("%s: the project is lost: %s", where, encode(moved))
			}
		}
	}
}

func small(t *testing.T, where string, next catalog.Next) {
	t.Helper()
	bound := maxStep
	if next.Tool == toolWait {
		bound = maxWaitStep
	}
	if text := string(encode(next)); tokentest.Count(text) > bound || strings.Contains(next.Do, "{") {
		t.Errorf("%s: %d tokens: %s", where, tokentest.Count(text), text)
	}
}
