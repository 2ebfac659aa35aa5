package guard

import (
	"encoding/json"
	"maps"
	"strconv"

	"papi-mcp/internal/papi"
)

// canonical returns arguments as they are compared: two that ask the API for
// the same are equal. What is left out and has a default in the contract has
// it, and a number is written in one way. Where an operation's body has
// variants, only its parameters have defaults: which variant is meant, the
// arguments don't say.
func canonical(op *papi.Operation, args map[string]any) map[string]any {
	full := maps.Clone(args)
	if full == nil {
		full = map[string]any{}
	}
	fill := func(name string, s *papi.Schema) {
		if _, given := full[name]; !given && s != nil {
			if value := s.Resolve().Default; value != nil {
				full[name] = value
			}
		}
	}
	for _, p := range op.Parameters {
		fill(p.Name, p.Schema)
	}
	if variants := op.Variants(); len(variants) == 1 {
		for name, s := range variants[0].Properties {
			fill(name, s)
		}
	}
	return canonicalValue(full).(map[string]any)
}

func canonicalValue(value any) any {
	switch v := value.(type) {
	case map[string]any:
		object := make(map[string]any, len(v))
		for name, field := range v {
			object[name] = canonicalValue(field)
		}
		return object
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = canonicalValue(item)
		}
		return list
	case json.Number:
		if _, err := strconv.ParseInt(v.String(), 10, 64); err == nil {
			return v // exact, where a float may not be
		}
		if f, err := v.Float64(); err == nil {
			return f
		}
	}
	return value
}
