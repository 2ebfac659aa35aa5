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

// realistic are ids as the API gives them.
var realistic = map[string]string{
	"senderId": "71417d8b-22ac-4cfd-affc-e489e79a0b1c", "webhookId": "01Z327Q8JAP1FQ40QXJMEXRE1J", "bundleId": "01E1NJPXTSYAK8WVDYWEMBZ5BQ",
	"smsAppId": "01CAG9DKSYVD5P6NS21CD47V3Q", "conversationAppId": "01TJXGVVM22T6EZBRC9CY0RZPJ", "templateName": "order_shipped_express_v2", "languageCode": "EN_US",
	"plusFriendId": "@exampleshop_official", "templateCode": "1f8c8dc5-4a76-4f7e-b602-b4eb9195c4ec", "solutionId": "5709365386994691", "flowId": "1064383791425341",
	"testNumber": "+46701234567",
}

// stepText is a step as next has it, without what is empty.
func stepText(n catalog.Next) string {
	shown := map[string]any{"do": n.Do}
	if n.Tool != "" {
		shown["tool"] = n.Tool
	}
	if len(n.Args) > 0 {
		shown["args"] = n.Args
	}
	if len(n.Needs) > 0 {
		shown["needs"] = n.Needs
	}
	return string(encode(shown))
}

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

func TestEveryStepIsSmall(t *testing.T) {
	worst := condition{resource: catalog.LookupResource("whatsapp_template"), since: time.Date(2026, 1, 1, 10, 20, 30, 0, time.UTC), lasts: catalog.Lasting{First: time.Hour, Overdue: 42 * 24 * time.Hour}}
	waiting := worst.wording(worst.since.Add(41 * 24 * time.Hour))
	part := refusedPart{status: &catalog.State{Name: "REJECTED"}}
	for where, steps := range everyStep() {
		for _, s := range steps {
			if s.Do == "" {
				continue
			}
			s.Do = part.wording().Replace(waiting.Replace(s.Do))
			next, ok := fill(s, realistic)
			if !ok {
				t.Errorf("%s: an id of %s is not known", where, s.Tool)
			}
			if text := stepText(next); tokentest.Count(text) > maxStep || strings.Contains(s.Do, "{") {
				t.Errorf("%s: %d tokens: %s", where, tokentest.Count(text), text)
			}
		}
	}
}
