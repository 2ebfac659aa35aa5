package tools

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/plan"
)

// The tools of plans, for agents: what a project contains becomes a document that is
// stored here, of a document and a project a plan is made, and the plan is applied. They
// read no files, and of the environment only secrets that the operator lists.
const (
	toolPlanApply = catalog.ProjectApply
	argExportID   = "exportId"
	argPlanID     = "planId"
	argDocument   = "document"
)

type projectExportArgs struct {
	ProjectID string `json:"projectId,omitempty"`
}

type projectPlanArgs struct {
	ProjectID string   `json:"projectId,omitempty" jsonschema:"description=the project to change"`
	ExportID  string   `json:"exportId,omitempty"`
	Document  string   `json:"document,omitempty" jsonschema:"description=YAML instead of exportId"`
	Vars      []string `json:"vars,omitempty" jsonschema:"description=NAME=VALUE"`
	Only      []string `json:"only,omitempty" jsonschema:"description=kinds or keys"`
}

type projectApplyArgs struct {
	PlanID  string `json:"planId"`
	Confirm string `json:"confirm,omitempty"`
}

// planTools are the tools of plans.
func (s *Set) planTools() []*coreTool {
	apply := hints("Apply a plan", false, true)
	apply.DestructiveHint = apply.OpenWorldHint
	return []*coreTool{
		newCoreTool(coreTool{
			name: catalog.ProjectExport, annotations: hints("Export project", true, true),
			about:   "Export what a project contains as a document, kept for 24 hours: returns its id and counts.",
			phrases: []string{"make project B like project A", "copy a project", "set up the same channels for another brand", "back up the configuration of a project"},
		}, s.projectExport),
		newCoreTool(coreTool{
			name: catalog.ProjectPlan, annotations: hints("Plan changes to a project", true, true),
			about:   "Compare a project with an export, or a document: what to create, change and delete, what can't be done and why. Changes nothing.",
			example: map[string]any{argExportID: "e2k4m7q9a"},
			phrases: []string{"what would change", "compare two projects", "has anything drifted", "plan the setup of a brand", "bring a project to the state of a file"},
			after:   []string{errorcode.PlanChanged, errorcode.PlanExpired},
			check:   checkPlanArgs,
		}, s.projectPlan),
		newCoreTool(coreTool{
			name: catalog.ProjectApply, annotations: apply,
			about:   "Apply a plan after a person's confirmation. Call it again to continue.",
			example: map[string]any{argPlanID: "p2k4m7q9a"},
			phrases: []string{"apply the plan", "carry out the changes", "continue the interrupted setup"},
		}, s.projectApply),
	}
}

func checkPlanArgs(given map[string]any) []papi.Violation {
	export, document := given[argExportID] != nil, given[argDocument] != nil
	text, _ := given[argDocument].(string)
	switch {
	case export == document:
		return []papi.Violation{{Path: argExportID, Allowed: "either exportId, which project_export returns, or document"}}
	case len(text) > maxDocument:
		return []papi.Violation{{Path: argDocument, Given: fmt.Sprintf("%d bytes", len(text)), Allowed: fmt.Sprintf("at most %d KiB; papi-mcp plan on the command line has no such limit", maxDocument>>10)}}
	}
	return nil
}

func (s *Set) projectExport(ctx context.Context, caller Caller, args projectExportArgs) Outcome {
	projectID, refusal := s.opts.Guard.Project(ctx, caller.Principal, args.ProjectID)
	if refusal != nil {
		return s.refuseProject(ctx, caller, catalog.ProjectExport, projectID, refusal)
	}
	items, err := plan.ReadProject(ctx, s.Target(caller, projectID, plan.Options{}), s.planKinds())
	if err != nil {
		return planError(err).outcome()
	}
	id, e := s.keep(ctx, caller, "e", keptDocument{Text: string(plan.Export(projectID, items, true)), Exported: true})
	if e != nil {
		return e.outcome()
	}
	counts, left := map[string]any{}, 0
	for _, item := range items {
		n, _ := counts[item.Kind.Name].(int)
		counts[item.Kind.Name] = n + 1
		if item.Unmanaged != "" {
			left++
		}
	}
	r := &Result{Tool: catalog.ProjectExport, ProjectID: projectID, IDs: map[string]string{argExportID: id}, Counts: counts}
	if left > 0 {
		r.Warnings = append(r.Warnings, papi.Count(left, "item")+" can't be in a document, and "+isOrAre(left)+" left out")
	}
	r.Next = s.offered([]catalog.Next{{Do: "plan it for another project", Tool: catalog.ProjectPlan, Args: map[string]any{argExportID: id}, Needs: []string{argProject}}}, "")
	return Outcome{Structured: r}
}

