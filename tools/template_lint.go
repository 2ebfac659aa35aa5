package tools

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/lint"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/template"
)

const argCompare = "compare"

// lintFindings is the data of a lint that found something.
type lintFindings struct {
	Findings []lint.Finding `json:"findings"`
	// Details are those of a template that was read, with the corrections made: the
	// caller may not have them in this form.
	Details map[string]any `json:"details,omitempty"`
}

func (s *Set) newTemplateLint() *coreTool {
	return s.newTemplateTool(coreTool{
		name: catalog.WhatsappTemplateLint, annotations: hints("Lint WhatsApp template", true, true),
		about:   "Check a WhatsApp template before it is submitted, by the contract and by Meta's published rules: takes the arguments of whatsapp_template_create or _update, or name and language alone of one that exists. Sends nothing.",
		phrases: []string{"will Meta approve this template", "check a template before I submit it", "what is wrong with this template text", "validate an HSM", "avoid a template rejection"},
	}, map[string]*papi.Schema{
		argCompare: {Type: papi.Types{"boolean"}, Description: "also with the project's templates and account"},
	}, s.templateLint)
}

// templateLint says what a template lacks to be approved.
func (s *Set) templateLint(ctx context.Context, caller Caller, t *givenTemplate) Outcome {
	r := &Result{Tool: catalog.WhatsappTemplateLint, ProjectID: t.project()}
	found := lint.Check(t.lint())
	if !t.updates {
		locked, e := s.nameLocked(ctx, caller, t)
		if e != nil {
			return e.outcome()
		}
		found = append(found, locked...)
	}
	if t.own[argCompare] == true {
		more, warnings, e := s.compareTemplate(ctx, caller, t)
		if e != nil {
			return e.outcome()
		}
		found, r.Warnings = append(found, more...), warnings
	}
	order := []lint.Severity{lint.Refused, lint.Likely, lint.Advice}
	slices.SortStableFunc(found, func(a, b lint.Finding) int { return slices.Index(order, a.Severity) - slices.Index(order, b.Severity) })

	fixed, made := correctTemplate(t, found)
	data := lintFindings{Findings: found}
	if t.stored != nil {
		st := conditionOf(catalog.LookupResource("whatsapp_template"), t.stored)
		r.IDs, r.State, r.Pending = st.ids, st.state, st.pending
		if made {
			data.Details = fixed.details()
		}
	}
	if len(found) == 0 {
		r.Done = "nothing found"
	} else {
		if left := data.bound(); left > 0 {
			r.Warnings = append(r.Warnings, papi.Count(left, "more finding")+" left out: correct these first, then check again")
		}
		r.Data = data
	}
	corrected := data.Details != nil && !refusesTemplate(lint.Check(fixed.lint()))
	r.Next = s.offered(t.next(found, corrected), t.project())
	return Outcome{Structured: r}
}

// lint is the template in the form that is checked: as one that is to be submitted, so that
// what it lacks is found.
func (t *givenTemplate) lint() lint.Template {
	details := t.details()
	if details["components"] == nil {
		details = jsonvalue.With(details, "components", []any{})
	}
	return lint.Template{Name: t.name(), Language: t.language(), Category: t.category(), Details: details}
}

// maxLintTokens is how many tokens the findings of an answer have, and the details with
// the corrections: by the estimate.
const (
	maxLintTokens      = 1_200
	maxCorrectedTokens = 1_500
)

// bound leaves out the last findings, and details that are too long, and returns how many
// findings that are.
func (l *lintFindings) bound() (left int) {
	all := len(l.Findings)
	for len(l.Findings) > 1 && estimateTokens(jsonvalue.Encode(l.Findings)) > maxLintTokens {
		l.Findings = l.Findings[:len(l.Findings)-1]
	}
	if estimateTokens(jsonvalue.Encode(l.Details)) > maxCorrectedTokens {
		l.Details = nil
	}
	return all - len(l.Findings)
}

