package catalog

import (
	"slices"
	"strings"
	"testing"
)

// coreTools come before the rows.
const coreTools = 3

// A client that offers a model only the first 40 tools offers all that a task starts
// with; one that offers 80 leaves out nothing but comments and histories.
func TestRowsByUse(t *testing.T) {
	rows, _ := Select(Filter{})
	ordered := ByUse(rows)
	var names []string
	for _, row := range ordered {
		names = append(names, row.Tool)
	}
	if len(names) != len(rows) {
		t.Fatalf("%d rows of %d", len(names), len(rows))
	}
	first := names[:40-coreTools]
	started := []string{ // besides what makes, lists and shows a thing
		"whatsapp_sender_register", "kakaotalk_sender_register", "rcs_sender_launch", "rcs_test_number_add",
	}
	for _, row := range rows {
		if r := row.Resource; r != nil && r.Create != "" {
			started = append(started, r.Create, r.Get)
			if r.List != "" {
				started = append(started, r.List)
			}
		}
	}
	for _, tool := range started {
		if !slices.Contains(first, tool) && Lookup(tool) != nil && !Lookup(tool).Deprecated {
			t.Errorf("%s is not among the first 40 tools", tool)
		}
	}
	for _, tool := range names[80-coreTools:] {
		if !strings.HasSuffix(tool, "_comment_add") && !strings.HasSuffix(tool, "_activity_list") {
			t.Errorf("%s is not among the first 80 tools", tool)
		}
	}
	if again := ByUse(ordered); !slices.Equal(again, ordered) {
		t.Error("ordering twice changes the order")
	}
	all := ByUse(Rows())
	if last := all[len(all)-1]; !last.Deprecated {
		t.Errorf("the last is %s, and not a deprecated one", last.Tool)
	}
}
