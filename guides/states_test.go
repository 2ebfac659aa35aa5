package guides

import (
	"flag"
	"fmt"
	"os"
	"regexp"
	"testing"

	"papi-mcp/internal/catalog"
)

var update = flag.Bool("update", false, "write the tables of states in the guides again")

// stateTable is a table in a guide, with the name of its resource.
var stateTable = regexp.MustCompile(`(?s)<!-- states: (\w+) -->\n(.*?)<!-- states end -->\n`)

// The tables of states are generated from the resources: `go test ./guides -run States
// -update` writes them again. Each resource has its table in the guide of its
// family.
func TestTablesOfStatesAreFresh(t *testing.T) {
	guideOf := map[string]string{"conversation_channel": "conversation"}
	resources := map[string]*catalog.Resource{"conversation_channel": {States: catalog.ChannelStates}}
	for _, row := range catalog.Rows() {
		if row.Resource != nil && row.Resource.States != nil {
			resources[row.Resource.Name], guideOf[row.Resource.Name] = row.Resource, OfTool(row.Toolset)
		}
	}
	shown := map[string]int{}
	for _, family := range order {
		path := family + ".md"
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		want := stateTable.ReplaceAllStringFunc(string(raw), func(found string) string {
			name := stateTable.FindStringSubmatch(found)[1]
			if guideOf[name] != family {
				t.Errorf("%s has the table of %q", path, name)
				return found
			}
			shown[name]++
			return fmt.Sprintf("<!-- states: %s -->\n%s<!-- states end -->\n", name, tableOf(resources[name]))
		})
		if want == string(raw) {
			continue
		}
		if !*update {
			t.Errorf("%s: its tables of states are stale: run go test ./guides -run States -update", path)
		} else if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for name := range resources {
		if shown[name] != 1 {
			t.Errorf("%d tables of the states of %s, want 1: add the lines <!-- states: %s --> and <!-- states end --> to guides/%s.md, then run go test ./guides -run States -update", shown[name], name, name, guideOf[name])
		}
	}
}

// tableOf is the table of a resource's states in Markdown: states that differ
// in their names alone are one line, and so is one that is a state and a status
// of changes. Parts are shown where they are not as they should be.
func tableOf(r *catalog.Resource) string {
	type line struct{ names, of, rest string }
	var lines []line
	add := func(s catalog.State, of string) {
		rest := fmt.Sprintf("%s | %s | %s | %s", s.Class, s.Means, or(s.Moves, "-"), again(s.Lasts))
		name := "`" + s.Name + "`"
		for i := range lines {
			switch l := &lines[i]; {
			case l.rest == rest && l.of == of:
				l.names += ", " + name
				return
			case l.rest == rest && l.names == name && l.of == " (changes)":
				l.of = " (also of changes)"
				return
			}
		}
		lines = append(lines, line{name, of, rest})
	}
	for _, s := range r.Changes {
		add(s, " (changes)")
	}
	for _, s := range r.States {
		if s.Class != catalog.Unknown {
			add(s, "")
		}
	}
	for _, part := range r.Parts {
		for _, s := range part.States {
			if s.Class != catalog.Unknown && s.Class != catalog.Success {
				add(s, " (`"+part.Name+"`)")
			}
		}
	}
	table := "| state | class | means | what moves it on | check again |\n|---|---|---|---|---|\n"
	for _, l := range lines {
		table += fmt.Sprintf("| %s%s | %s |\n", l.names, l.of, l.rest)
	}
	return table
}

// again is when to check again, and when the wait is overdue.
func again(l catalog.Lasting) string {
	if l.Overdue == 0 {
		return "-"
	}
	text := l.CheckAgain(0, 1) + "; overdue after " + l.OverdueAfter()
	if l.Ask != "" {
		text += ": ask " + l.Ask
	}
	return text
}

func or(text, other string) string {
	if text == "" {
		return other
	}
	return text
}
