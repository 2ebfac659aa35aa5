package jsonvalue

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"testing"
)

func decoded(t *testing.T, raw string) any {
	t.Helper()
	value, err := Decode([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func TestFieldsByPath(t *testing.T) {
	value := decoded(t, `{"a": {"b": {"text": "x", "number": 1.50, "yes": true, "none": null, "list": ["p", 2, {"q": "r"}]}}}`)
	for path, want := range map[string]string{
		"a.b.text": "x", "a.b.number": "1.50", "a.b.yes": "true", "a.b.none": "", "a.b": "", "a.b.list": "", "a.c.text": "", "a.b.text.more": "", "": "",
	} {
		if got := Text(value, path); got != want {
			t.Errorf("Text(%q) = %q, want %q", path, got, want)
		}
	}
	if got := Text("itself", ""); got != "itself" {
		t.Errorf("Text of the value itself = %q", got)
	}
	if got := Texts(value, "a.b.list"); !slices.Equal(got, []string{"p"}) {
		t.Errorf("Texts = %q", got)
	}
	if got := Objects(value, "a.b.list"); len(got) != 1 || got[0]["q"] != "r" {
		t.Errorf("Objects = %v", got)
	}
	if Object(value, "a.b") == nil || Object(value, "a.b.text") != nil || Object(nil, "a") != nil {
		t.Error("Object is the object at the path, or nil")
	}
}

func TestIsEmpty(t *testing.T) {
	for raw, want := range map[string]bool{`null`: true, `""`: true, `[]`: true, `0`: false, `false`: false, `{}`: false, `"x"`: false, `[0]`: false} {
		if got := IsEmpty(decoded(t, raw)); got != want {
			t.Errorf("IsEmpty(%s) = %v", raw, got)
		}
	}
}

func TestWithCopies(t *testing.T) {
	object := map[string]any{"a": 1}
	if got := With(object, "b", 2); len(got) != 2 || len(object) != 1 {
		t.Errorf("With = %v, and the object is %v", got, object)
	}
}

func TestJoin(t *testing.T) {
	value := decoded(t, `{"text":"a","list":["a","b",1],"number":1,"object":{}}`)
	for path, want := range map[string]string{"text": "a", "list": "a; b", "number": "", "object": "", "none": ""} {
		if got := Join(value, path, "; "); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

func TestAllNamesEachValue(t *testing.T) {
	got := map[string]int{}
	for name, value := range All(decoded(t, `{"a":[1,{"b":null}],"c":{"a":"x"}}`)) {
		got[fmt.Sprintf("%s %T", name, value)]++
	}
	want := map[string]int{" map[string]interface {}": 1, "a []interface {}": 1, "a json.Number": 1, "a map[string]interface {}": 1, "b <nil>": 1, "c map[string]interface {}": 1, "a string": 1}
	if !maps.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	for range All([]any{1, 2}) {
		break
	}
}

func TestMapCopies(t *testing.T) {
	value := decoded(t, `{"a":[1,{"b":2}],"c":"x"}`)
	got := Map(value, func(name string, value any) (any, bool) { return "***", name == "b" })
	if raw := string(Encode(got)); raw != `{"a":[1,{"b":"***"}],"c":"x"}` {
		t.Errorf("got %s", raw)
	}
	if raw := string(Encode(value)); raw != `{"a":[1,{"b":2}],"c":"x"}` {
		t.Errorf("the original is %s", raw)
	}
}

func TestNumber(t *testing.T) {
	doc := map[string]any{"a": map[string]any{"float": 1.5, "number": json.Number("2"), "huge": json.Number("1e999"), "text": "3"}}
	for path, want := range map[string]float64{"a.float": 1.5, "a.number": 2} {
		if n, ok := Number(doc, path); !ok || n != want {
			t.Errorf("%s: %v, %v", path, n, ok)
		}
	}
	for _, path := range []string{"a.huge", "a.text", "a.none", "a"} {
		if n, ok := Number(doc, path); ok {
			t.Errorf("%s is no number: %v", path, n)
		}
	}
}
