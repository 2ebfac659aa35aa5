package guard

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/papi"
)

// looking makes a rule's check of a judgement about one thing, which it reads
// by the call's own path arguments. A thing that is not there is left to the
// API, which says so. Where the read fails, a closed rule refuses and an open
// one lets the call go on with a warning.
func looking(read string, closed bool, judge func(c *Call, thing map[string]any) *Refusal) func(context.Context, *Guard, *Call) *Refusal {
	return func(ctx context.Context, _ *Guard, c *Call) *Refusal {
		thing, err := c.read(ctx, read, pathArgs(catalog.Lookup(read), c.Args))
		if err != nil {
			return unreadable(c, read, closed, err)
		}
		return judge(c, thing)
	}
}

// unreadable is what a rule says when its read failed.
func unreadable(c *Call, read string, closed bool, err error) *Refusal {
	switch {
	case absent(err):
		return nil
	case !closed:
		c.Warn(fmt.Sprintf("%s could not be read (%s), so a rule was not checked: the API judges", read, code(err)))
		return nil
	}
	return &Refusal{
		Code:       "guard_read_failed",
		Message:    fmt.Sprintf("%s can't be undone, and what it would do could not be looked at: %s answered %s", c.Row.Tool, read, code(err)),
		Resolution: "call again when the read works; nothing was sent",
		Next:       []catalog.Next{showThing(read, c)},
	}
}

// absent tells whether the API answered that there is no such thing, or none of
// its kind in the project, or that its id is wrong: what it says to the read it
// says to the call.
func absent(err error) bool {
	var e *papi.Error
	if !errors.As(err, &e) {
		return false
	}
	return e.Status == http.StatusNotFound || e.Status == http.StatusBadRequest || e.Code == "rbm_has_not_been_used"
}

// showThing is the next action of reading the thing that the call is about.
func showThing(read string, c *Call) catalog.Next {
	return catalog.Next{Do: "look at its state, and what comes next in it", Tool: read, Args: pathArgs(catalog.Lookup(read), c.Args), Needs: []string{}}
}

// unseen is the summary of a thing that could not be read.
func unseen(err error) (string, []string) {
	told := fmt.Sprintf("What is there now could not be read (%s).", code(err))
	return told, []string{told}
}
