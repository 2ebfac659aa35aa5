package tools

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/papi/papitest"
	"papi-mcp/internal/tokentest"
)

// answered is the outcome of a sample's call.
func (s sample) answered(t testing.TB) Outcome {
	t.Helper()
	set, _ := newSet(t, answerJSON(200, s.answer), nil)
	out := do(t, set, s.row.Tool, s.args)
	if out.IsError {
		t.Fatalf("%s: %s", s.row.Tool, encode(out.Structured))
	}
	return out
}

// share is the part of the raw answer that a list of ten items or more may have, as
// text and structured.
func share(tool string) (text, structured float64) {
	switch {
	case slices.Contains([]string{"bundle_list", "kakaotalk_sender_list", "kakaotalk_template_list", "rcs_sender_list", "whatsapp_sender_list", "whatsapp_template_list", "whatsapp_template_language_list"}, tool):
		return 0.25, 0.4
	case tool == "webhook_list":
		return 0.55, 0.55
	}
	return 1, 1
}

func TestListsAreSmall(t *testing.T) {
	if testing.Short() {
		t.Skip("many calls, one after the other")
	}
	for _, s := range samples(t) {
		if !strings.HasSuffix(s.row.Tool, "_list") {
			continue
		}
		if len(s.items()) < 10 {
			t.Fatalf("%s has %d items", s.row.Tool, len(s.items()))
		}
		out, raw := s.answered(t), float64(tokentest.Count(s.raw()))
		text, structured := share(s.row.Tool)
		if got := float64(tokentest.Count(out.Text())); got > text*raw {
			t.Errorf("%s: the text has %.0f tokens, %.2f of the answer's %.0f", s.row.Tool, got, got/raw, raw)
		}
		if got := float64(tokentest.Count(string(encode(out.Structured)))); got > structured*raw {
			t.Errorf("%s: the result has %.0f tokens, %.2f of the answer's %.0f", s.row.Tool, got, got/raw, raw)
		}
	}
}

// A list of few items is never longer than the API's answer.
func TestListsOfFewItemsAreNoLongerThanTheAnswer(t *testing.T) {
	if testing.Short() {
		t.Skip("many calls, one after the other")
	}
	for _, s := range samples(t) {
		if !strings.HasSuffix(s.row.Tool, "_list") {
			continue
		}
		for n := 1; n < 10; n++ {
			noLonger(t, s.first(n), s.first(n).answered(t))
		}
	}
}

// noLonger checks that neither form of a list is longer than the API's answer, and
// shorter where it has many items.
func noLonger(t *testing.T, s sample, out Outcome) {
	t.Helper()
	n, raw := len(s.items()), tokentest.Count(s.raw())
	for form, text := range map[string]string{"text": out.Text(), "result": string(encode(out.Structured))} {
		if got := tokentest.Count(text); got > raw || n >= 10 && got == raw {
			t.Errorf("%s of %d: the %s has %d tokens, the answer %d: %s\n%s", s.row.Tool, n, form, got, raw, text, s.raw())
		}
	}
}

// Nor is one of any number of items that the contract allows, with whatever the API may
// leave out, on the last page or another.
func TestListsOfAnyItemsAreNoLongerThanTheAnswer(t *testing.T) {
	if testing.Short() {
		t.Skip("many calls, one after the other")
	}
	bare := 0
	for i, row := range lists() {
		g := papitest.New(uint64(i))
		set, api := newSet(t, nil, nil)
		args := example(newArguments(row, true))
		for n := 1; n <= 60; n += 1 + n/10 {
			s := sample{row, args, generatedList(g, row, n)}
			api.answer = answerJSON(http.StatusOK, s.answer)
			out := do(t, set, row.Tool, args)
			r := *out.Structured.(*Result)
			r.Warnings = nil
			noLonger(t, s, Outcome{Structured: &r})
			if _, isBare := r.Data.(*Items); isBare {
				bare++
			}
		}
	}
	if bare == 0 {
		t.Error("no table is longer than the answer")
	}
}

