package server

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/mark3labs/mcp-go/mcp"
)

// capabilities are what a client may declare, and whether it can be asked.
var capabilities = map[string]struct {
	declared string
	asked    bool
}{
	"none":              {`{}`, false},
	"of before 2025-11": {`{"elicitation":{}}`, true},
	"forms":             {`{"elicitation":{"form":{}}}`, true},
	"both":              {`{"elicitation":{"form":{},"url":{}}}`, true},
	"URLs alone":        {`{"elicitation":{"url":{}}}`, false},
	"an unknown mode":   {`{"elicitation":{"voice":{}}}`, false},
}

var olderVersions = []string{"2025-06-18", "2025-11-25"}

func result(id json.RawMessage, result string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":%s}`, id, result)
}

// seesQuestion checks what a person is shown.
func checkQuestion(t *testing.T, params []byte) {
	t.Helper()
	var got struct {
		Message         string
		RequestedSchema json.RawMessage
	}
	if err := json.Unmarshal(params, &got); err != nil {
		t.Fatal(err)
	}
	if got.Message != "Delete <webhook> 7?" {
		t.Errorf("message %q", got.Message)
	}
	// One property that may be left out, a plain enum without titles or default:
	// some clients can't submit a form without fields.
	if string(got.RequestedSchema) != `{"type":"object","properties":{"answer":{"type":"string","enum":["yes","no"]}}}` {
		t.Errorf("schema %s", got.RequestedSchema)
	}
}

func TestElicitationOfAnOlderClient(t *testing.T) {
	for _, version := range olderVersions {
		for name, test := range answers {
			t.Run(version+" "+name, func(t *testing.T) {
				p := dial(t, newServer(t, asking))
				defer p.close()
				p.initialize(version, `{"elicitation":{}}`)
				p.send(call(1, `{}`))
				question := p.next()
				if question.Method != mcp.MethodElicitationCreate {
					t.Fatalf("got %s", show(question))
				}
				checkQuestion(t, question.Params)
				p.send(result(question.ID, test.result))
				if content := structured(t, toolAnswer(t, p.next())); content["answer"] != test.want {
					t.Errorf("answer %v, want %s", content["answer"], test.want)
				}
			})
		}
	}
}

func TestErrorAnswersOfAnOlderClient(t *testing.T) {
	for _, version := range olderVersions {
		for name, test := range otherAnswers {
			t.Run(version+" "+name, func(t *testing.T) {
				p := dial(t, newServer(t, asking))
				defer p.close()
				p.initialize(version, `{"elicitation":{}}`)
				p.send(call(1, `{}`))
				question := p.next()
				p.send(fmt.Sprintf(test.line, question.ID))
				if content := structured(t, toolAnswer(t, p.next())); content["answer"] != test.want {
					t.Errorf("answer %v, want %s", content["answer"], test.want)
				}
			})
		}
	}
}

func TestElicitationCapabilities(t *testing.T) {
	for name, test := range capabilities {
		t.Run(name, func(t *testing.T) {
			p := dial(t, newServer(t, asking))
			defer p.close()
			p.initialize("2025-11-25", test.declared)
			p.send(call(1, `{}`))
			m := p.next()
			if asked := m.Method == mcp.MethodElicitationCreate; asked != test.asked {
				t.Errorf("2025-11-25: got %s", show(m))
			}
			if test.asked {
				p.send(result(m.ID, `{"action":"accept"}`))
				p.next()
			}

			// Each request of 2026-07-28 declares for itself, even here.
			p.send(modern(2, "tools/call", test.declared, `,"name":"do"`))
			m = p.next()
			if asked := toolAnswer(t, m).NeedsInput(); asked != test.asked {
				t.Errorf("2026-07-28: got %s", show(m))
			}
		})
	}
}

// A client that has not declared its capabilities is not asked.
func TestNoElicitationBeforeInitialize(t *testing.T) {
	answers := scripted(t, newServer(t, asking), []string{call(1, `{}`)})
	if content := structured(t, toolAnswer(t, answers[0])); content["answer"] != "can not elicit" {
		t.Errorf("content %v", content)
	}
}

