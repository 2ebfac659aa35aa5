package events

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// maxType bounds a type, in characters: those of the contract have less than 60.
const maxType = 200

// parse takes the body of a delivery apart. Nothing but a JSON object has a signature that
// holds for one nonce alone: see [Receiver].
func parse(body []byte) (e Event, _ error) {
	value, err := jsonvalue.Decode(body)
	if err != nil {
		return e, err
	}
	fields, ok := value.(map[string]any)
	if !ok {
		return e, errors.New("not a JSON object")
	}
	fields, _ = papi.MaskAnswer(printable("", fields)).(map[string]any)
	if text, ok := fields["type"].(string); ok {
		e.Type = papi.Truncate(text, maxType)
		delete(fields, "type")
	}
	if payload := fields["payload"]; payload != nil {
		e.Payload = jsonvalue.Encode(payload)
	}
	delete(fields, "payload")
	if len(fields) > 0 {
		e.More = jsonvalue.Encode(fields)
	}
	return e, nil
}

// printable returns a copy of a JSON value whose texts and names are printable. An
// identifier that is not becomes null, since another text could name another thing; of two
// names that differ in hidden characters alone, the one without them counts.
func printable(name string, value any) any {
	switch v := value.(type) {
	case string:
		text := papi.Printable(v)
		if text != v && papi.IsIdentifier(name) {
			return nil
		}
		return text
	case []any:
		list := make([]any, len(v))
		for i, item := range v {
			list[i] = printable(name, item)
		}
		return list
	case map[string]any:
		object := make(map[string]any, len(v))
		for _, name := range slices.SortedFunc(maps.Keys(v), hiddenLast) {
			clean := papi.Printable(name)
			if _, taken := object[clean]; !taken {
				object[clean] = printable(clean, v[name])
			}
		}
		return object
	}
	return value
}

// hiddenLast orders names: those that are printable come first.
func hiddenLast(a, b string) int {
	rank := func(name string) int {
		if papi.Printable(name) != name {
			return 1
		}
		return 0
	}
	if order := rank(a) - rank(b); order != 0 {
		return order
	}
	return strings.Compare(a, b)
}
