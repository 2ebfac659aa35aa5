package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"papi-mcp/internal/deadline"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/server"
	"papi-mcp/internal/template"
	"papi-mcp/tools"
)

// templateEntry is one template that a command creates, or does not.
type templateEntry struct {
	// source is the file that it comes from; "" for none.
	source string
	name   string
	// language is that of the arguments, or of what they would be made from.
	language string
	args     map[string]any // of whatsapp_template_create; nil where it is not created
	draft    bool
	notes    []template.Note
	// result says why it is not created, with a problem or without: resultSkipped.
	result  string
	problem *tools.Error
}

// templateLine is what is printed of a template: a line of JSON on standard output.
type templateLine struct {
	Source   string `json:"source,omitempty"`
	Name     string `json:"name,omitempty"`
	Language string `json:"language,omitempty"`
	// Result is one of the results below.
	Result   string          `json:"result"`
	State    string          `json:"state,omitempty"`
	Pending  string          `json:"pending,omitempty"`
	Notes    []template.Note `json:"notes,omitempty"`
	Warnings []string        `json:"warnings,omitempty"`
	// Arguments are those of a dry run.
	Arguments map[string]any `json:"arguments,omitempty"`
	Error     any            `json:"error,omitempty"`
}

// What became of a template, in the order of the summary.
const (
	resultCreated = "created"
	resultSaved   = "saved" // as a draft
	resultReady   = "ready" // a dry run: it would be created
	resultExists  = "exists"
	resultSkipped = "skipped"
	resultRefused = "refused"
	resultInvalid = "invalid" // no template, or not one that can be converted
	resultUntried = "not tried"
)

var templateResults = []string{resultCreated, resultSaved, resultReady, resultExists, resultSkipped, resultRefused, resultInvalid, resultUntried}

// templateFlags are the flags of the commands that create templates.
type templateFlags struct {
	config
	draft      bool
	dryRun     bool
	ignoreLint []string
	timeout    time.Duration
}

func (t *templateFlags) add(cmd *cobra.Command) {
	t.addConnectionFlags(cmd)
	t.addSandboxName(cmd)
	f := cmd.Flags()
	f.BoolVar(&t.draft, "draft", false, "keep the templates as drafts: nothing is submitted to Meta")
	f.BoolVar(&t.dryRun, "dry-run", false, "create nothing: show the verdict on each template, and the arguments of its create")
	f.StringSliceVar(&t.ignoreLint, "ignore-lint", nil, "rules of Meta's, such as wa_variable_edge, that are not checked: Meta decides")
	f.DurationVar(&t.timeout, timeoutFlag, deadline.Timeout, "how long each call may take, without the time in which a person is asked")
	t.addStoreFlags(f, callStoreHelp)
}

func (t *templateFlags) check() error {
	if t.timeout <= 0 {
		return usage("--timeout %v: use a duration greater than 0, such as 30s or 2m", t.timeout)
	}
	return nil
}

// caller is who makes the calls: with a person who can be asked at a terminal, unless
// standard input is read.
func (t *templateFlags) caller(s *streams, fromInput bool) tools.Caller {
	caller := tools.Caller{Principal: server.StdioPrincipal, Client: callClient, CommandLine: true, Timeout: t.timeout}
	if interactive(s) && !fromInput {
		caller.Elicitor = terminalElicitor{s, guard.MaxAnswerTime}
	}
	return caller
}

// templateRun creates templates one after the other.
type templateRun struct {
	s      *streams
	flags  *templateFlags
	set    *tools.Set
	caller tools.Caller
	// project is named in each call; "" is the default one.
	project string

	counts map[string]int
	exits  []errorcode.Exit // of those that were not created, in any order
	stop   bool             // no other call can succeed
}

// create creates the templates, and prints a line for each. Its error has the exit code.
func (r *templateRun) create(ctx context.Context, entries []*templateEntry) error {
	r.counts = map[string]int{}
	for _, entry := range entries {
		line := r.one(ctx, entry)
		r.counts[line.Result]++
		if _, err := r.s.out.Write(append(papi.EscapeHidden(jsonvalue.Encode(line)), '\n')); err != nil {
			return err
		}
		r.report(line)
	}
	var summary []string
	for _, result := range templateResults {
		if n := r.counts[result]; n > 0 {
			summary = append(summary, fmt.Sprintf("%d %s", n, result))
		}
	}
	fmt.Fprintln(r.s.err, strings.Join(summary, ", "))
	return r.exit()
}

// exit is the error with the exit code of the worst that happened, nil for none. It is
// that of a temporary failure only where nothing else failed.
func (r *templateRun) exit() error {
	for _, exit := range []errorcode.Exit{errorcode.Credentials, errorcode.Failed, errorcode.PersonNeeded, errorcode.TryAgain} {
		if slices.Contains(r.exits, exit) {
			return &exitError{code: exit}
		}
	}
	if len(r.exits) > 0 {
		return &exitError{code: errorcode.Failed}
	}
	return nil
}

