// Package jsonvalue reads decoded JSON: what encoding/json puts into an any,
// with numbers as float64 or json.Number. A path is names with dots between
// them ("details.brand.name"); "" is the value itself. What is missing, or of
// another type than asked for, is the zero value, so that a chain of lookups
// needs no checks in between. [Decode] reads JSON, and [Encode] writes it.
package jsonvalue

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"time"
)

// Field returns the value at a path, nil where there is none.
func Field(value any, path string) any {
	for path != "" {
		var name string
		name, path, _ = strings.Cut(path, ".")
		object, _ := value.(map[string]any)
		value = object[name]
	}
	return value
}

// Text returns the scalar at a path as text: a string as it is, a number as it
// was written, a boolean as true or false. Null, objects and lists are "".
func Text(value any, path string) string {
	switch v := Field(value, path).(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	case bool, float64, int, int64:
		return fmt.Sprint(v)
	}
	return ""
}

// Number returns the number at a path; ok is false where there is none.
func Number(value any, path string) (n float64, ok bool) {
	switch v := Field(value, path).(type) {
	case float64:
		return v, true
	case json.Number:
		n, err := v.Float64()
		return n, err == nil
	}
	return 0, false
}

// Object returns the object at a path, nil where there is none.
func Object(value any, path string) map[string]any {
	object, _ := Field(value, path).(map[string]any)
	return object
}

// List returns the list at a path, nil where there is none.
func List(value any, path string) []any {
	list, _ := Field(value, path).([]any)
	return list
}

// Time returns the time at a path, in UTC: a string as RFC 3339 has it. Where there
// is none, it is the zero time.
func Time(value any, path string) time.Time {
	text := Text(value, path)
	if text == "" { // the error of Parse costs more
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339Nano, strings.ToUpper(text))
	if err != nil {
		return time.Time{}
	}
	return at.UTC()
}

// Objects returns the objects of the list at a path; other items are left out.
func Objects(value any, path string) []map[string]any { return items[map[string]any](value, path) }

// Texts returns the strings of the list at a path; other items are left out.
func Texts(value any, path string) []string { return items[string](value, path) }

func items[T any](value any, path string) []T {
	var all []T
	for _, item := range List(value, path) {
		if one, ok := item.(T); ok {
			all = append(all, one)
		}
	}
	return all
}

// Join returns the string at a path, or the strings of a list there as one text.
func Join(value any, path, separator string) string {
	if text, ok := Field(value, path).(string); ok {
		return text
	}
	return strings.Join(Texts(value, path), separator)
}

// IsEmpty reports whether a value says nothing: null, "" and an empty list; false,
// 0 and an object say something.
func IsEmpty(value any) bool {
	switch v := value.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	}
	return false
}

// With returns a copy of an object with one more field.
func With(object map[string]any, name string, value any) map[string]any {
	out := make(map[string]any, len(object)+1)
	for k, v := range object {
		out[k] = v
	}
	out[name] = value
	return out
}

// All returns a value and all values in it, at any depth, each with the name of the
// field that it is in, or that its list is in.
func All(value any) iter.Seq2[string, any] {
	return func(yield func(string, any) bool) { walk("", value, yield) }
}

func walk(name string, value any, yield func(string, any) bool) bool {
	if !yield(name, value) {
		return false
	}
	switch v := value.(type) {
	case map[string]any:
		for name, field := range v {
			if !walk(name, field, yield) {
				return false
			}
		}
	case []any:
		for _, item := range v {
			if !walk(name, item, yield) {
				return false
			}
		}
	}
	return true
}

// Map returns a copy of a value. edit is called with each value in it, at any depth,
// and with the name of its field, as All yields them. What it returns with true
// replaces the value; with false, an object or a list is copied in the same way, and
// any other value stays.
func Map(value any, edit func(name string, value any) (any, bool)) any {
	return mapNamed("", value, edit)
}

func mapNamed(name string, value any, edit func(string, any) (any, bool)) any {
	if edited, done := edit(name, value); done {
		return edited
	}
	switch v := value.(type) {
	case map[string]any:
		object := make(map[string]any, len(v))
		for name, field := range v {
			object[name] = mapNamed(name, field, edit)
		}
		return object
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = mapNamed(name, item, edit)
		}
		return list
	}
	return value
}

// Encode returns the JSON of a value whose types can always be encoded; for any
// other it panics. The signs of HTML are not escaped: agents read them.
func Encode(value any) json.RawMessage {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		panic("jsonvalue: " + err.Error())
	}
	return bytes.TrimRight(b.Bytes(), "\n")
}
