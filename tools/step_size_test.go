package tools

import (
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/tokentest"
)

// maxStepTokens is how many tokens a step of next has at most, as compact JSON.
const maxStepTokens = 60

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
		all[r.Name+", empty"] = []catalog.Step{{Do: "none yet: " + r.Empty.Do, Tool: r.Empty.Tool, Args: r.Empty.Args, Needs: r.Empty.Needs}}
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
			if s.Waits {
				next = boundSteps([]catalog.Next{next})[0]
			}
			small(t, where, next)
		}
	}
	for _, st := range waitingThings() {
		next, _ := fill(st.escalation(realisticProject, st.since.Add(41*24*time.Hour)), nil)
		small(t, st.resource.Name+" "+st.state+", overdue", next)
	}
}

// So is each step of a call that named a project, and of a dynamic set, in which the step
// says through what its tool is called. The needs name what the args leave out: the call
// or its answer has it.
func TestStepsOfAnotherProjectAndOfADynamicSetAreSmall(t *testing.T) {
	worst := waitingThings()[0]
	wording := worst.wording(worst.since.Add(41 * 24 * time.Hour))
	part := refusedPart{status: &catalog.State{Name: "PENDING_REVIEW"}}
	plain, _ := newSet(t, answerJSON(http.StatusOK, nil), nil)
	complete := 0
	for _, set := range []*Set{plain, newDynamicSet(t, catalog.Filter{Deprecated: true})} {
		for _, named := range []string{"", realisticProject} {
			for where, steps := range everyStep() {
				for _, s := range steps {
					if s.Do == "none yet: " || s.Waits { // see TestEveryStepThatWaitsIsSmall
						continue
					}
					s.Do = part.wording().Replace(wording.Replace(s.Do))
					next, _ := fill(s, realistic)
					out := Outcome{Structured: &Result{Next: set.offered([]catalog.Next{next}, named)}}
					set.route(&out, nil)
					bound(out)
					step := out.Structured.(*Result).Next[0]
					small(t, where, step)
					if step.Do != next.Do || step.Via != set.Via(next.Tool) {
						t.Errorf("%s: the words are not all there: %s", where, encode(step))
					}
					args := next.Args
					if named != "" && next.Tool != "" {
						args = jsonvalue.With(args, argProject, named)
					}
					for name, value := range args {
						if !reflect.DeepEqual(step.Args[name], value) && !slices.Contains(step.Needs, name) {
							t.Errorf("%s: %s is lost: %s", where, name, encode(step))
						}
					}
					if set == plain && named == "" && !reflect.DeepEqual(step.Args, next.Args) {
						t.Errorf("%s: it asks for what it could say: %s", where, encode(step))
					}
					if len(step.Args) == len(args) {
						complete++
					}
				}
			}
		}
	}
	t.Logf("%d steps repeat all", complete)
}

func small(t *testing.T, where string, next catalog.Next) {
	t.Helper()
	if text := string(encode(next)); tokentest.Count(text) > maxStepTokens || strings.Contains(next.Do, "{") {
		t.Errorf("%s: %d tokens: %s", where, tokentest.Count(text), text)
	}
}
