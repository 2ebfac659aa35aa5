package tools

import (
	"slices"
	"strings"
	"testing"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
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

// tooSmall are the tools whose answer with so many items is so small that not even
// the bare table fits into it.
var tooSmall = map[string]int{"whatsapp_flow_screen_list": 6}

// A list of few items is never longer than the API's answer.
func TestListsOfFewItemsAreNoLongerThanTheAnswer(t *testing.T) {
	for _, s := range samples(t) {
		if !strings.HasSuffix(s.row.Tool, "_list") {
			continue
		}
		for n := 1; n < 10; n++ {
			few := s.first(n)
			out, raw := few.answered(t), tokentest.Count(few.raw())
			if got := tokentest.Count(out.Text()); got > raw {
				t.Errorf("%s of %d: the text has %d tokens, the answer %d: %s", s.row.Tool, n, got, raw, out.Text())
			}
			if got := tokentest.Count(string(encode(out.Structured))); got > raw && n > tooSmall[s.row.Tool] {
				t.Errorf("%s of %d: the result has %d tokens, the answer %d: %s", s.row.Tool, n, got, raw, encode(out.Structured))
			}
		}
	}
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

// An empty list is a few words, and the step that follows.
func TestAnEmptyListIsShort(t *testing.T) {
	for _, s := range samples(t) {
		if !strings.HasSuffix(s.row.Tool, "_list") {
			continue
		}
		few := s.first(0)
		out := few.answered(t)
		r := decoded(t, out)
		delete(r, "next")
		if got, raw := tokentest.Count(string(encode(r))), tokentest.Count(few.raw()); got > max(raw, 15) {
			t.Errorf("%s: %d tokens, and the answer has %d: %s", s.row.Tool, got, raw, encode(r))
		}
		if got := tokentest.Count(out.Text()); got > 60 {
			t.Errorf("%s: the text has %d tokens: %s", s.row.Tool, got, out.Text())
		}
	}
}

// wrapped are the reads whose answer shows neither ids nor a state, and is small: what
// they show is the answer, and the word data.
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
