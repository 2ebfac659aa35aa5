package cli

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"papi-mcp/internal/deadline"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/plan"
	"papi-mcp/internal/server"
	"papi-mcp/tools"
)

func newApply(s *streams) *cobra.Command {
	run := applying{s: s}
	cmd := &cobra.Command{
		Use:   "apply FILE|plan.json",
		Short: "Make a project like a file",
		Long: `Make a project like a file that says what it should contain, or apply a plan that
papi-mcp plan -o wrote. The plan is made again and printed. With plan.json or --approve
it is refused (plan_changed) if it differs from the plan that was saved or approved,
unless nothing is left to do.

Approval:
On a terminal a person is asked once, for the complete plan. Elsewhere --approve HASH,
with the hash that papi-mcp plan printed, takes the place of the answer. An approval is
valid for 24 hours, for the calls of this plan alone, each once; each call is checked
as always.

If the command is interrupted, or a step fails for a reason that passes, run it again:
what was done is not done twice, and the approval still counts.

Progress is on standard error. What the API reviews takes minutes to days; --wait
follows it to the end.

The exit code is 0 if all steps are done, 4 if a person has to do something, which is
printed, 75 if the same command can do the rest later, else that of the first failure;
with --wait 3 if what was waited for failed, and 5 if it did not end in time.
` + environmentHelp,
		Example: `  papi-mcp apply shop.yaml
  papi-mcp plan shop.yaml -o plan.json && papi-mcp apply plan.json
  papi-mcp apply shop.yaml --var-file brands/example.yaml --approve HASH --wait`,
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("apply needs a FILE, or the plan.json that papi-mcp plan -o wrote")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, args []string) error {
			if run.timeout <= 0 {
				return usage("--timeout %v: use a duration greater than 0, such as 30m or 2h", run.timeout)
			}
			return run.apply(cmd, args[0])
		},
	}
	run.file.add(cmd)
	run.file.addConfirmFlags(cmd)
	f := cmd.Flags()
	f.StringVar(&run.approve, "approve", "", "approve the plan that has this hash, in place of a person's answer")
	f.BoolVar(&run.wait, "wait", false, "wait until the API has settled what it reviews or sets up")
	f.DurationVar(&run.timeout, timeoutFlag, time.Hour, "how long --wait waits, such as 30m or 72h")
	f.BoolVar(&run.asJSON, "json", false, "print the result as one JSON object, and nothing else")
	return cmd
}

// applying is one run of apply.
type applying struct {
	s       *streams
	file    projectFile
	approve string
	wait    bool
	timeout time.Duration
	asJSON  bool

	bar progressBar
}

func (r *applying) apply(cmd *cobra.Command, name string) error {
	a, d, err := r.read(name)
	if err != nil {
		return err
	}
	defer d.close()
	r.file.shareNamed = true
	app, err := r.file.newCallApp(cmd, r.s, deadline.Timeout)
	if err != nil {
		return err
	}
	defer app.close()
	a.Named = d.document.ProjectID != "" || r.file.project != ""
	if err := r.file.nameProject(d.document, app.tools); err != nil {
		return err
	}
	a.ProjectID = d.document.ProjectID
	a.Make = func(ctx context.Context, p plan.Project) (*plan.Plan, error) {
		return plan.Make(ctx, p, d.document, d.options)
	}
	a.Approve, a.Show, a.Progress, a.Waits = r.approve, r.show, r.progress, r.waits
	a.Arguments = map[string]any{"file": name}
	caller := tools.Caller{Principal: server.StdioPrincipal, Client: callClient, CommandLine: true}
	if interactive(r.s) && name != standardInput {
		caller.Elicitor = terminalElicitor{r.s, guard.MaxAnswerTime}
	}
	r.bar = newProgressBar(r.s.err)
	done, e := app.tools.Apply(cmd.Context(), caller, *a)
	r.bar.end()
	for _, warning := range done.Warnings {
		fmt.Fprintln(r.s.err, "warning: "+papi.Printable(warning))
	}
	if e != nil {
		return r.failed(name, done, e)
	}
	exit := done.Report.Exit()
	if err := r.print(done.Report); err != nil {
		return err
	}
	if r.wait && (exit == errorcode.Done || exit == errorcode.PersonNeeded) {
		if ended := r.follow(cmd.Context(), app.tools, caller, done.Report, a.ProjectID); ended != errorcode.Done {
			exit = ended
		}
	}
	if exit != errorcode.Done {
		return &exitError{code: exit}
	}
	return nil
}

