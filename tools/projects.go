package tools

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

type projectConfirmArgs struct {
	ProjectID string `json:"projectId,omitempty" jsonschema:"description=id of the project to confirm; without it the projects are shown and none is confirmed"`
}

type projectOverviewArgs struct {
	ProjectID string `json:"projectId,omitempty" jsonschema:"description=id of the project; the default project when left out"`
}

// overview is what lives in a project.
type overview struct {
	// Looks says what in the project is live.
	Looks    string `json:"looks"`
	Webhooks []any  `json:"webhooks"` // id, target and triggers of each
	// WhatsappAccount is the account's state, what is pending, or "none".
	WhatsappAccount string `json:"whatsappAccount"`
	// Counts has the things of each kind by state, with their total.
	Counts map[string]counts `json:"counts"`
	// Attention has what the counts hide; the first of each kind where there
	// are many.
	Attention []attention `json:"attention,omitempty"`
	// NotRead has the error of each kind that could not be read.
	NotRead map[string]string `json:"notRead"`

	now time.Time // the API's
}

// counts are the things of one kind by state. Where a list has more pages than
// the first, the states are those of its first page.
type counts struct {
	Total   int            `json:"total"`
	ByState map[string]int `json:"byState"`
	Partly  bool           `json:"partly"`
}

func (s *Set) projectOverview(ctx context.Context, caller Caller, args projectOverviewArgs) Outcome {
	projectID, refusal := s.opts.Guard.Project(ctx, caller.Principal, args.ProjectID)
	if refusal != nil {
		return s.refuseProject(ctx, caller, "project_overview", projectID, refusal)
	}
	o, e := s.readOverview(ctx, projectID)
	if e != nil {
		return e.outcome()
	}
	r := newResult("project_overview", projectID)
	r.Now, r.Next = stamp(o.now), s.offered(o.next(), args.ProjectID)
	r.Data = o
	r.Warnings = o.warnings()
	return Outcome{Structured: r}
}

func (s *Set) projectConfirm(ctx context.Context, caller Caller, args projectConfirmArgs) Outcome {
	if args.ProjectID == "" {
		return s.showProjects()
	}
	projectID, refusal := s.opts.Guard.Project(ctx, caller.Principal, args.ProjectID)
	if refusal != nil {
		return s.refuseProject(ctx, caller, "project_confirm", projectID, refusal)
	}
	if reason := papi.BadSegment(projectID); reason != "" {
		return invalidArguments([]papi.Violation{{Path: argProject, Given: papi.Echo(projectID), Allowed: "an id as the Sinch Dashboard shows it; this one " + reason}}).outcome()
	}
	o, e := s.readOverview(ctx, projectID)
	if e != nil {
		return e.outcome()
	}
	v, by, until := s.opts.Guard.ConfirmProject(ctx, caller.Principal, caller.Client, caller.Elicitor, projectID, s.describe(projectID, caller.Client, o))
	warnings := o.warnings()
	if s.opts.Audit != nil {
		e := s.entry(caller, projectID, "project_confirm", v)
		e.Arguments, e.Confirmed = map[string]any{argProject: projectID}, string(by)
		s.add(ctx, &warnings, e, "about this call")
	}
	switch {
	case v.Ask != nil:
		return Outcome{Question: v.Ask}
	case v.Refuse != nil:
		e := refused(v.Refuse)
		e.Warnings = warnings
		return e.outcome()
	}
	r := newResult("project_confirm", projectID)
	r.Data = map[string]any{"confirmed": true, "until": until.UTC().Format(time.RFC3339), "countsFor": guard.CountsFor(caller.Client), "overview": o}
	r.Warnings = warnings
	r.Now = stamp(o.now)
	return Outcome{Structured: r}
}

// refuseProject answers for a project that the guard refuses: a verdict other
// than allow, so it leaves its line as that of any other tool does.
func (s *Set) refuseProject(ctx context.Context, caller Caller, tool, projectID string, r *guard.Refusal) Outcome {
	e := refused(r)
	e.Next = nextAfterRefusal(nil, nil, r.Code)
	if s.opts.Audit != nil {
		line := s.entry(caller, projectID, tool, guard.Verdict{Refuse: r})
		line.Arguments = map[string]any{argProject: projectID}
		s.add(ctx, &e.Warnings, line, "about this call")
	}
	return e.outcome()
}