func isOrAre(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// planKinds are the kinds whose tools are offered.
func (s *Set) planKinds() []*plan.Kind {
	return slices.DeleteFunc(slices.Clone(plan.Kinds), func(k *plan.Kind) bool { return s.planRows[k.Resource.List] == nil })
}

func (s *Set) projectPlan(ctx context.Context, caller Caller, args projectPlanArgs) Outcome {
	d := keptDocument{Text: args.Document}
	if args.ExportID != "" {
		exported, e := s.kept(ctx, caller, argExportID, args.ExportID)
		if e != nil {
			return e.outcome()
		}
		d = *exported
	}
	d.Vars, d.Only = map[string]string{}, args.Only
	for _, given := range args.Vars {
		name, value, ok := strings.Cut(given, "=")
		if !ok {
			return invalidArguments([]papi.Violation{{Path: "vars", Given: papi.Echo(given), Allowed: "NAME=VALUE"}}).outcome()
		}
		d.Vars[name] = value
	}
	named, e := s.documentProject(&d)
	if e != nil {
		return e.outcome()
	}
	if args.ProjectID != "" {
		named = args.ProjectID
	}
	projectID, refusal := s.opts.Guard.Project(ctx, caller.Principal, named)
	if refusal != nil {
		return s.refuseProject(ctx, caller, catalog.ProjectPlan, projectID, refusal)
	}
	d.ProjectID = projectID
	p, err := s.planOf(&d)(ctx, s.Target(caller, projectID, s.planRefs(&d)))
	if err != nil {
		return planError(err).outcome()
	}
	d.Plan = p
	id, e := s.keep(ctx, caller, "p", d)
	if e != nil {
		return e.outcome()
	}
	r := &Result{Tool: catalog.ProjectPlan, ProjectID: projectID, IDs: map[string]string{argPlanID: id}, Data: shownPlan(p)}
	if len(p.Steps) > 0 {
		r.Next = s.offered([]catalog.Next{{Do: "apply it, if that is what the person wants", Tool: catalog.ProjectApply, Args: map[string]any{argPlanID: id}, Needs: []string{}}}, "")
	}
	return Outcome{Structured: r}
}

// documentProject is the project that a document names, "" for none.
func (s *Set) documentProject(d *keptDocument) (string, *Error) {
	read, faults := plan.Read([]byte(d.Text), s.planRefs(d))
	if faults != nil {
		return "", invalidDocument(faults)
	}
	return read.ProjectID, nil
}

// planOf returns a function that makes the plan of a document.
func (s *Set) planOf(d *keptDocument) func(context.Context, plan.Project) (*plan.Plan, error) {
	return func(ctx context.Context, p plan.Project) (*plan.Plan, error) {
		read, faults := plan.Read([]byte(d.Text), s.planRefs(d))
		if faults != nil {
			return nil, asAPIError(invalidDocument(faults))
		}
		document := read.For(d.ProjectID)
		needed := s.withoutSecrets(document)
		made, err := plan.Make(ctx, p, document, plan.MakeOptions{Only: d.Only})
		if err != nil {
			return nil, err
		}
		for i, blocked := range made.Blocked {
			if name := needed[blocked.Kind+"/"+blocked.Key]; name != "" && blocked.Action == plan.Create {
				made.Blocked[i].Reason = "it needs a secret, which an export does not have: the server's operator lists " + name + " in plan-secrets, or create it with " + plan.LookupKind(blocked.Kind).Create
			}
		}
		return made, nil
	}
}

// planRefs resolve the references of a document: of secrets the names that the
// operator lists, and of an export, which refers to each secret that it can't show, all.
func (s *Set) planRefs(d *keptDocument) plan.Options {
	return plan.Options{
		File: argDocument, Vars: d.Vars, Secret: os.LookupEnv,
		Secrets: func(name string) bool { return d.Exported || s.isPlanSecret(name) },
	}
}

func (s *Set) isPlanSecret(name string) bool {
	return slices.Contains(s.opts.PlanSecrets, strings.TrimPrefix(name, plan.SecretPrefix))
}

// withoutSecrets leaves out of the items of a document the secrets that the operator does
// not list, and returns their names by the items.
func (s *Set) withoutSecrets(d *plan.Document) map[string]string {
	left := map[string]string{}
	for _, item := range d.Items {
		item.Secret = slices.DeleteFunc(item.Secret, func(field string) bool {
			text, _ := item.Fields[field].(string)
			name := strings.TrimSuffix(strings.TrimPrefix(text, "${env:"), "}")
			if s.isPlanSecret(name) {
				return false
			}
			delete(item.Fields, field)
			left[item.Kind.Name+"/"+item.Key] = strings.TrimPrefix(name, plan.SecretPrefix)
			return true
		})
	}
	return left
}

// invalidDocument is the error of a document with faults.
func invalidDocument(faults []plan.Fault) *Error {
	info := map[string]any{}
	if more := len(faults) - papi.MaxViolations; more > 0 {
		faults, info["more"] = faults[:papi.MaxViolations], more
	}
	texts := make([]string, len(faults))
	for i, fault := range faults {
		texts[i] = fault.String()
	}
	info["violations"] = texts
	return &Error{Code: errorcode.PlanInvalid, Message: "the document is not valid", Resolution: "fix all of additionalInformation.violations, each with its line and column", Info: info}
}

func (s *Set) projectApply(ctx context.Context, caller Caller, args projectApplyArgs) Outcome {
	d, e := s.kept(ctx, caller, argPlanID, args.PlanID)
	if e != nil {
		return e.outcome()
	}
	a := Apply{
		ProjectID: d.ProjectID, Refs: s.planRefs(d), Make: s.planOf(d), Hash: d.Plan.Hash, Was: d.Plan, Confirm: args.Confirm, Bounded: true,
		Arguments: map[string]any{argPlanID: args.PlanID},
	}
	if caller.Progress != nil {
		a.Progress = func(done, total int, r plan.Result) {
			caller.Progress(Progress{Done: done, Total: total, Message: r.ID})
		}
	}
	done, e := s.Apply(ctx, caller, a)
	switch {
	case e != nil:
		e.Warnings = append(e.Warnings, done.Warnings...)
		e.Next = s.afterApplyError(e, args, d)
		return e.outcome()
	case done.Question != nil:
		return Outcome{Question: done.Question}
	}
	r := &Result{Tool: catalog.ProjectApply, ProjectID: d.ProjectID, Warnings: done.Warnings}
	shown := shownReport(done)
	r.Data = shown
	waited := s.toWaitFor(done.Report)
	if waited != nil { // the step that waits may be cut to its size
		r.IDs = waited.IDs
	}
	r.Next = s.afterApply(done, shown, waited, args, d)
	return Outcome{Structured: r}
}

// afterApplyError are the steps after an apply that did not begin.
func (s *Set) afterApplyError(e *Error, args projectApplyArgs, d *keptDocument) []catalog.Next {
	again := map[string]any{argPlanID: args.PlanID}
	switch {
	case e.Confirmation != nil:
		return s.offered([]catalog.Next{{Do: "after their yes", Tool: catalog.ProjectApply, Args: again, Needs: []string{argConfirm}}}, "")
	case e.Code == errorcode.ProjectUnconfirmed:
		return e.Next
	case e.Code == errorcode.PlanChanged:
		return s.offered([]catalog.Next{{Do: "plan again", Tool: catalog.ProjectPlan, Args: map[string]any{argProject: d.ProjectID}, Needs: []string{argExportID}}}, "")
	}
	return e.Next
}
