package jsonvalue_test

import (
	"testing"

	"papi-mcp/internal/jsonvalue"
)

func TestParts(t *testing.T) {
	const raw = `{"id":"1","details":{"name":"A","tags":["x"]},"parts":[{"id":"2","state":"OK"},{"state":"BAD"}],"":{"":"3"}}`
	only := func(path string) func(any) any {
		return func(value any) any {
			part, found := jsonvalue.Only(value, path)
			return []any{part, found}
		}
	}
	without := func(path string) func(any) any {
		return func(value any) any { return jsonvalue.Without(value, path) }
	}
	each := func(path string) func(any) any {
		return func(value any) any { return jsonvalue.FieldOfEach(value, path) }
	}
	for _, tt := range []struct {
		name string
		take func(any) any
		want string
	}{
		{"only a field", only("details.name"), `[{"details":{"name":"A"}},true]`},
		{"only a field of items, which keep their places", only("parts.id"), `[{"parts":[{"id":"2"},{}]},true]`},
		{"only what is missing", only("parts.name"), `[{"parts":[{},{}]},false]`},
		{"only the field without a name", only("."), `[{"":{"":"3"}},true]`},
		{"only a field of a text", only("id.name"), `[{"id":null},false]`},
		{"without a field of items", without("parts.state"), `{"":{"":"3"},"details":{"name":"A","tags":["x"]},"id":"1","parts":[{"id":"2"},{}]}`},
		{"without any field of that name", without("*.name"), `{"":{"":"3"},"details":{"tags":["x"]},"id":"1","parts":[{"id":"2","state":"OK"},{"state":"BAD"}]}`},
		{"a field of each item", each("parts.id"), `["2",null]`},
		{"a field that no item has", each("parts.name"), `null`},
		{"a field", each("details.tags"), `["x"]`},
		{"a field of a text", each("id.name"), `null`},
	} {
		value, err := jsonvalue.Decode([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		if got := string(jsonvalue.Encode(tt.take(value))); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
		if got := string(jsonvalue.Encode(value)); len(got) != len(raw) {
			t.Errorf("%s changed the value: %s", tt.name, got)
		}
	}
}

func TestUnionJoinsParts(t *testing.T) {
	const raw = `{"id":"1","parts":[{"id":"2","state":"OK"},{"id":"3","state":"BAD"}]}`
	value, err := jsonvalue.Decode([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	all := any(map[string]any{})
	for _, path := range []string{"parts.state", "id", "parts.id"} {
		part, _ := jsonvalue.Only(value, path)
		all = jsonvalue.Union(all, part)
	}
	if got := string(jsonvalue.Encode(all)); got != raw {
		t.Errorf("%s, want %s", got, raw)
	}
}
