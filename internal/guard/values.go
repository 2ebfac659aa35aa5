package guard

import (
	"papi-mcp/internal/jsonvalue"
)

// pending is the status of a thing's pending changes, "" where there are none.
func pending(thing map[string]any) string {
	return jsonvalue.Text(thing, "changes.status")
}

// givesDetail reports whether the call gives the field of its details.
func givesDetail(name string) func(*Call) bool {
	return func(c *Call) bool { return jsonvalue.Text(c.Args, "details."+name) != "" }
}

// textsBy has one text of each object of a list by another.
func textsBy(list []map[string]any, by, text string) map[string]string {
	texts := map[string]string{}
	for _, object := range list {
		texts[jsonvalue.Text(object, by)] = jsonvalue.Text(object, text)
	}
	return texts
}

// repeat is an object of a list that has the same value as an earlier one.
type repeat struct {
	first, at int
	value     string
}

// repeats finds the objects whose field has a value that an earlier one has.
func repeats(list []map[string]any, field string) []repeat {
	var found []repeat
	seen := map[string]int{}
	for i, object := range list {
		value := jsonvalue.Text(object, field)
		if first, again := seen[value]; again && value != "" {
			found = append(found, repeat{first, i, value})
			continue
		}
		seen[value] = i
	}
	return found
}

// total is how many things a list has, beyond the page that it shows.
func total(answer map[string]any, list string) int {
	size, _ := jsonvalue.Number(answer, "totalSize")
	return max(int(size), len(jsonvalue.Objects(answer, list)))
}