func TestElicitationTimeout(t *testing.T) {
	for _, version := range olderVersions {
		synctest.Test(t, func(t *testing.T) {
			p := dial(t, newServer(t, asking))
			p.initialize(version, `{"elicitation":{}}`)
			p.send(call(1, `{}`))
			question := p.next()
			asked := time.Now()
			taken := p.next()
			if took := time.Since(asked); took != 55*time.Second {
				t.Errorf("waited %v", took)
			}
			if taken.Method != mcp.MethodNotificationCancelled || !strings.Contains(string(taken.Params), `"requestId":`+string(question.ID)) {
				t.Errorf("the question was not taken back: %s", show(taken))
			}
			if content := structured(t, toolAnswer(t, p.next())); content["answer"] != "timed_out" {
				t.Errorf("answer %v", content["answer"])
			}

			// An answer that comes too late is not an answer to the next question.
			p.send(result(question.ID, `{"action":"accept"}`), call(2, `{}`))
			second := p.next()
			p.send(result(question.ID, `{"action":"accept"}`), result(second.ID, `{"action":"decline"}`))
			if content := structured(t, toolAnswer(t, p.next())); content["answer"] != "declined" {
				t.Errorf("answer %v", content["answer"])
			}
			p.close()
		})
	}
}

// Only the first answer counts, and none to a question that was not asked.
func TestIgnoredAnswers(t *testing.T) {
	for _, version := range olderVersions {
		p := dial(t, newServer(t, asking))
		p.initialize(version, `{"elicitation":{}}`)
		p.send(result(json.RawMessage(`1`), `{"action":"accept"}`), result(json.RawMessage(`"1"`), `{"action":"accept"}`), call(1, `{}`))
		question := p.next()
		if question.Method != mcp.MethodElicitationCreate {
			t.Fatalf("answered before it was asked: %s", show(question))
		}
		p.send(result(json.RawMessage(`99`), `{"action":"accept"}`),
			result(question.ID, `{"action":"decline"}`),
			result(question.ID, `{"action":"accept"}`))
		if content := structured(t, toolAnswer(t, p.next())); content["answer"] != "declined" {
			t.Errorf("%s: answer %v", version, content["answer"])
		}
		p.close()
	}
}

