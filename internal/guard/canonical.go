package guard

import (
	"encoding/json"
	"maps"
	"strconv"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// canonical returns arguments in the form in which they are compared: two calls
// that ask the API for the same have equal arguments. Defaults of the contract
// are filled in, and a number is written in one way. Where an operation's body
// has variants, only the parameters get their defaults: the arguments don't say
// which variant is meant.
func canonical(op *papi.Operation, args map[string]any) map[string]any {
	full := map[string]any{}
	maps.Copy(full, args)
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
	return jsonvalue.Map(full, canonicalNumber).(map[string]any)
}

// canonicalNumber writes a number in one way.
func canonicalNumber(_ string, value any) (any, bool) {
	n, ok := value.(json.Number)
	if !ok {
		return nil, false
	}
	if _, err := strconv.ParseInt(n.String(), 10, 64); err == nil {
		return n, true // exact, where a float may not be
	}
	f, err := n.Float64()
	return f, err == nil
}