// showProjects shows the projects of this server, and confirms none.
func (s *Set) showProjects() Outcome {
	r := newResult("project_confirm", "")
	projects := append([]string{}, s.opts.Guard.Projects()...)
	r.Data = map[string]any{"confirmed": false, "projects": projects, "default": s.opts.Guard.Default()}
	n := catalog.Next{Do: "ask the person which project to work in, and confirm that project", Tool: "project_confirm", Args: map[string]any{}, Needs: []string{argProject}}
	if len(projects) == 1 {
		n = catalog.Next{Do: "confirm the project if the person agrees", Tool: "project_confirm", Args: map[string]any{argProject: projects[0]}, Needs: []string{}}
	}
	r.Next = append(r.Next, n)
	if len(projects) == 0 {
		r.Warnings = append(r.Warnings, "this server is not limited to certain projects: the Sinch Dashboard shows the ids")
	}
	return Outcome{Structured: r}
}

// readOverview reads what lives in a project, all kinds concurrently. Without
// its webhooks, which every project can list, there is no overview.
func (s *Set) readOverview(ctx context.Context, projectID string) (*overview, *Error) {
	o := &overview{Webhooks: []any{}, WhatsappAccount: "none", Counts: map[string]counts{}, NotRead: map[string]string{}}
	var mu sync.Mutex
	var all sync.WaitGroup
	var failure *Error
	var found []candidate
	webhook, account := catalog.LookupResource("webhook"), catalog.LookupResource("whatsapp_account")
	read := func(name, tool string, args map[string]any, take func(answer any)) {
		all.Go(func() {
			row := catalog.Lookup(tool)
			sent, err := dispatch.Send(ctx, s.opts.API, row, projectID, args)
			mu.Lock()
			defer mu.Unlock()
			var e *papi.Error
			switch {
			case err == nil:
				o.now = s.now(sent)
				take(sent.Answer)
			case errors.As(err, &e) && catalog.NoneHere(e.Code):
				take(nil)
			case name == webhook.Kind():
				failure = failed(row, args, err)
			default:
				o.NotRead[name] = err.Error()
			}
		})
	}
	read(webhook.Kind(), webhook.List, nil, func(answer any) {
		hooks, _ := jsonvalue.Field(answer, "webhooks").([]any)
		for _, hook := range hooks {
			kept, _ := shape(hook, callOptions{fields: []string{"id", "target", "triggers"}}, nil)
			o.Webhooks = append(o.Webhooks, kept)
		}
	})
	read(account.Kind(), account.Get, nil, func(answer any) {
		if state := stateOf(account, answer); state != "" {
			o.WhatsappAccount = state
			found = append(found, candidates(account, []any{answer})...)
		}
	})
	for _, resource := range counted() {
		row := catalog.Lookup(resource.List)
		page := *row.Op().Parameter("pageSize").Schema.Resolve().Maximum
		read(resource.Kind(), resource.List, map[string]any{"pageSize": int(page)}, func(answer any) {
			o.Counts[resource.Kind()] = count(row, answer)
			items, _ := jsonvalue.Field(answer, row.List()).([]any)
			found = append(found, candidates(resource, items)...)
		})
	}
	all.Wait()
	o.Attention = s.attend(ctx, projectID, found, o.now)
	o.Looks = o.looks()
	return o, failure
}

// counted are the resources whose things an overview counts by their state.
var counted = sync.OnceValue(func() []*catalog.Resource {
	return slices.DeleteFunc(slices.Clone(catalog.Resources()), func(r *catalog.Resource) bool { return !r.Counted() })
})