// refusesTemplate reports whether a finding keeps a template from being submitted.
func refusesTemplate(found []lint.Finding) bool {
	return slices.ContainsFunc(found, func(f lint.Finding) bool { return f.Severity == lint.Refused })
}

// next says what to do after a lint. corrected reports that the answer has the details
// without what was refused.
func (t *givenTemplate) next(found []lint.Finding, corrected bool) []catalog.Next {
	serious := slices.ContainsFunc(found, func(f lint.Finding) bool { return f.Severity != lint.Advice })
	if !t.updates {
		step := catalog.Next{Do: "create it, if the person agrees", Tool: templateCreate, Args: maps.Clone(t.args), Needs: []string{}}
		if serious {
			step.Do = "correct what was found with the person, then create it"
			delete(step.Args, "details")
		}
		for _, name := range bodyOf(templateCreate).Required {
			if step.Args[name] == nil {
				step.Needs = append(step.Needs, name)
			}
		}
		if step.Args["details"] == nil && !slices.Contains(step.Needs, "details") {
			step.Needs = append(step.Needs, "details")
		}
		return []catalog.Next{step}
	}
	var state *condition
	if t.stored != nil {
		st := conditionOf(catalog.LookupResource("whatsapp_template"), t.stored)
		state = &st
	}
	update := catalog.Next{Do: "submit it, if the person agrees", Tool: templateUpdate, Args: map[string]any{
		argTemplateName: t.name(), argLanguageCode: t.language(), "status": catalog.Submit,
	}, Needs: []string{"details"}}
	canUpdate := state == nil || catalog.WhatsappTemplateUpdate.Allows(state.state, state.pending)
	switch {
	case serious && canUpdate && corrected:
		update.Do = "submit data.details, which are corrected, if the person agrees"
		return []catalog.Next{update}
	case serious && canUpdate:
		update.Do = "correct what was found with the person, then submit it"
		return []catalog.Next{update}
	case !t.exists && canUpdate:
		return []catalog.Next{update}
	case state != nil:
		row := catalog.Lookup(templateGet)
		next := state.next(row, state.ids, t.project(), t.now)
		if slices.ContainsFunc(next, isLint) { // nothing was found that a second check or read would show
			next = slices.DeleteFunc(next, func(n catalog.Next) bool { return isLint(n) || n.Tool == templateGet })
		}
		return next
	}
	return nil
}

func isLint(n catalog.Next) bool { return n.Tool == catalog.WhatsappTemplateLint }

// correctTemplate makes the corrections that are mechanical, and those that are possible
// after them, and sets the corrected text of each finding to what is right in the end:
// two may be about the same text.
func correctTemplate(t *givenTemplate, found []lint.Finding) (fixed *givenTemplate, made bool) {
	const rounds = 5
	copied, _ := jsonvalue.Map(t.args, func(_ string, value any) (any, bool) { return value, false }).(map[string]any)
	fixed = &givenTemplate{args: copied}
	todo := found
	for range rounds {
		changed := false
		for _, f := range todo {
			if f.Corrected != "" && setText(fixed.args, f.Path, f.Corrected) {
				changed, made = true, true
			}
		}
		if !changed {
			break
		}
		todo = lint.Check(fixed.lint())
	}
	for i, f := range found {
		if text, ok := jsonvalue.Field(fixed.args, f.Path).(string); ok && f.Corrected != "" {
			found[i].Corrected = text
		}
	}
	return fixed, made
}

// setText sets the text at a path, and reports whether there was another one.
func setText(value any, path, text string) bool {
	steps := strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' })
	for i, step := range steps {
		last := i == len(steps)-1
		switch holder := value.(type) {
		case map[string]any:
			value = holder[step]
			if before, ok := value.(string); ok && last && before != text {
				holder[step] = text
				return true
			}
		case []any:
			n, err := strconv.Atoi(step)
			if err != nil || n < 0 || n >= len(holder) {
				return false
			}
			value = holder[n]
			if before, ok := value.(string); ok && last && before != text {
				holder[n] = text
				return true
			}
		default:
			return false
		}
	}
	return false
}

