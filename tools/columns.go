package tools

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lazyregexp"
)

// Table shows the items of a list in columns.
type Table struct {
	Cols []string `json:"cols"`
	Rows [][]any  `json:"rows"`
	// Other has the fields next to the list that the contract does not know.
	Other map[string]any `json:"other,omitempty"`

	items []any // which it shows; nil where fields names its columns
}

// listTable is the table that shows the items of a list, whose secrets are masked
// already: the columns that the row declares, but those in which no item has a
// value, and one for each field that the contract does not know. Where fields names
// paths within an item, those are the columns, with the values as they are; a path
// that neither an item nor the contract has is warned of.
func listTable(row *catalog.Row, items []any, fields []string) (table Table, warnings []string) {
	builder := newTableBuilder(items, len(row.Columns)+len(fields))
	contract := itemPart(row)
	if len(fields) > 0 {
		for _, path := range fields {
			path = strings.TrimPrefix(path, row.List()+".") // as paths in the answer are written
			found := builder.add(path, func(item any) any { return jsonvalue.FieldOfEach(item, path) }, true)
			if !found && !contract.has(path) {
				warnings = append(warnings, unknownField("no item has ", path, contract, len(warnings)))
			}
		}
		return builder.table(), warnings
	}
	for _, column := range row.Columns {
		builder.add(column.Name, func(item any) any { return cell(row, column, item) }, false)
	}
	builder.addUnknown(contract)
	table = builder.table()
	table.items = items
	return table, nil
}

// tableBuilder collects the columns of a table.
type tableBuilder struct {
	items   []any
	names   []string
	columns [][]any
}

// newTableBuilder returns a builder with room for so many columns.
func newTableBuilder(items []any, columns int) tableBuilder {
	return tableBuilder{items, make([]string, 0, columns), make([][]any, 0, columns)}
}

// add adds a column, and reports whether an item has a value in it. Where none has,
// the column is left out, unless it was asked for.
func (b *tableBuilder) add(name string, value func(item any) any, asked bool) bool {
	values, found := make([]any, len(b.items)), false
	for i, item := range b.items {
		values[i] = value(item)
		found = found || values[i] != nil
	}
	if !found && !asked {
		return false
	}
	b.append(name, values)
	return found
}

// append adds a column whose name must not be one that is there already.
func (b *tableBuilder) append(name string, values []any) {
	b.names, b.columns = append(b.names, uniqueName(name, b.names)), append(b.columns, values)
}

// uniqueName returns the name, with a number where it is among those that are there already.
func uniqueName(name string, names []string) string {
	unique := name
	for n := 2; slices.Contains(names, unique); n++ {
		unique = fmt.Sprintf("%s (%d)", name, n)
	}
	return unique
}

// addUnknown adds a column for each field that the contract does not know, sorted.
func (b *tableBuilder) addUnknown(contract *contractPart) {
	var unknown []map[string]any
	paths := map[string]bool{}
	for i, item := range b.items {
		part := unknownIn(item, contract)
		if part == nil {
			continue
		}
		if unknown == nil {
			unknown = make([]map[string]any, len(b.items))
		}
		unknown[i] = map[string]any{}
		unknownPaths(unknown[i], "", part, contract)
		for path := range unknown[i] {
			paths[path] = true
		}
	}
	if unknown == nil {
		return
	}
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		values := make([]any, len(b.items))
		for i := range values {
			values[i] = unknown[i][path]
		}
		b.append(path, values)
	}
}

func (b *tableBuilder) table() Table {
	t := Table{Cols: b.names, Rows: make([][]any, len(b.items))}
	cells := make([]any, len(t.Rows)*len(b.columns))
	for i := range t.Rows {
		t.Rows[i], cells = cells[:len(b.columns):len(b.columns)], cells[len(b.columns):]
		for j, values := range b.columns {
			t.Rows[i][j] = values[i]
		}
	}
	return t
}

// cell is what a declared column shows of an item, nil where the item has nothing.
func cell(row *catalog.Row, column catalog.Column, item any) any {
	switch column.From {
	case catalog.FromPending:
		return orNil(conditionOf(row.Resource, item).pending)
	case catalog.FromRefused:
		return orNil(strings.Join(conditionOf(row.Resource, item).refusedParts(), ", "))
	}
	for path := range strings.SplitSeq(column.Path, "|") {
		value := jsonvalue.FieldOfEach(item, path)
		switch {
		case jsonvalue.IsEmpty(value):
			continue
		case column.Show != nil:
			return column.Show(value)
		}
		return wholeSeconds(path[strings.LastIndexByte(path, '.')+1:], value)
	}
	return nil
}

// orNil is a text, or nil for an empty one.
func orNil(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// refusedParts are the parts that were refused, written PART=STATUS.
func (st condition) refusedParts() []string {
	var all []string
	for _, part := range st.refused {
		all = append(all, part.name+"="+part.status.Name)
	}
	return all
}

// timeNames are the fields of answers that hold a time.
var timeNames = []string{"accepted", "created", "date", "end", "launched", "modified", "start", "submitted", "wabaBanDate"}

// fraction matches a time with fractions of a second.
var fraction = lazyregexp.New(`^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.\d+(Z|[+-]\d\d:\d\d)$`)

// wholeSeconds returns the value of a field with the times in it to the second.
func wholeSeconds(name string, value any) any {
	if text, isText := value.(string); isText {
		if slices.Contains(timeNames, name) {
			return fraction.ReplaceAllString(text, "$1$2")
		}
		return value
	}
	return jsonvalue.Map(value, func(name string, field any) (any, bool) {
		text, isText := field.(string)
		if !isText || !slices.Contains(timeNames, name) {
			return nil, false
		}
		return fraction.ReplaceAllString(text, "$1$2"), true
	})
}