// Items as they are have the same table as text. What is not clean, what the contract does
// not know, and what fields asks for, is a table.
func TestItemsAsTheyAre(t *testing.T) {
	screens := func(id string, more map[string]any) map[string]any {
		answer := map[string]any{"screens": []any{map[string]any{"id": id}}}
		maps.Copy(answer, more)
		return answer
	}
	for _, tt := range []struct {
		name, id     string
		more         map[string]any
		fields       []any
		result, text string
	}{
		{"as they are", "ONE", nil, nil, `{"data":[{"id":"ONE"}]}`, "1 item\nnavigateScreen\nONE"},
		{"with a hidden character", "ONE\u200b", nil, nil, `"rows":[["ONE"]]`, "warning: hidden characters were removed from data.rows[0].navigateScreen"},
		{"next to an unknown field", "ONE", map[string]any{"new": true}, nil, `"rows":[["ONE"]],"other":{"new":true}`, "other: {\"new\":true}"},
		{"with fields", "ONE", nil, []any{"id"}, `{"cols":["id"],"rows":[["ONE"]]}`, "1 item\nid\nONE"},
	} {
		set, _ := newSet(t, answerJSON(http.StatusOK, screens(tt.id, tt.more)), nil)
		args := map[string]any{"flowId": "1000000000000001"}
		if tt.fields != nil {
			args[argFields] = tt.fields
		}
		out := do(t, set, "whatsapp_flow_screen_list", args)
		if got := string(encode(out.Structured)); !strings.Contains(got, tt.result) || !strings.Contains(out.Text(), tt.text) {
			t.Errorf("%s: %s\n%s", tt.name, got, out.Text())
		}
	}
}

// generatedList is an answer with so many items, all of the project.
func generatedList(g *papitest.Generator, row *catalog.Row, n int) any {
	ofProject := func() map[string]any {
		return jsonvalue.Object(jsonvalue.Map(g.Value(row.Op().Answer()), func(name string, _ any) (any, bool) { return project, name == "projectId" }), "")
	}
	answer, items := ofProject(), []any{}
	for len(items) < n {
		more := jsonvalue.List(ofProject(), row.List())
		items = append(items, more[:min(len(more), n-len(items))]...)
	}
	answer[row.List()] = items
	delete(answer, "previousPageToken")
	if answer["totalSize"] != nil {
		answer["totalSize"] = float64(n)
	}
	if answer["nextPageToken"] != nil {
		answer["totalSize"], answer["nextPageToken"] = float64(n+7), "eyJvZmZzZXQiOjIwLCJsaW1pdCI6MjB9"
	}
	return answer
}

// Webhooks are at most 0.55 of the API's answer whatever their triggers are.
func TestWebhooksAreSmallWhateverTheirTriggers(t *testing.T) {
	if testing.Short() {
		t.Skip("many calls, one after the other")
	}
	row := catalog.Lookup("webhook_list")
	triggers := slices.DeleteFunc(papi.LookupSchema("WebhookWebhookTriggersEnum").EnumTexts(), func(name string) bool { return name == catalog.EveryTrigger })
	random := rand.New(rand.NewPCG(1, 2))
	for _, n := range []int{10, 12, catalog.MaxWebhooks} {
		for each := range len(triggers) + 1 {
			hooks := make([]any, n)
			for i := range hooks {
				its := []any{catalog.EveryTrigger}
				if each > 0 {
					its = nil
				}
				for _, j := range random.Perm(len(triggers))[:each] {
					its = append(its, triggers[j])
				}
				hooks[i] = map[string]any{"id": ulid(random), "projectId": realisticProject, "target": fmt.Sprintf("https://hooks.example.com/papi/%02d", i), "triggers": its}
			}
			s := sample{row: row, answer: map[string]any{"pageSize": 20, "totalSize": n, "webhooks": hooks}}
			out, raw := s.answered(t), float64(tokentest.Count(s.raw()))
			for form, text := range map[string]string{"text": out.Text(), "result": string(encode(out.Structured))} {
				if got := float64(tokentest.Count(text)); got > 0.55*raw {
					t.Errorf("%d webhooks of %d triggers: the %s is %.3f of the answer", n, each, form, got/raw)
				}
			}
		}
	}
}

// ulid is an id as webhooks have it.
func ulid(random *rand.Rand) string {
	id := "01"
	for range 24 {
		id += string("0123456789ABCDEFGHJKMNPQRSTVWXYZ"[random.IntN(32)])
	}
	return id
}

