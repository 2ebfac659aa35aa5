package tools

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// call calls a tool with arguments as they are.
func callRaw(t testing.TB, s *Set, tool, raw string) Outcome {
	t.Helper()
	return s.Call(t.Context(), Caller{Principal: "test"}, tool, json.RawMessage(raw))
}

// huge are arguments of about n bytes that would cost much if anything looked
// at them closely, each for a tool that takes the argument.
func huge(n int) map[string][2]string {
	times := func(text string) string { return strings.Repeat(text, max(1, n/len(text))) }
	names := func(form string) string {
		var b strings.Builder
		for i := 0; b.Len() < n; i++ {
			fmt.Fprintf(&b, form, i)
		}
		return strings.TrimSuffix(b.String(), ",")
	}
	return map[string][2]string{
		"digits":                         {"webhook_list", `{"pageSize":` + times("9") + `}`},
		"digits of an unknown name":      {"webhook_list", `{"x":` + times("9") + `}`},
		"digits in a text":               {"webhook_list", `{"pageSize":"` + times("9") + `"}`},
		"digits after the point":         {"webhook_list", `{"pageSize":0.` + times("9") + `}`},
		"digits of a code":               {"kakaotalk_sender_verify", `{"plusFriendId":"x","code":` + times("9") + `}`},
		"digits in a union":              {"whatsapp_sender_create", `{"details":{"vertical":` + times("9") + `}}`},
		"digits of a core tool":          {"project_overview", `{"projectId":` + times("9") + `}`},
		"an exponent":                    {"webhook_list", `{"pageSize":1e` + times("9") + `}`},
		"a name":                         {"webhook_list", `{"` + times("x") + `":1}`},
		"a name of a core tool":          {"schema_get", `{"` + times("x") + `":1}`},
		"a name in an object":            {"whatsapp_template_create", `{"details":{"` + times("x") + `":1}}`},
		"names":                          {"webhook_list", "{" + names(`"n%d":1,`) + "}"},
		"the same name":                  {"webhook_list", "{" + strings.TrimSuffix(times(`"n":1,`), ",") + "}"},
		"names in an object":             {"whatsapp_template_create", `{"details":{` + names(`"n%d":1,`) + `}}`},
		"fields":                         {"webhook_list", `{"fields":[` + names(`"f%d",`) + `]}`},
		"a long path in fields":          {"webhook_list", `{"fields":["` + times("a.") + `"]}`},
		"objects in lists in each other": {"webhook_list", `{"x":` + strings.Repeat(`[{"a":`, n/12) + "1" + strings.Repeat("}]", n/12) + `}`},
		"lists in each other in a text":  {"whatsapp_template_create", `{"details":"` + times("[") + `"}`},
		"an open list":                   {"webhook_list", times("[")},
		"items":                          {"rcs_test_number_add", `{"senderId":"x","testNumbers":[` + names(`%d,`) + `]}`},
		"wrong items":                    {"whatsapp_template_create", `{"details":{"components":[` + strings.TrimSuffix(times("{},"), ",") + `]}}`},
		"texts of objects":               {"whatsapp_template_create", `{"details":{"components":[` + strings.TrimSuffix(times(`"{\"type\":\"BODY\",\"x\":[1,1,1,1,1,1]}",`), ",") + `]}}`},
		"nulls":                          {"webhook_update", `{"webhookId":"x","triggers":[` + strings.TrimSuffix(times("null,"), ",") + `]}`},
		"a value of a list":              {"whatsapp_template_create", `{"name":"a_b","category":"UTILITY","language":"` + times("é") + `"}`},
		"a constant of a union":          {"whatsapp_template_create", `{"details":{"components":[{"type":"` + times("x") + `"}]}}`},
		"a URL":                          {"webhook_create", `{"secret":"x","target":"https://` + times("a.") + `"}`},
		"an email address":               {"rcs_sender_create", `{"details":{"brand":{"emails":[{"label":"x","address":"[` + times("1") + `"}]}}}`},
		"an id":                          {"webhook_get", `{"webhookId":"` + times("x") + `"}`},
		"a project":                      {"webhook_list", `{"projectId":"` + times("p") + `"}`},
		"a project of a core tool":       {"project_confirm", `{"projectId":"` + times("p") + `"}`},
		"a tool":                         {"schema_get", `{"tool":"` + times("x") + `"}`},
		"a token":                        {"webhook_delete", `{"webhookId":"x","confirm":"` + times("x") + `"}`},
		"blanks":                         {"webhook_list", "{" + times(" ") + "}"},
		"escapes":                        {"webhook_list", `{"` + times(`\u0000`) + `":1}`},
		"no JSON":                        {"webhook_list", times("x")},
	}
}

