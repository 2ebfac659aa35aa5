package server

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/mark3labs/mcp-go/mcp"
)

// A call that asks a person first ends in the form that results have, whatever the person
// says, in each version of the protocol. The question itself has none.
func TestFormsOfResultsAfterAQuestion(t *testing.T) {
	const can = `{"elicitation":{"form":{}}}`
	for _, form := range ResultForms {
		for answer, want := range map[string]string{
			`{"action":"accept"}`:  `"done":"deleted"`,
			`{"action":"decline"}`: `"errorCode":"confirmation_declined"`,
		} {
			for _, version := range []string{"2025-11-25", "2026-07-28"} {
				a := newElicitFixture(t, StdioPrincipal)
				p := dial(t, New(Options{Toolbox: a.set, Results: form}))
				a.calls++
				_, params := a.deleteCall("")
				var ended message
				if version == "2025-11-25" {
					p.initialize(version, can)
					p.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{%s}}`, params))
					question := p.next()
					if question.Method != mcp.MethodElicitationCreate {
						t.Fatalf("%s, %s: no question: %s", form, version, show(question))
					}
					p.send(result(question.ID, answer))
					ended = p.next()
				} else {
					p.send(modern(1, "tools/call", can, ","+params))
					asked := p.next()
					question := toolAnswer(t, asked)
					if !question.NeedsInput() || strings.Contains(string(asked.Result), "structuredContent") || len(question.Content) > 0 {
						t.Fatalf("%s, %s: no question: %s", form, version, show(asked))
					}
					p.send(modern(2, "tools/call", can, fmt.Sprintf(`,%s,"requestState":%q,"inputResponses":{"confirmation":%s}`, params, question.RequestState, answer)))
					ended = p.next()
				}
				checkForm(t, fmt.Sprintf("%s, %s, %s", form, version, answer), form, ended.Result, want)
				p.close()
			}
		}
	}
}

// checkForm checks that a result has its content in that form alone.
func checkForm(t *testing.T, name string, form ResultForm, raw json.RawMessage, want string) {
	t.Helper()
	var got struct {
		Content           []struct{ Type, Text string }
		StructuredContent json.RawMessage
		IsError           bool
	}
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	text := ""
	if len(got.Content) > 0 {
		text = got.Content[0].Text
	}
	inText, inStructured := strings.Contains(text, want), strings.Contains(string(got.StructuredContent), want)
	if inText != (form != ResultStructured) || inStructured != (form != ResultText) || form == ResultStructured && !strings.Contains(string(raw), `"content":[]`) {
		t.Errorf("%s: %s", name, raw)
	}
}
