package tools

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/papi"
)

// Each tool, given the least and the most that the contract allows, sends
// exactly the request that the contract describes, and loses nothing of the
// answer.
func TestEachToolKeepsToTheContract(t *testing.T) {
	for _, row := range catalog.Rows() {
		op := row.Op()
		bodies := op.Variants()
		if len(bodies) == 0 {
			bodies = []*papi.Schema{nil}
		}
		for i, body := range bodies {
			for _, most := range []bool{false, true} {
				name := row.Tool + map[bool]string{false: "/least", true: "/most"}[most]
				if len(bodies) > 1 {
					name = fmt.Sprintf("%s/variant %d", name, i)
				}
				t.Run(name, func(t *testing.T) { keepsToTheContract(t, row, body, most) })
			}
		}
	}
}

func keepsToTheContract(t *testing.T, row *catalog.Row, body *papi.Schema, most bool) {
	op := row.Op()
	status, answer := sampleAnswer(op)
	set, api := newSet(t, answerTo(op, status, answer), nil)

	args := map[string]any{}
	path := op.Path
	query := url.Values{}
	for _, p := range op.Parameters {
		switch {
		case p.Name == "projectId":
			path = strings.ReplaceAll(path, "{projectId}", project)
		case p.In == "path":
			value := pathValue(p)
			args[p.Name] = value
			path = strings.ReplaceAll(path, "{"+p.Name+"}", url.PathEscape(value))
		case most || p.Required:
			value := p.Schema.Sample(true)
			args[p.Name] = value
			for _, v := range asList(value) {
				query.Add(p.Name, fmt.Sprint(v))
			}
		}
	}
	var sentBody map[string]any
	if body != nil {
		sentBody = sampleBody(row, body, most)
		maps.Copy(args, sentBody)
	}
	if showsSecrets(row) {
		args[argReveal] = true
	}
	if op.Answer() != nil {
		args[argDetail] = "full"
	}
	if row.Tool == "whatsapp_sender_verify" {
		args[argRegisteredElsewhere] = true
	}

	r := result(t, do(t, set, row.Tool, args))

	got := api.last()
	if got.method != op.Method || got.path != path {
		t.Errorf("sent %s %s, want %s %s", got.method, got.path, op.Method, path)
	}
	if !reflect.DeepEqual(got.query, map[string][]string(query)) {
		t.Errorf("query %v, want %v", got.query, query)
	}
	if body == nil {
		if got.body != "" || got.contentType != "" {
			t.Errorf("a body where the contract has none: %q (%s)", got.body, got.contentType)
		}
	} else {
		if got.contentType != "application/json" {
			t.Errorf("content type %q", got.contentType)
		}
		sameJSON(t, "body", json.RawMessage(got.body), sentBody)
	}
	sameJSON(t, "data", r["data"], answer)
	for key, value := range r {
		switch v := value.(type) {
		case nil:
			t.Errorf("%q is null", key)
		case string:
			if v == "" {
				t.Errorf("%q is empty", key)
			}
		case []any:
			if len(v) == 0 {
				t.Errorf("%q is empty", key)
			}
		}
	}
	for _, key := range []string{"tool", "projectId"} {
		if _, has := r[key]; has {
			t.Errorf("the result repeats %q", key)
		}
	}
}

// sampleBody is the least or the most that a body may be.
func sampleBody(row *catalog.Row, body *papi.Schema, most bool) map[string]any {
	sample := body.Sample(most).(map[string]any)
	if triggers, ok := sample["triggers"]; ok && len(triggers.([]any)) > 1 {
		sample["triggers"] = []any{"BUNDLE_DONE", "RCS_SENDER_STATUS_UPDATED"}
	}
	if row.Tool == "bundle_create" && most {
		for _, hook := range sample["webhooks"].([]any) {
			hook.(map[string]any)["triggers"] = []any{"ALL"}
		}
	}
	return sample
}

// pathValue is an id that shows whether a path is escaped.
func pathValue(p papi.Parameter) string {
	if s := p.Schema.Resolve(); len(s.Enum) > 0 {
		return s.Enum[0].(string)
	}
	return "@a b+c?d#é"
}

// sampleAnswer is the fullest answer of an operation, with fields that the
// contract does not know, as a newer API may send them.
func sampleAnswer(op *papi.Operation) (int, any) {
	status := slices.Min(slices.Collect(maps.Keys(op.Answers)))
	schema := op.Answers[status]
	if schema == nil {
		return status, nil
	}
	answer := schema.Sample(true).(map[string]any)
	delete(answer, "failedSolutions")
	answer["aNewField"] = map[string]any{"nested": []any{"x", 1.5, nil, true}}
	for _, v := range answer {
		for _, item := range asList(v) {
			if fields, ok := item.(map[string]any); ok {
				fields["aNewItemField"] = "kept"
			}
		}
	}
	return status, answer
}

// answerTo answers the operation with the answer, and the guard's reads of a
// sender with the state that lets register and verify through.
func answerTo(op *papi.Operation, status int, answer any) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method != op.Method {
			state := "PENDING_VERIFICATION"
			if strings.Contains(r.URL.Path, "kakaotalk") {
				state = "VERIFYING"
			}
			answerJSON(http.StatusOK, map[string]any{"state": state})(w, r)
			return
		}
		answerJSON(status, answer)(w, r)
	}
}

func asList(value any) []any {
	if l, ok := value.([]any); ok {
		return l
	}
	return []any{value}
}

func sameJSON(t *testing.T, what string, got, want any) {
	t.Helper()
	var g, w any
	if err := json.Unmarshal(encode(got), &g); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(encode(want), &w); err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(g, w) {
		t.Errorf("%s:\n got %s\nwant %s", what, encode(g), encode(w))
	}
}