// An answer in the request of an older client does not count: it was not asked.
func TestAnOlderClientCanNotAnswerInAdvance(t *testing.T) {
	for _, capability := range []string{`{}`, `{"elicitation":{}}`} {
		p := dial(t, newServer(t, asking))
		p.initialize("2025-11-25", capability)
		p.send(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"do","requestState":"signed-state","inputResponses":{"confirmation":{"action":"accept"}}}}`)
		m := p.next()
		if m.Method == mcp.MethodElicitationCreate {
			p.send(result(m.ID, `{"action":"decline"}`))
			m = p.next()
		}
		if content := structured(t, toolAnswer(t, m)); content["answer"] == "accepted" {
			t.Errorf("with %s: accepted", capability)
		}
		p.close()
	}
}

func TestACancelledCallCancelsItsQuestion(t *testing.T) {
	p := dial(t, newServer(t, asking))
	p.initialize("2025-11-25", `{"elicitation":{}}`)
	p.send(call(1, `{}`))
	question := p.next()
	p.send(cancelled(1))
	if m := p.next(); m.Method != mcp.MethodNotificationCancelled || !strings.Contains(string(m.Params), `"requestId":`+string(question.ID)) {
		t.Errorf("got %s", show(m))
	}
	p.close()
}

// After the end of the input no answer can arrive: the question ends immediately,
// unless its answer was the last line.
func TestTheEndOfTheInputEndsQuestions(t *testing.T) {
	for name, last := range map[string]string{
		"cancelled": "",
		"accepted":  `{"jsonrpc":"2.0","id":1,"result":{"action":"accept"}}`,
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := dial(t, newServer(t, asking))
				p.initialize("2025-11-25", `{"elicitation":{}}`)
				p.send(call(7, `{}`))
				if m := p.next(); string(m.ID) != "1" {
					t.Fatalf("got %s", show(m))
				}
				start := time.Now()
				p.send(last)
				rest, err := p.closeInput()
				if err != nil || len(rest) != 1 {
					t.Fatalf("%d messages, %v", len(rest), err)
				}
				if content := structured(t, toolAnswer(t, rest[0])); content["answer"] != name {
					t.Errorf("answer %v, want %s", content["answer"], name)
				}
				if took := time.Since(start); took != 0 {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

func TestElicitationOfAModernClient(t *testing.T) {
	const can = `{"elicitation":{"form":{}}}`
	p := dial(t, newServer(t, asking))
	defer p.close()
	p.send(modern(1, "tools/call", can, `,"name":"do","arguments":{"a":1}`))
	asked := toolAnswer(t, p.next())
	if !asked.NeedsInput() || asked.RequestState != "signed-state" || len(asked.InputRequests) != 1 {
		t.Fatalf("got %+v", asked)
	}
	question := asked.InputRequests["confirmation"]
	if question.Method != mcp.MethodElicitationCreate {
		t.Fatalf("got %+v", question)
	}
	params, err := json.Marshal(question.Elicitation)
	if err != nil {
		t.Fatal(err)
	}
	if question.Elicitation.Message != "Delete <webhook> 7?" || !strings.Contains(string(params), `"properties":{"answer":{"enum":["yes","no"],"type":"string"}}`) {
		t.Errorf("question %s", params)
	}

	id := 1
	retry := func(supplied string) message {
		id++
		p.send(modern(id, "tools/call", can, `,"name":"do","arguments":{"a":1}`+supplied))
		return p.next()
	}
	for name, test := range answers {
		m := retry(`,"requestState":"signed-state","inputResponses":{"confirmation":` + test.result + `}`)
		if content := structured(t, toolAnswer(t, m)); content["answer"] != test.want {
			t.Errorf("%s: answer %v, want %s", name, content["answer"], test.want)
		}
	}
	for name, supplied := range map[string]string{
		"no answer":             `,"requestState":"signed-state"`,
		"an answer to another":  `,"requestState":"signed-state","inputResponses":{"other":{"action":"accept"}}`,
		"a state without input": `,"requestState":"signed-state","inputResponses":{}`,
		"a list of answers":     `,"requestState":"signed-state","inputResponses":[{"action":"accept"}]`,
		"answers that are null": `,"requestState":"signed-state","inputResponses":null`,
		"answers in a text":     `,"requestState":"signed-state","inputResponses":"accept"`,
		"a decline, an accept":  `,"requestState":"signed-state","inputResponses":{"confirmation":{"action":"decline"},"confirmation":{"action":"accept"}}`,
		"answers twice":         `,"requestState":"signed-state","inputResponses":{},"inputResponses":{"confirmation":{"action":"accept"}}`,
		"another spelling":      `,"requestState":"signed-state","inputResponses":{"Confirmation":{"action":"accept"}}`,
		"a state twice":         `,"requestState":"made up","requestState":"signed-state","inputResponses":{"confirmation":{"action":"accept"}}`,
	} {
		m := retry(supplied)
		if content := structured(t, toolAnswer(t, m)); content["answer"] != "cancelled" {
			t.Errorf("%s: answer %v, want cancelled", name, content["answer"])
		}
	}
	for name, supplied := range map[string]string{
		"no state":           `,"inputResponses":{"confirmation":{"action":"accept"}}`,
		"another state":      `,"requestState":"made up","inputResponses":{"confirmation":{"action":"accept"}}`,
		"no answer":          ``,
		"a state of no text": `,"requestState":5,"inputResponses":{"confirmation":{"action":"accept"}}`,
		"other spellings":    `,"RequestState":"signed-state","InputResponses":{"confirmation":{"action":"accept"}}`,
	} {
		if m := retry(supplied); !toolAnswer(t, m).NeedsInput() {
			t.Errorf("%s: got %s, want the question again", name, show(m))
		}
	}
}

// Without the capability, an answer in the call does not count.
func TestAModernClientWithoutElicitation(t *testing.T) {
	p := dial(t, newServer(t, asking))
	defer p.close()
	p.send(modern(1, "tools/call", `{}`, `,"name":"do","requestState":"signed-state","inputResponses":{"confirmation":{"action":"accept"}}`))
	if content := structured(t, toolAnswer(t, p.next())); content["answer"] != "can not elicit" {
		t.Errorf("content %v", content)
	}
}
