package tools

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"papi-mcp/internal/jsonvalue"
)

// JSON is Structured, encoded.
func (o Outcome) JSON() ([]byte, error) {
	if r, isResult := o.Structured.(*Result); isResult && r.encoded != nil {
		return r.encoded, nil
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(o.Structured)
	return bytes.TrimSpace(b.Bytes()), err
}

// drawn is data that has a text of its own, in which no text of others begins a line.
type drawn interface{ Text() string }

// Text is what a client that reads only text is shown of an outcome. A list is a line
// that counts its items, with the token of the next page, and of a wait whether all have
// settled and the cursor, and a table of tab-separated
// values; then a line for each of the rest, which also follow data that is drawn.
// Everything else is its JSON, for which Text returns "". Both forms say the same.
func (o Outcome) Text() string {
	r, isResult := o.Structured.(*Result)
	if !isResult {
		return ""
	}
	var b bytes.Buffer
	if data, ok := r.Data.(drawn); ok {
		b.WriteString(data.Text() + "\n")
		r.writeSteps(&b)
		return strings.TrimSuffix(b.String(), "\n")
	}
	table, isTable := r.Data.(*Table)
	if items, bare := r.Data.(*Items); bare {
		table, isTable = items.table, true
	}
	if !isTable {
		return ""
	}
	b.WriteString(countsLine(len(table.Rows), r.Counts))
	if r.NextPageToken != "" {
		b.WriteString("; nextPageToken: " + escaped(r.NextPageToken))
	}
	if r.Settled != nil {
		fmt.Fprintf(&b, "; settled: %v", *r.Settled)
	}
	if r.Reads != "" {
		b.WriteString("; reads: " + escaped(r.Reads))
	}
	if r.Cursor != "" {
		b.WriteString("; cursor: " + escaped(r.Cursor))
	}
	b.WriteByte('\n')
	table.write(&b)
	if len(table.Other) > 0 {
		writeJSON(&b, "other", table.Other)
	}
	if r.Now != "" {
		b.WriteString("now: " + r.Now + "\n")
	}
	r.writeSteps(&b)
	return strings.TrimSuffix(b.String(), "\n")
}

// writeSteps writes a line for each step and each warning.
func (r *Result) writeSteps(b *bytes.Buffer) {
	for _, next := range r.Next {
		writeJSON(b, "next", next)
	}
	for _, warning := range r.Warnings {
		b.WriteString("warning: " + escaped(warning) + "\n")
	}
}

// writeJSON writes a line with a name and a value.
func writeJSON(b *bytes.Buffer, name string, value any) {
	b.WriteString(name + ": ")
	b.WriteString(oneLine.Replace(string(jsonvalue.Encode(value))))
	b.WriteByte('\n')
}

// write writes the table: a line with the names of the columns, and one for each row. A
// table without rows is none.
func (t *Table) write(b *bytes.Buffer) {
	if len(t.Rows) == 0 {
		return
	}
	writeLine(b, t.Cols, escaped)
	for _, row := range t.Rows {
		writeLine(b, row, cellText)
	}
}

// writeLine writes a line of cells.
func writeLine[T any](b *bytes.Buffer, cells []T, text func(T) string) {
	for i, cell := range cells {
		if i == 0 {
			b.WriteString(firstCell(text(cell)))
		} else {
			b.WriteByte('\t')
			b.WriteString(text(cell))
		}
	}
	b.WriteByte('\n')
}

// lineNames begin the lines after a table.
var lineNames = []string{"other", "now", "next", "warning"}

// firstCell is the first cell of a line, in which a text that others wrote must not look
// like one of the lines after the table.
func firstCell(text string) string {
	if name, rest, found := strings.Cut(text, ":"); found && slices.Contains(lineNames, name) {
		return name + `\u003a` + rest
	}
	return text
}

// cellText is a value as a cell of the text has it: a text as it is, nothing for null,
// and anything else as compact JSON, all with escapes.
func cellText(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		return escaped(v)
	case json.Number:
		return escaped(v.String())
	}
	return escaped(string(jsonvalue.Encode(value)))
}

// escaped is a text within a line: what ends a line or a cell somewhere is written as an
// escape, and so is the backslash.
func escaped(text string) string {
	if isPlain(text) { // most texts are, and Replace would copy them
		return text
	}
	return cellEscapes.Replace(text)
}

// isPlain reports whether a text is of ASCII without controls and backslashes.
func isPlain(text string) bool {
	for i := range len(text) {
		if c := text[i]; c < ' ' || c >= 0x7f || c == '\\' {
			return false
		}
	}
	return true
}

var (
	cellEscapes = strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\r", `\r`, "\n", `\n`,
		"\v", `\u000b`, "\f", `\u000c`, "\u0085", `\u0085`, "\u2028", `\u2028`, "\u2029", `\u2029`)
	// oneLine keeps JSON, which escapes control characters, on one line for every reader.
	oneLine = strings.NewReplacer("\u0085", `\u0085`, "\u2028", `\u2028`, "\u2029", `\u2029`)
)
