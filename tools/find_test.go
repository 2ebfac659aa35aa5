package tools

import (
	"os"
	"slices"
	"strings"
	"testing"

	"papi-mcp/internal/catalog"
)

func tasksOf(t *testing.T, file string) (all [][2]string) {
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		if task, tools, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok && line[0] != '#' {
			all = append(all, [2]string{task, tools})
		}
	}
	return all
}

func TestFindTasks(t *testing.T) {
	file := "../testdata/tasks.txt"
	if f := os.Getenv("TASKS"); f != "" {
		file = f
	}
	found, first := 0, 0
	for _, task := range tasksOf(t, file) {
		matches := slices.DeleteFunc(toolIndex().Find(task[0]), func(m match) bool {
			row := catalog.Lookup(m.Name)
			return row != nil && row.Deprecated
		})
		right := strings.Split(task[1], ",")
		at := slices.IndexFunc(matches, func(m match) bool { return slices.Contains(right, m.Name) })
		if at == 0 {
			first++
		}
		if at >= 0 && at < 3 {
			found++
			continue
		}
		var best []string
		for _, m := range matches[:min(3, len(matches))] {
			best = append(best, m.Name)
		}
		t.Logf("%q: wants %s at %d; has %v", task[0], task[1], at, best)
	}
	t.Logf("%d found, %d first", found, first)
}