// The steps about what needs attention are at most three, of 60 tokens each.
func TestStepsOfAListAreShort(t *testing.T) {
	seen := 0
	for _, s := range samples(t) {
		if !strings.HasSuffix(s.row.Tool, "_list") {
			continue
		}
		for _, n := range []int{1, 3, 9, len(s.items())} {
			next := jsonvalue.List(decoded(t, s.first(n).answered(t)), "next")
			if len(next) > maxNext {
				t.Errorf("%s of %d has %d steps", s.row.Tool, n, len(next))
			}
			for _, step := range next {
				if !strings.Contains(jsonvalue.Text(step, "do"), "attention") {
					continue
				}
				seen++
				if got := tokentest.Count(string(encode(step))); got > 60 {
					t.Errorf("%s: %d tokens: %s", s.row.Tool, got, encode(step))
				}
			}
		}
	}
	if seen == 0 {
		t.Error("nothing needs attention")
	}
}

// An empty list is an empty table, and the step that comes first.
func TestAnEmptyListIsShort(t *testing.T) {
	for _, s := range samples(t) {
		if !strings.HasSuffix(s.row.Tool, "_list") {
			continue
		}
		out := s.first(0).answered(t)
		r := *out.Structured.(*Result)
		for _, step := range r.Next {
			small(t, s.row.Tool, step)
		}
		if len(r.Next) > 1 {
			t.Errorf("%s: %s", s.row.Tool, encode(r))
		}
		r.Next = nil
		if got := string(encode(&r)); got != `{"data":{"cols":[],"rows":[]}}` || (Outcome{Structured: &r}).Text() != "0 items" {
			t.Errorf("%s: %s", s.row.Tool, got)
		}
	}
}

// wrapped are the reads whose answer shows neither ids nor a state, and nothing that says
// little: what they show is the answer, in data, a key of two tokens.
var wrapped = []string{"conversation_instagram_get", "conversation_messenger_get", "conversation_telegram_get", "conversation_viber_get", "rcs_test_number_capabilities_get"}

// What a result shows of one thing is no longer than the API's answer.
func TestOneThingIsNoLongerThanTheAnswer(t *testing.T) {
	for _, s := range samples(t) {
		if !strings.HasSuffix(s.row.Tool, "_get") {
			continue
		}
		r := decoded(t, s.answered(t))
		shown := map[string]any{}
		for _, key := range []string{"ids", "state", "pending", "data"} {
			if r[key] != nil {
				shown[key] = r[key]
			}
		}
		allowed := tokentest.Count(s.raw())
		if slices.Contains(wrapped, s.row.Tool) {
			allowed += 2
		}
		if got := tokentest.Count(string(encode(shown))); got > allowed {
			t.Errorf("%s: %d tokens, and the answer has %d:\n%s\n%s", s.row.Tool, got, allowed, encode(shown), s.raw())
		}
	}
}

// The result of a write shows what is now so, and of the answer only what its row
// keeps.
func TestAWriteShowsWhatItsRowKeeps(t *testing.T) {
	for _, row := range catalog.Rows() {
		if !row.Writes() {
			continue
		}
		status, answer := sampleAnswer(row.Op())
		if schema := row.Op().Answer(); schema != nil {
			answer = schema.Sample(true) // without unknown fields
		}
		set, _ := newSet(t, answerTo(row.Op(), status, answer), nil)
		args := example(newArguments(row, true))
		if row.RegisteredElsewhere {
			args[argRegisteredElsewhere] = true
		}
		r := result(t, do(t, set, row.Tool, args))
		if r["done"] != row.Done {
			t.Errorf("%s: done is %v", row.Tool, r["done"])
		}
		want := papi.AnswerSecrets.Mask(onlyPaths(answer, row.Keep))
		if len(row.Keep) == 0 {
			want = nil
		} else if len(jsonvalue.Object(want, "")) == 0 {
			t.Errorf("%s keeps %q, and nothing of it is in the answer %s", row.Tool, row.Keep, encode(answer))
		}
		sameJSON(t, row.Tool, r["data"], want)
	}
}