// maxAnswer bounds the JSON of an error about arguments: 50 violations, each
// with a list of values.
const maxAnswer = 100 << 10

// What is given is refused in a bounded answer, which repeats at most a hundred
// characters of it.
func TestHugeArguments(t *testing.T) {
	if testing.Short() {
		t.Skip("many calls, one after the other")
	}
	set, _ := newSet(t, answerJSON(http.StatusNotFound, map[string]any{"errorCode": "webhook_not_found"}), nil)
	for name, given := range huge(1 << 20) {
		t.Run(name, func(t *testing.T) {
			started := time.Now()
			out := callRaw(t, set, given[0], given[1])
			if took := time.Since(started); took > 5*time.Second {
				t.Errorf("it took %s", took)
			}
			raw := encode(out.Structured)
			if len(raw) > maxAnswer {
				t.Errorf("the answer has %d bytes: %.300s", len(raw), raw)
			}
			eachText(decoded(t, out), func(text string) {
				for _, run := range []string{"9", "x", "p", "é", "a.", "1", " ", "\x00", "["} {
					if strings.Contains(text, strings.Repeat(run, papi.MaxEcho+1)) {
						t.Errorf("the answer repeats %d characters: %.300s", utf8.RuneCountInString(text), text)
					}
				}
			})
		})
	}
}

func eachText(value any, do func(string)) {
	switch v := value.(type) {
	case string:
		do(v)
	case []any:
		for _, item := range v {
			eachText(item, do)
		}
	case map[string]any:
		for name, field := range v {
			do(name)
			eachText(field, do)
		}
	}
}

func TestLimits(t *testing.T) {
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	names := func(n int) string {
		fields := map[string]int{}
		for i := range n {
			fields[fmt.Sprint("n", i)] = i
		}
		return string(encode(fields))
	}
	for text, want := range map[string]string{
		strings.Repeat("9", maxDigits):       "",
		strings.Repeat("9", maxDigits+1):     "a number of at most 64 digits",
		"-" + strings.Repeat("9", maxDigits): "",
		"1e63":                               "",
		"1e64":                               "a number of at most 64 digits",
		"1e-64":                              "a number of at most 64 digits",
		"1E+999999999":                       "a number of at most 64 digits",
		"1e99999999999999999999":             "a number of at most 64 digits",
		`{"` + strings.Repeat("x", maxName) + `":1}`:        "",
		`{"` + strings.Repeat("x", maxName+1) + `":1}`:      "a name of at most 128 bytes",
		`{"` + strings.Repeat(`\u00e9`, maxName/2) + `":1}`: "",
		names(maxNames):     "",
		names(maxNames + 1): "at most 200 names in an object",
		deep(maxDepth):      "",
		deep(maxDepth + 2):  "objects and lists nested at most 32 deep",
		"[1" + strings.Repeat(",1", maxValues-2) + "]": "",
		"[1" + strings.Repeat(",1", maxValues) + "]":   "at most 5000 values in total",
		`"` + strings.Repeat("x", 1<<20) + `"`:         "",
	} {
		_, err := newReader([]byte(text)).read()
		passed, ok := errors.AsType[*limitError](err)
		switch {
		case want == "" && err != nil, want != "" && !ok:
			t.Errorf("%.80s: %v", text, err)
		case want != "" && passed.Allowed != want:
			t.Errorf("%.80s: %q, want %q", text, passed.Allowed, want)
		}
	}
}

func TestFieldsAreBounded(t *testing.T) {
	set, _ := newSet(t, answerJSON(http.StatusOK, map[string]any{"webhooks": []any{}}), nil)
	paths := make([]string, maxNames+1)
	for i := range paths {
		paths[i] = fmt.Sprint("f", i)
	}
	r := result(t, do(t, set, "webhook_list", map[string]any{"fields": paths[:maxNames]}))
	if n := len(jsonvalue.List(r, "warnings")); n != maxWarnings+1 {
		t.Errorf("%d warnings", n)
	}
	if e := failure(t, do(t, set, "webhook_list", map[string]any{"fields": paths})); !strings.Contains(string(encode(e)), "at most 200 paths") {
		t.Errorf("got %s", encode(e))
	}
}

