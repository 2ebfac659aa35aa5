package tools

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// countItems counts the items of a list by what the columns of its row count: by
// state, and templates by language and by name as well. total is how many there are
// on all pages, where these are not all.
func countItems(row *catalog.Row, answer any) map[string]any {
	items := jsonvalue.List(answer, row.List())
	all := map[string]any{}
	for _, column := range row.Columns {
		if column.Count == "" {
			continue
		}
		by := map[string]int{}
		for _, item := range items {
			if key := countedBy(row, column, item); key != "" {
				by[key]++
			}
		}
		if len(by) > 0 {
			all[column.Count] = by
		}
	}
	if total, err := strconv.Atoi(jsonvalue.Text(answer, "totalSize")); err == nil && total > len(items) {
		all[countTotal] = total
	}
	return all
}

// countedBy is under what an item is counted: its state, or what is pending where it
// has none yet, or the value of the column.
func countedBy(row *catalog.Row, column catalog.Column, item any) string {
	if column.Count == countState && row.Resource != nil && row.Resource.State != "" {
		return stateOf(row.Resource, item)
	}
	return jsonvalue.Text(cell(row, column, item), "")
}

// The keys of counts that have a meaning of their own.
const (
	countState = "state"
	countTotal = "total"
)

// countsLine says in words how many items there are and what countItems has counted:
// 12 items: 12 ACTIVE; 2 languages: 11 DE, 1 EN. Where there are many values, those
// that occur once are not named. It is one line, in which a semicolon ends a part.
func countsLine(n int, counted map[string]any) string {
	line := numberOf(n, "item")
	if total, more := counted[countTotal]; more {
		line = fmt.Sprintf("%d of %d items", n, total)
	}
	if by, ok := counted[countState].(map[string]int); ok {
		line += ": " + inOrder(by)
	}
	for _, name := range slices.Sorted(maps.Keys(counted)) {
		if by, ok := counted[name].(map[string]int); ok && name != countState {
			line += "; " + numberOf(len(by), name)
			if len(by) > maxNamedOnce {
				by = maps.Clone(by)
				maps.DeleteFunc(by, func(_ string, n int) bool { return n == 1 })
			}
			if len(by) > 0 {
				line += ": " + inOrder(by)
			}
		}
	}
	return line
}

// numberOf is how many there are of something: 1 item, 2 items.
func numberOf(n int, noun string) string {
	if n != 1 {
		noun = papi.Plural(noun)
	}
	return fmt.Sprintf("%d %s", n, noun)
}

// maxNamedOnce is how many values are named although they occur once.
const maxNamedOnce = 5

// inOrder lists counts, the largest first.
func inOrder(by map[string]int) string {
	var parts []string
	for _, value := range slices.SortedFunc(maps.Keys(by), func(a, b string) int { return cmp.Or(by[b]-by[a], strings.Compare(a, b)) }) {
		parts = append(parts, fmt.Sprintf("%d %s", by[value], strings.ReplaceAll(escaped(value), ";", `\u003b`)))
	}
	return strings.Join(parts, ", ")
}
