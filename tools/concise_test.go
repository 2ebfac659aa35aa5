package tools

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
)

func TestConcise(t *testing.T) {
	for _, tt := range []struct{ name, tool, answer, want string }{
		{
			"without the project of the call, and what says nothing", "webhook_get",
			`{"id":"1","projectId":"` + project + `","target":"t","triggers":[],"alias":null,"test":false,"n":0}`,
			`{"id":"1","n":0,"target":"t","test":false}`,
		},
		{
			"another project stays", "bundle_get",
			`{"id":"1","smsApp":{"id":"2","smsServiceId":"s"},"convApp":{"id":"3"},"subproject":{"id":"p","parentProjectId":"` + project + `","projectId":"other"}}`,
			`{"convApp":{"id":"3"},"id":"1","smsApp":{"id":"2"},"subproject":{"id":"p","projectId":"other"}}`,
		},
		{
			"operators by status, no questions, times to the second", "rcs_sender_get",
			`{"id":"1","created":"2026-01-05T09:00:00.000Z","countryStatus":[{"country":"SE","operators":[{"name":"Telia","status":"REJECTED","remark":"remark"},{"name":"Three","status":"LAUNCHED"}]}],
			  "testNumberStates":[{"number":"+15550110","state":"VERIFIED","submitted":"2026-01-05T09:00:00.000Z"}],
			  "details":{"questionnaire":{"gb":{"answers":{"brandIndustry":"Retail"},"questions":{"brandIndustry":{"question":"?"}}}}}}`,
			`{"countryStatus":"1 of 2 LAUNCHED; REJECTED: SE Telia - remark","created":"2026-01-05T09:00:00Z","details":{"questionnaire":{"gb":{"answers":{"brandIndustry":"Retail"}}}},"id":"1","testNumberStates":"1 of 1 VERIFIED"}`,
		},
		{
			"unknown fields stay, in bulky parts and summaries too", "rcs_sender_get",
			`{"id":"1","hue":{"a":[]},"countryStatus":[{"country":"SE","operators":[{"name":"Telia","status":"LAUNCHED","band":5}]}],"details":{"questionnaire":{"gb":{"answers":{},"questions":{"brandIndustry":{"question":"?","hint":"h"}}}}}}`,
			`{"countryStatus":[{"country":"SE","operators":[{"band":5,"name":"Telia","status":"LAUNCHED"}]}],"details":{"questionnaire":{"gb":{"questions":{"brandIndustry":{"hint":"h"}}}}},"hue":{"a":[]},"id":"1"}`,
		},
		{"the ids of a template that no call takes", "whatsapp_template_get", `{"name":"a","language":"DE","analytics":[],"isMetaGenerated":false,"whatsappId":"9","details":{"components":[{"type":"BODY","examples":[]},{}]}}`, `{"details":{"components":[{"type":"BODY"},{}]},"language":"DE","name":"a"}`},
		{"a template that Meta has made", "whatsapp_template_get", `{"name":"a","language":"DE","isMetaGenerated":true}`, `{"isMetaGenerated":true,"language":"DE","name":"a"}`},
		{"nothing is left", "webhook_get", `{}`, `{}`},
		{"an answer of another form", "webhook_get", `["a",""]`, `["a",""]`},
	} {
		answer, err := jsonvalue.Decode([]byte(tt.answer))
		if err != nil {
			t.Fatal(err)
		}
		before := string(encode(answer))
		if got := string(encode(concise(catalog.Lookup(tt.tool), project, answer))); got != tt.want {
			t.Errorf("%s:\n%s, want\n%s", tt.name, got, tt.want)
		}
		if after := string(encode(answer)); after != before {
			t.Errorf("%s: the answer itself was changed to %s", tt.name, after)
		}
	}
}

// A part that is summarised, or left out, is one of the answer's.
func TestBulkyPartsAreOfTheContract(t *testing.T) {
	for _, row := range catalog.Rows() {
		if row.Resource == nil || row.Resource.Get != row.Tool {
			continue
		}
		contract := answerPart(row)
		if row.List() != "" {
			contract = itemPart(row)
		}
		for _, path := range append(slices.Collect(maps.Keys(row.Resource.Summaries)), row.Resource.Bulky...) {
			path, _, _ = strings.Cut(path, ".*")
			if !contract.has(path) {
				t.Errorf("%s: the contract has no %s", row.Tool, path)
			}
		}
	}
}