// one creates a template, unless it can't be.
func (r *templateRun) one(ctx context.Context, entry *templateEntry) templateLine {
	line := templateLine{Source: entry.source, Name: entry.name, Language: entry.language, Result: entry.result, Notes: entry.notes}
	switch {
	case entry.problem != nil:
		line.Error = entry.problem
		r.exits = append(r.exits, errorcode.Failed)
	case entry.args == nil: // it is skipped
	case r.stop:
		line.Result = resultUntried
	case ctx.Err() != nil: // Ctrl-C
		line.Result = resultUntried
		r.exits = append(r.exits, errorcode.Failed)
	default:
		r.call(ctx, entry, &line)
	}
	return line
}

func (r *templateRun) call(ctx context.Context, entry *templateEntry, line *templateLine) {
	args := entry.args
	if r.project != "" {
		args = jsonvalue.With(args, "projectId", r.project)
	}
	if entry.draft {
		args = jsonvalue.With(args, "status", "DRAFT")
	}
	if rules := nonBlank(r.flags.ignoreLint); rules != nil {
		args = jsonvalue.With(args, "ignoreLint", rules)
	}
	if r.flags.dryRun {
		args = jsonvalue.With(args, "dryRun", true)
		line.Arguments = entry.args
	}
	out := r.set.Call(ctx, r.caller, templateCreateTool, jsonvalue.Encode(args))
	if r.flags.named != nil { // what is printed is kept
		if err := r.flags.named.save(); err != nil {
			out = tools.Outcome{Structured: &tools.Error{Code: errorcode.StoreUnavailable, Message: err.Error()}}
		}
	}
	switch result := out.Structured.(type) {
	case *tools.Error:
		r.failed(result, result.Code, r.flags.exitOf(result), line)
	case *tools.Result:
		line.State, line.Pending, line.Warnings = result.State, result.Pending, result.Warnings
		line.Result = resultCreated
		switch {
		case r.flags.dryRun:
			line.Result = resultReady
			raw, _ := out.JSON()
			shown, _ := jsonvalue.Decode(raw)
			if refusal := jsonvalue.Object(shown, "data.refusal"); refusal != nil {
				code := jsonvalue.Text(refusal, "errorCode")
				if code == errorcode.ProjectUnconfirmed && r.project == "" {
					// Nothing is changed, so the other checks can be shown all the same.
					r.say("project %s is not confirmed yet: without --dry-run, name it with --project, or confirm it at a terminal", out.Project)
					r.project = out.Project
					r.call(ctx, entry, line)
					return
				}
				r.failed(refusal, code, errorcode.ExitFor(code, 0), line)
			}
		case entry.draft:
			line.Result = resultSaved
		}
	}
}

const templateCreateTool = "whatsapp_template_create"

// failed says what an error means for a template.
func (r *templateRun) failed(e any, code string, exit errorcode.Exit, line *templateLine) {
	if code == guard.TemplateExists || code == "template_exists" {
		line.Result = resultExists
		return
	}
	line.Result, line.Error = resultRefused, e
	r.exits = append(r.exits, exit)
	r.stop = r.stop || exit == errorcode.Credentials || code == errorcode.ProjectUnconfirmed || code == errorcode.ConfirmationDeclined
}

// report writes what happened to a template for a person.
func (r *templateRun) report(line templateLine) {
	title := strings.TrimSpace(line.Name + " " + line.Language)
	if line.Source != "" {
		title = strings.TrimSuffix(line.Source+": "+title, ": ")
	}
	what := line.Result
	switch {
	case line.Pending != "":
		what += " (" + line.Pending + ")"
	case line.Result == resultExists:
		what += ", and is not changed"
	}
	if line.Error != nil {
		what += ": " + errorText(line.Error)
	}
	r.say("%s: %s", title, what)
	for _, finding := range findings(line.Error) {
		r.say("  %s: %s: %s", finding["rule"], finding["path"], finding["message"])
	}
	for _, note := range line.Notes {
		r.say("  note: %s", strings.TrimPrefix(note.Path+": "+note.Note, ": "))
	}
	for _, warning := range line.Warnings {
		r.say("  warning: %s", warning)
	}
}

func (r *templateRun) say(format string, args ...any) {
	fmt.Fprintln(r.s.err, papi.Printable(strings.ReplaceAll(fmt.Sprintf(format, args...), "\n", " ")))
}

// findings are what lint found, where an error has it.
func findings(e any) []map[string]any {
	value, _ := jsonvalue.Decode(jsonvalue.Encode(e))
	return jsonvalue.Objects(value, "additionalInformation.findings")
}

// errorText is an error in a sentence, with what is wrong with each argument.
func errorText(e any) string {
	value, _ := jsonvalue.Decode(jsonvalue.Encode(e))
	text := jsonvalue.Text(value, "message")
	if jsonvalue.Text(value, "errorCode") == errorcode.ProjectUnconfirmed {
		return text + ": name the project with --project or --to, which confirms it for this command"
	}
	for _, v := range jsonvalue.Objects(value, "additionalInformation.violations") {
		text += fmt.Sprintf("; %s: %s", cmp.Or(jsonvalue.Text(v, "path"), "it"), cmp.Or(jsonvalue.Join(v, "allowed", ", "), "not allowed"))
	}
	if resolution := jsonvalue.Text(value, "resolution"); resolution != "" {
		text += ": " + resolution
	}
	return text
}