// FuzzReader: a text is read as encoding/json reads it, or refused.
func FuzzReader(f *testing.F) {
	for _, seed := range []string{`{}`, `[1,"a",null,{"b":[true]}]`, `{"a":1,"a":2}`, `{"a":1,}`, `[1 2]`, `1 2`, `"\ud800"`, `{"a"`, `]`, ``, `1e5`, `{a:1}`, `{"a":1 "b":2}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := newReader([]byte(text)).read()
		if _, passed := errors.AsType[*limitError](err); passed {
			return
		}
		if json.Valid([]byte(text)) != (err == nil) {
			t.Fatalf("valid: %v, %v", json.Valid([]byte(text)), err)
		}
		if err != nil {
			return
		}
		var want any
		dec := json.NewDecoder(strings.NewReader(text))
		dec.UseNumber()
		if err := dec.Decode(&want); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	})
}

// FuzzAnswerSize: whatever comes as arguments, a refusal is of a bounded size.
func FuzzAnswerSize(f *testing.F) {
	rows := catalog.Rows()
	index := map[string]int{}
	for i, row := range rows {
		index[row.Tool] = i
	}
	for _, given := range huge(4 << 10) {
		f.Add(index[given[0]], given[1])
	}
	set, _ := newSet(f, answerJSON(http.StatusNotFound, map[string]any{"errorCode": "webhook_not_found"}), nil)
	f.Fuzz(func(t *testing.T, i int, raw string) {
		out := callRaw(t, set, rows[uint(i)%uint(len(rows))].Tool, raw)
		if n := len(encode(out.Structured)); n > maxAnswer+8*len(raw) && out.IsError || n > maxAnswer && strings.Contains(string(encode(out.Structured)), "invalid_arguments") {
			t.Errorf("an answer of %d bytes: %.300s", n, encode(out.Structured))
		}
	})
}

// BenchmarkHugeArguments reports what a byte costs in arguments of growing
// size: linear cost shows as the same ns/byte, and x as the ratio to half of it.
func BenchmarkHugeArguments(b *testing.B) {
	set, _ := newSet(b, answerJSON(http.StatusNotFound, map[string]any{"errorCode": "webhook_not_found"}), nil)
	for _, name := range []string{"digits", "digits in a text", "a name", "names", "objects in lists in each other", "wrong items", "texts of objects", "a value of a list", "a constant of a union", "an email address", "a URL"} {
		before := 0.0
		for _, size := range []int{64 << 10, 128 << 10, 256 << 10, 512 << 10, 1 << 20, 2 << 20, 4 << 20} {
			given := huge(size)[name]
			b.Run(fmt.Sprintf("%s/%dK", name, size>>10), func(b *testing.B) {
				b.SetBytes(int64(len(given[1])))
				for b.Loop() {
					callRaw(b, set, given[0], given[1])
				}
				each := float64(b.Elapsed().Nanoseconds()) / float64(b.N)
				b.ReportMetric(each/float64(len(given[1])), "ns/byte")
				if before > 0 {
					b.ReportMetric(each/before, "x")
				}
				before = each
			})
		}
	}
}

// No refusal of ours, of the arguments or of the guard, repeats more than a
// hundred characters of what was given, the ellipsis among them, in any argument
// of any tool.
func TestRefusalsRepeatLittle(t *testing.T) {
	if testing.Short() {
		t.Skip("many calls, one after the other")
	}
	long := strings.Repeat("y", 3000)
	var stretch func(value any) any
	stretch = func(value any) any {
		switch v := value.(type) {
		case string:
			return long
		case []any:
			out := make([]any, len(v))
			for i, item := range v {
				out[i] = stretch(item)
			}
			return out
		case map[string]any:
			out := make(map[string]any, len(v))
			for name, field := range v {
				out[name] = stretch(field)
			}
			return out
		}
		return value
	}
	item := map[string]any{"id": "x", "name": long, "target": "https://example.com/" + long, "plusFriendId": long, "code": long, "state": "ACTIVE", "language": "DE"}
	set, _ := newSet(t, answerJSON(http.StatusOK, map[string]any{
		"id": "x", "state": "ACTIVE", "webhooks": []any{item}, "senders": []any{item}, "templates": []any{item}, "smsApps": []any{item}, "details": item,
	}), func(o *guard.Options) { o.Rules = nil })
	for _, row := range catalog.Rows() {
		t.Run(row.Tool, func(t *testing.T) {
			a := newArguments(row, true)
			most, _ := a.checked.Sample(true).(map[string]any)
			for name := range ownArguments {
				delete(most, name)
			}
			calls := []map[string]any{stretch(most).(map[string]any), {"projectId": long}}
			for name, value := range most {
				args := maps.Clone(most)
				args[name] = stretch(value)
				calls = append(calls, args)
				if _, isText := value.(string); isText {
					args = maps.Clone(most)
					args[name] = "https://example.com/" + long
					calls = append(calls, args)
					args = maps.Clone(most)
					args[name] = long + " "
					calls = append(calls, args)
				}
			}
			for _, args := range calls {
				out := do(t, set, row.Tool, args)
				if e, ours := out.Structured.(*Error); ours && e.Status == 0 {
					if raw := string(encode(e)); strings.Contains(raw, long[:100]) {
						t.Errorf("%s repeats: %.400s", e.Code, raw)
					}
				}
			}
		})
	}
}
