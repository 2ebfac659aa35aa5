package compare

import (
	"fmt"
	"os"
	"strings"
)

// WriteFigures replaces what a page has between the marks of a command:
//
//	<!-- NAME:begin (...) -->
//	<!-- NAME:end -->
func WriteFigures(page, name, figures string) error {
	raw, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	begin, end := "<!-- "+name+":begin", "<!-- "+name+":end -->"
	before, rest, found := strings.Cut(string(raw), begin)
	note, rest, closed := strings.Cut(rest, "-->\n")
	_, after, ended := strings.Cut(rest, end)
	if !found || !closed || !ended {
		return fmt.Errorf("%s has no marks for the figures of %s", page, name)
	}
	return os.WriteFile(page, []byte(before+begin+note+"-->\n"+figures+end+after), 0o644)
}
