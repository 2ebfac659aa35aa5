package jsonvalue

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func decoded(t *testing.T, raw string) any {
	t.Helper()
	d := json.NewDecoder(strings.NewReader(raw))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
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