// looks says what is live.
func (o *overview) looks() string {
	things, reaching := len(o.Webhooks), []string{}
	for _, resource := range counted() {
		c := o.Counts[resource.Kind()]
		things += c.Total
		for _, state := range resource.States {
			switch n := c.ByState[state.Name]; {
			case !state.Production || n == 0:
			case n == 1:
				reaching = append(reaching, fmt.Sprintf("1 %s is %s", resource.Called(1), state.Name))
			default:
				reaching = append(reaching, fmt.Sprintf("%d %s are %s", n, resource.Called(n), state.Name))
			}
		}
	}
	looks := "nothing in it is live"
	switch {
	case len(reaching) > 0:
		looks = "production: " + strings.Join(reaching, ", ")
	case things == 0 && o.WhatsappAccount == "none":
		looks = "an empty project"
	}
	if len(o.NotRead) > 0 {
		looks += " (not all of it could be read)"
	}
	return looks
}

// count counts the things of a list by their state.
func count(row *catalog.Row, answer any) counts {
	c := counts{ByState: map[string]int{}}
	items, _ := jsonvalue.Field(answer, row.List()).([]any)
	for _, item := range items {
		c.ByState[stateOf(row.Resource, item)]++
	}
	c.Total = len(items)
	if n, err := strconv.Atoi(jsonvalue.Text(answer, "totalSize")); err == nil && n > c.Total {
		c.Total, c.Partly = n, true
	}
	return c
}

// stateOf is a thing's state, or what is pending where it has none yet.
func stateOf(resource *catalog.Resource, thing any) string {
	if state := jsonvalue.Text(thing, resource.State); state != "" {
		return state
	}
	if pending := jsonvalue.Text(thing, resource.Pending); pending != "" {
		return resource.Pending + "=" + pending
	}
	return ""
}

func (o *overview) warnings() []string {
	warnings := []string{}
	for _, name := range slices.Sorted(maps.Keys(o.NotRead)) {
		warnings = append(warnings, name+" could not be read: "+o.NotRead[name])
	}
	return warnings
}

// maxStates is how many states of a kind the question about a project lists.
const maxStates = 10

// describe is the question about a project. It shows what lives there, so that
// the person recognises it. Text of others is quoted, on one line and bounded.
func (s *Set) describe(projectID, client string, o *overview) string {
	first := guard.ProjectQuestion(projectID, client)
	if s.opts.About != "" {
		first += " (" + s.opts.About + ")"
	}
	lines := []string{first, strings.ToUpper(o.Looks[:1]) + o.Looks[1:] + ".", "WhatsApp account: " + stateText(o.WhatsappAccount)}
	for _, resource := range counted() {
		if c := o.Counts[resource.Kind()]; c.Total > 0 {
			many := resource.Called(0)
			lines = append(lines, fmt.Sprintf("%s: %d (%s)", strings.ToUpper(many[:1])+many[1:], c.Total, c.describe()))
		}
	}
	for _, kind := range slices.Sorted(maps.Keys(o.NotRead)) {
		lines = append(lines, fmt.Sprintf("Not read: %s (%s)", kindName(kind, 0), quoted(o.NotRead[kind])))
	}
	lines = append(lines, o.attentionLines()...)
	lines = append(lines, fmt.Sprintf("Webhooks: %d", len(o.Webhooks)))
	for _, hook := range o.Webhooks[:min(len(o.Webhooks), guard.MaxWebhooks)] {
		lines = append(lines, "  "+guard.Address(jsonvalue.Text(hook, "target")))
	}
	return strings.Join(lines, "\n")
}

// stateText is what stateOf found, for a person.
func stateText(state string) string {
	if pending, ok := strings.CutPrefix(state, "changes.status="); ok {
		return "not live yet (" + guard.Word(pending) + ")"
	}
	return guard.Word(state)
}

// describe says how many are in which state, the first states where there are
// many.
func (c *counts) describe() string {
	var states []string
	for _, state := range slices.Sorted(maps.Keys(c.ByState)) {
		states = append(states, fmt.Sprintf("%d %s", c.ByState[state], stateText(state)))
	}
	shown := strings.Join(states[:min(len(states), maxStates)], ", ")
	if c.Partly {
		shown = "of the first page: " + shown
	}
	return shown
}
