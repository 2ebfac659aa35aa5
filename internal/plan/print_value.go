package plan

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rogpeppe/go-internal/diff"

	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lazyregexp"
	"papi-mcp/internal/papi"
)

// inline is a text from outside on one line, clipped.
func inline(text string, max int) string {
	return papi.Truncate(strings.Join(strings.Fields(papi.Printable(text)), " "), max)
}

// word is a text that needs no quotes: a state, a code, a trigger.
var word = lazyregexp.New(`^[A-Z0-9_]+$`)

// shown is a value on one line: a text in quotes, unless it is a word of the API, an
// object or a list as JSON, clipped.
func shown(value any) string {
	switch v := value.(type) {
	case nil:
		return "null"
	case string:
		if v == papi.Masked || word.MatchString(v) && len(v) <= maxValue {
			return v
		}
		return papi.Quoted(v, maxValue)
	case []any:
		if isWords(v) {
			return inline(strings.Join(texts(v), ", "), maxValue)
		}
		return papi.Count(len(v), "item") + " " + inline(string(jsonvalue.Encode(v)), maxValue)
	}
	return inline(string(jsonvalue.Encode(value)), maxValue)
}

// readValue decodes one side of a change; nil where it is absent.
func readValue(raw json.RawMessage) any {
	value, _ := jsonvalue.Decode(raw)
	return value
}

// isWords reports whether a value is a list of texts without blanks, such as triggers,
// countries or numbers.
func isWords(value any) bool {
	list, ok := value.([]any)
	return ok && !slices.ContainsFunc(list, func(one any) bool {
		text, isText := one.(string)
		return !isText || text == "" || strings.ContainsAny(text, " \t\n,")
	})
}

func texts(list []any) []string {
	all := make([]string, len(list))
	for i, one := range list {
		all[i] = jsonvalue.Text(one, "")
	}
	return all
}

// setChange says what a list of words has more and less.
func setChange(from, to []any) string {
	var parts []string
	before, after := texts(from), texts(to)
	for _, one := range after {
		if !slices.Contains(before, one) {
			parts = append(parts, "+"+inline(one, maxValue))
		}
	}
	for _, one := range before {
		if !slices.Contains(after, one) {
			parts = append(parts, "-"+inline(one, maxValue))
		}
	}
	if parts == nil { // in another order, which counts here
		return shown(from) + " -> " + shown(to)
	}
	return clipped(parts)
}

// clipped lists parts, the first of many.
func clipped(parts []string) string {
	if more := len(parts) - maxLines; more > 0 {
		return strings.Join(parts[:maxLines], " ") + fmt.Sprintf(" … and %d more", more)
	}
	return strings.Join(parts, " ")
}

// lineChanges are the lines of a text that differ, those before with - and those after
// with +. A line that differs in a part is clipped to it.
func lineChanges(before, after string) []string {
	unified := string(diff.Diff("a", []byte(papi.Printable(before)+"\n"), "b", []byte(papi.Printable(after)+"\n")))
	var lines []string
	for line := range strings.Lines(unified) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case line == "", strings.HasPrefix(line, "diff "), strings.HasPrefix(line, "--- a"), strings.HasPrefix(line, "+++ b"), line[0] == '@', line[0] == ' ':
		case line[0] == '-', line[0] == '+':
			lines = append(lines, line[:1]+" "+line[1:])
		}
	}
	if len(lines) == 2 {
		lines[0], lines[1] = aroundDifference(lines[0], lines[1])
	}
	for i := range lines {
		lines[i] = papi.Truncate(lines[i], 2*maxValue)
	}
	return lines
}

// aroundDifference clips the beginning that two long lines share.
func aroundDifference(before, after string) (string, string) {
	const context = 30
	a, b := []rune(before), []rune(after)
	same := 2 // the signs differ
	for same < min(len(a), len(b)) && a[same] == b[same] {
		same++
	}
	if cut := same - context; cut > context {
		return string(a[:2]) + "…" + string(a[cut:]), string(b[:2]) + "…" + string(b[cut:])
	}
	return before, after
}

// flatField is a field of a thing by its path.
type flatField struct{ path, text string }

// flatten are the fields of the arguments of a call, at any depth, as they are shown.
// Secrets are masked.
func flatten(args map[string]any) []flatField {
	var fields []flatField
	var walk func(path, name string, value any)
	walk = func(path, name string, value any) {
		switch v := value.(type) {
		case map[string]any:
			for _, key := range slices.Sorted(maps.Keys(v)) {
				walk(strings.TrimPrefix(path+"."+key, "."), key, v[key])
			}
			return
		case []any:
			if by := keyOf(name, v); by != "" {
				for _, item := range v {
					key := jsonvalue.Text(item, by)
					inner := maps.Clone(item.(map[string]any))
					delete(inner, by)
					walk(path+"."+key, key, inner)
				}
				return
			}
		}
		if papi.RequestSecrets[name] {
			value = papi.Masked
		}
		fields = append(fields, flatField{path, shown(value)})
	}
	walk("", "", args)
	return fields
}
