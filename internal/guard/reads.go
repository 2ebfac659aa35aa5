package guard

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// Read is a read that a rule, or the summary of a confirmation, needs.
type Read struct {
	// Tool is the tool that reads.
	Tool string

	// args are the read's arguments: those of the call that are in its path,
	// where a read names no others.
	args func(c *Call) map[string]any
}

// The reads of all rules and summaries.
var (
	readWebhook                 = newRead("webhook_get")
	readWebhooks                = newRead("webhook_list")
	readWhatsappAccount         = newRead("whatsapp_account_get")
	readWhatsappSender          = newRead("whatsapp_sender_get")
	readWhatsappSenders         = newRead("whatsapp_sender_list")
	readWhatsappTemplate        = newRead("whatsapp_template_get")
	readSolutions               = newRead("whatsapp_solution_list")
	readRcsSender               = newRead("rcs_sender_get")
	readKakaoSender             = newRead("kakaotalk_sender_get")
	readKakaoSenders            = newRead("kakaotalk_sender_list")
	readKakaoTemplate           = newRead("kakaotalk_template_get")
	readKakaoTemplates          = newRead("kakaotalk_template_list")
	readSmsApp                  = newRead("sms_app_get")
	readKakaoSenderCategories   = newRead("kakaotalk_sender_category_list")
	readKakaoTemplateCategories = newRead("kakaotalk_template_category_list")

	// readWhatsappLanguages are the languages of the template, or of the name of a
	// new one.
	readWhatsappLanguages = newRead("whatsapp_template_language_list").with(func(c *Call) map[string]any {
		return map[string]any{"templateName": cmp.Or(c.Args["templateName"], c.Args["name"])}
	})
	// readKakaoNames are the templates whose name begins with the given one.
	readKakaoNames = newRead("kakaotalk_template_list").with(func(c *Call) map[string]any {
		return map[string]any{"plusFriendId": c.Args["plusFriendId"], "templateName": jsonvalue.Field(c.Args, "details.name")}
	})
)

// newRead panics, at start-up, when no tool of that name reads.
func newRead(tool string) *Read {
	row := catalog.Lookup(tool)
	if row == nil || row.Writes() {
		panic("guard: no tool reads as " + tool)
	}
	return &Read{Tool: tool, args: func(c *Call) map[string]any { return pathArgs(row, c.Args) }}
}

func (r *Read) with(args func(c *Call) map[string]any) *Read {
	r.args = args
	return r
}

// answers are what the reads of a rule or a summary returned.
type answers map[*Read]map[string]any

// of panics when the rule or the summary does not declare the read.
func (a answers) of(r *Read) map[string]any {
	answer, declared := a[r]
	if !declared {
		panic("guard: " + r.Tool + " is used and not declared in Reads")
	}
	return answer
}

// reads are the reads that the rules and the summary of one call share: each
// is made once.
type reads struct {
	reader Reader
	made   map[string]func() (map[string]any, error)
}

// Reading returns a context in which [Guard.Preview] reads with r, for a caller who has
// read what a project contains, and asks about many calls. Check does so for the calls of
// an approved plan that no person is asked about; for any other it makes new reads.
func Reading(ctx context.Context, r Reader) context.Context {
	return context.WithValue(ctx, readingKey{}, r)
}

type readingKey struct{}

// key is the same for reads that ask the same.
func key(tool string, args map[string]any) string { return tool + string(jsonvalue.Encode(args)) }

// readAll makes those of the reads that were not made before, concurrently, and
// waits for them.
func (c *Call) readAll(ctx context.Context, wanted []*Read) {
	var running sync.WaitGroup
	for _, read := range wanted {
		tool, args := read.Tool, read.args(c)
		k := key(tool, args)
		if c.reads.made[k] != nil {
			continue
		}
		once := sync.OnceValues(func() (map[string]any, error) { return c.reads.reader.Read(ctx, c.ProjectID, tool, args) })
		c.reads.made[k] = once
		running.Go(func() { _, _ = once() }) // its error is that of read
	}
	running.Wait()
}

// read returns the answer of a read, which is made unless it was before.
func (c *Call) read(ctx context.Context, r *Read) (map[string]any, error) {
	c.readAll(ctx, []*Read{r})
	return c.reads.made[key(r.Tool, r.args(c))]()
}

// made returns the answer of a read that was made before the call, nil where it was not,
// or failed.
func (c *Call) made(r *Read) map[string]any {
	once := c.reads.made[key(r.Tool, r.args(c))]
	if once == nil {
		return nil
	}
	answer, err := once()
	if err != nil {
		return nil
	}
	return answer
}

// absent reports whether the API answered that there is no such thing, or none of
// its kind in the project, or that its id is wrong: it answers the call alike.
func absent(err error) bool {
	var e *papi.Error
	if !errors.As(err, &e) {
		return false
	}
	return e.Status == http.StatusNotFound || e.Status == http.StatusBadRequest || catalog.NoneHere(e.Code)
}

// unreadable is a rule's answer when its read failed.
func unreadable(c *Call, r *Read, closed bool, err error) *Refusal {
	if !closed {
		c.Warn(fmt.Sprintf("%s could not be read (%s), so a rule was not checked: the API decides", r.Tool, code(err)))
		return nil
	}
	refusal := &Refusal{
		Code:    errorcode.ReadFailed,
		Message: fmt.Sprintf("%s can't be undone, and its effect could not be checked: %s returned %s", c.Row.Tool, r.Tool, code(err)),
		Next:    []catalog.Next{r.next(c, "check its state")},
	}
	if e, ok := errors.AsType[*papi.Error](err); ok {
		switch errorcode.ExitFor(e.Code, e.Status) {
		case errorcode.Credentials, errorcode.TimedOut: // the read will not just work later
			refusal.Code, refusal.Status, refusal.Resolution = e.Code, e.Status, e.Resolution
		}
	}
	return refusal
}

// next is the read as a next step.
func (r *Read) next(c *Call, do string) catalog.Next {
	return nextCall(do, r.Tool, r.args(c))
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