// toApply is a file, or a saved plan, that is applied.
type toApply struct {
	document *plan.Document
	options  plan.MakeOptions
	close    func()
}

// read reads a file or a saved plan. What is wrong in a file is printed.
func (r *applying) read(name string) (*tools.Apply, *toApply, error) {
	if text, err := os.ReadFile(name); err == nil && isSavedPlan(text) {
		saved, document, options, err := plan.Load(text)
		if err != nil {
			return nil, nil, failed(fmt.Errorf("%s: %w", papi.Quoted(name, papi.MaxEcho), err))
		}
		if r.approve != "" && r.approve != saved.Hash {
			return nil, nil, failed(fmt.Errorf("--approve %s: the plan in the file has the hash %s", papi.Quoted(r.approve, papi.MaxEcho), saved.Hash))
		}
		refs := plan.Options{Secrets: func(string) bool { return true }, Secret: os.LookupEnv}
		return &tools.Apply{Refs: refs, Hash: saved.Hash, Was: saved}, &toApply{document, options, func() {}}, nil
	}
	d, refs, faults, closeFolder, err := r.file.read(r.s, name)
	switch {
	case err != nil:
		if _, ok := errors.AsType[*exitError](err); !ok {
			err = failed(err)
		}
	case len(faults) > 0:
		err = printFaults(r.s, faults)
	}
	if err != nil {
		closeFolder()
		return nil, nil, err
	}
	return &tools.Apply{Refs: refs, Hash: r.approve}, &toApply{d, r.file.options(), closeFolder}, nil
}

// isSavedPlan reports whether a text is meant to be what plan -o writes, and not a file.
func isSavedPlan(text []byte) bool {
	if !bytes.HasPrefix(bytes.TrimSpace(text), []byte("{")) {
		return false
	}
	value, err := jsonvalue.Decode(text)
	return err == nil && jsonvalue.Field(value, "plan") != nil && jsonvalue.Field(value, "format") != nil
}

// show prints the plan before it is applied.
func (r *applying) show(p *plan.Plan, approved time.Time) {
	if r.asJSON {
		return
	}
	if !approved.IsZero() {
		fmt.Fprintf(r.s.out, "Continuing the plan %s, approved at %s.\n", p.Hash, approved.UTC().Format(time.RFC3339))
		return
	}
	fmt.Fprint(r.s.out, p.Text(plan.PrintOptions{Color: colors(r.s.out)}))
	if len(p.Steps) > 0 {
		fmt.Fprintf(r.s.out, "Hash: %s\n", p.Hash)
	}
}

// failed prints the error of a plan that was not begun.
func (r *applying) failed(name string, done tools.Applied, e *tools.Error) error {
	switch e.Code {
	case errorcode.ConfirmationRequired, errorcode.ProjectUnconfirmed:
		return &exitError{errorcode.PersonNeeded, fmt.Sprintf("nothing was sent: a person must approve this plan, on a terminal or with papi-mcp apply %s --approve %s", papi.Quoted(name, papi.MaxEcho), done.Plan.Hash)}
	case errorcode.PlanChanged:
		differs, _ := e.Info["differs"].([]string)
		for _, line := range differs {
			fmt.Fprintln(r.s.err, "  "+papi.Printable(line))
		}
	}
	return &exitError{r.file.exitOf(e), cmp.Or(errorText(e), e.Code)}
}

// waits shows until when the command waits, and for what.
func (r *applying) waits(wait time.Duration, why string) {
	until := time.Now().Add(wait).UTC().Format(time.TimeOnly)
	r.bar.line(fmt.Sprintf("waiting until %s UTC (%s): %s", until, wait.Round(time.Second), papi.Printable(why)))
}

// progress shows that a step has ended.
func (r *applying) progress(done, total int, result plan.Result) {
	text := result.ID
	if result.Status != plan.Done {
		text = fmt.Sprintf("%s %s: %s", result.Status, text, result.Err.Message)
	}
	r.bar.step(done, total, papi.Printable(text), result.Status != plan.Done)
}
