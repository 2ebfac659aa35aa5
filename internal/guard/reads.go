package guard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/papi"
)

// Read is a read that a rule, or the summary of a confirmation, needs.
type Read struct {
	// Tool is the tool that reads.
	Tool string
	// When tells in words for which calls it is made; "" for all.
	When string

	// args are the read's arguments; nil means those of the call that stand in
	// the read's path.
	args func(c *Call) map[string]any
	// needed reports whether the call needs the read; nil means always.
	needed func(c *Call) bool
}

func (r *Read) isNeeded(c *Call) bool { return r.needed == nil || r.needed(c) }

func (r *Read) arguments(c *Call) map[string]any {
	if r.args != nil {
		return r.args(c)
	}
	return pathArgs(catalog.Lookup(r.Tool), c.Args)
}

// seen is what the reads of a rule or a summary showed, by tool.
type seen map[string]map[string]any

// of returns what a read returned.
func (s seen) of(r Read) map[string]any { return s[r.Tool] }

// reads are the reads that the rules and the summary of one call share: each
// is made once.
type reads struct {
	reader Reader
	done   map[string]*readResult
}

type readResult struct {
	answer map[string]any
	err    error
}

// key is the same for reads that ask the same.
func key(tool string, args map[string]any) string {
	raw, err := json.Marshal(args)
	if err != nil {
		panic("guard: arguments that are no JSON: " + err.Error())
	}
	return tool + string(raw)
}

// readAll makes those of the reads that the call needs and that were not made
// before, side by side, and waits for them.
func (c *Call) readAll(ctx context.Context, wanted []Read) {
	if c.reads.done == nil {
		c.reads.done = map[string]*readResult{}
	}
	var running sync.WaitGroup
	for i := range wanted {
		if !wanted[i].isNeeded(c) {
			continue
		}
		tool, args := wanted[i].Tool, wanted[i].arguments(c)
		k := key(tool, args)
		if c.reads.done[k] != nil {
			continue
		}
		result := &readResult{}
		c.reads.done[k] = result
		running.Go(func() { result.answer, result.err = c.reads.reader.Read(ctx, c.ProjectID, tool, args) })
	}
	running.Wait()
}

// read returns what a read showed; it is made where it was not yet.
func (c *Call) read(ctx context.Context, r *Read) (map[string]any, error) {
	c.readAll(ctx, []Read{*r})
	result := c.reads.done[key(r.Tool, r.arguments(c))]
	return result.answer, result.err
}

// absent reports whether the API answered that there is no such thing, or none of
// its kind in the project, or that its id is wrong: what it says to the read it
// says to the call.
func absent(err error) bool {
	var e *papi.Error
	if !errors.As(err, &e) {
		return false
	}
	return e.Status == http.StatusNotFound || e.Status == http.StatusBadRequest || e.Code == "rbm_has_not_been_used"
}

// unreadable is what a rule says when its read failed.
func unreadable(c *Call, r *Read, closed bool, err error) *Refusal {
	if !closed {
		c.Warn(fmt.Sprintf("%s could not be read (%s), so a rule was not checked: the API judges", r.Tool, code(err)))
		return nil
	}
	return &Refusal{
		Code:    errorcode.ReadFailed,
		Message: fmt.Sprintf("%s can't be undone, and what it would do could not be looked at: %s answered %s", c.Row.Tool, r.Tool, code(err)),
		Next:    []catalog.Next{r.next(c, "look at its state, and what comes next in it")},
	}
}

// next is the read as something to do next.
func (r *Read) next(c *Call, do string) catalog.Next {
	return catalog.Next{Do: do, Tool: r.Tool, Args: r.arguments(c), Needs: []string{}}
}

// pathArgs are the arguments that name the thing: those in the operation's
// path.
func pathArgs(row *catalog.Row, args map[string]any) map[string]any {
	path := map[string]any{}
	for _, p := range row.Op().Parameters {
		if value, given := args[p.Name]; given && p.In == "path" && p.Name != "projectId" {
			path[p.Name] = value
		}
	}
	return path
}

// code is the errorCode of an error of the client.
func code(err error) string {
	var e *papi.Error
	if errors.As(err, &e) {
		return e.Code
	}
	return errorcode.InternalError
}