// nameLocked is the finding that the name of a template was deleted here. Only the
// guard's memory is read.
func (s *Set) nameLocked(ctx context.Context, caller Caller, t *givenTemplate) ([]lint.Finding, *Error) {
	project, refusal := s.opts.Guard.Project(ctx, caller.Principal, t.project())
	switch {
	case refusal != nil && t.project() == "": // nothing but the name depends on it
		return nil, nil
	case refusal != nil:
		e, _ := s.refuseProject(ctx, caller, catalog.WhatsappTemplateLint, t.project(), refusal).Structured.(*Error)
		return nil, e
	case t.name() == "" || t.language() == "":
		return nil, nil
	}
	found, err := s.opts.Guard.LockedTemplateName(ctx, project, t.name(), t.language())
	switch {
	case err != nil:
		return nil, &Error{Code: errorcode.StoreUnavailable, Message: "the guard's store can't be read: " + err.Error()}
	case found == nil:
		return nil, nil
	}
	return []lint.Finding{*found}, nil
}

// maxCompared bounds the pages of templates that one is compared with.
const maxCompared = 20

// compareTemplate compares a template with the others of the project, and checks what the
// guard's rules read for a create or an update.
func (s *Set) compareTemplate(ctx context.Context, caller Caller, t *givenTemplate) (found []lint.Finding, warnings []string, _ *Error) {
	row, args := catalog.Lookup(templateCreate), t.args
	if t.updates {
		row = catalog.Lookup(templateUpdate)
		args = map[string]any{argTemplateName: t.name(), argLanguageCode: t.language()}
		if category := t.category(); category != "" {
			args["category"] = category
		}
		if details := t.details(); details != nil {
			args["details"] = details
		}
		if allow, given := t.given["allowCategoryChange"]; given {
			args["allowCategoryChange"] = allow
		}
	}
	call := &guard.Call{Row: row, Principal: caller.Principal, Client: caller.Client, CommandLine: caller.CommandLine, ProjectID: t.project(), Args: args}
	found, refusal := s.opts.Guard.CompareTemplate(ctx, call, !t.exists)
	if refusal != nil {
		e, _ := s.refuseProject(ctx, caller, catalog.WhatsappTemplateLint, t.project(), refusal).Structured.(*Error)
		return nil, nil, e
	}
	others, warnings := s.otherTemplates(ctx, caller, t)
	return append(found, lint.Compare(t.lint(), others)...), append(call.Warnings, warnings...), nil
}

// otherTemplates are the project's templates of other names: the translations of one
// may have the same text. One that is live and has changes is there twice.
func (s *Set) otherTemplates(ctx context.Context, caller Caller, t *givenTemplate) (others []lint.Template, warnings []string) {
	row := catalog.Lookup("whatsapp_template_list")
	args := map[string]any{"pageSize": *row.Op().Parameter("pageSize").Schema.Resolve().Maximum}
	if project := t.project(); project != "" {
		args[argProject] = project
	}
	for range maxCompared {
		answer, _, e := s.readByTool(ctx, caller, catalog.WhatsappTemplateLint, row.Tool, args)
		if e != nil && catalog.NoneHere(e.Code) {
			return others, nil
		}
		if e != nil {
			return others, []string{fmt.Sprintf("%s could not be read (%s), so the text was not compared with all of the project's templates", row.Tool, papi.Echo(e.Code))}
		}
		for _, one := range jsonvalue.Objects(answer, row.List()) {
			if jsonvalue.Text(one, argName) == t.name() {
				continue
			}
			for _, args := range []map[string]any{template.FromLive(one), template.FromAnswer(one)} {
				if args["details"] != nil {
					others = append(others, (&givenTemplate{args: args}).lint())
				}
			}
		}
		token := jsonvalue.Text(answer, "nextPageToken")
		if token == "" {
			return others, nil
		}
		args = jsonvalue.With(args, "pageToken", token)
	}
	return others, []string{fmt.Sprintf("only the first %d templates were compared", len(others))}
}
