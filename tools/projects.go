package tools

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

type projectConfirmArgs struct {
	ProjectID string `json:"projectId,omitempty"`
}

type projectOverviewArgs struct {
	ProjectID string `json:"projectId,omitempty"`
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
	r := &Result{Tool: "project_overview", ProjectID: projectID}
	r.Now, r.Next = stamp(o.now), s.offered(o.next(), args.ProjectID)
	r.Data = o.shown()
	r.Warnings = append(s.about(), o.warnings()...)
	return Outcome{Structured: r}
}

// about warns of where the calls go, unless it is the API itself.
func (s *Set) about() []string {
	if about := s.opts.Guard.About(); about != "" {
		return []string{"this is " + about}
	}
	return nil
}

func (s *Set) projectConfirm(ctx context.Context, caller Caller, args projectConfirmArgs) Outcome {
	if args.ProjectID == "" {
		return s.showProjects()
	}
	projectID, refusal := s.opts.Guard.Project(ctx, caller.Principal, args.ProjectID)
	if refusal != nil {
		return s.refuseProject(ctx, caller, "project_confirm", projectID, refusal)
	}
	if reason := papi.SegmentProblem(projectID); reason != "" {
		return invalidArguments([]papi.Violation{{Path: argProject, Given: papi.Echo(projectID), Allowed: "an id as the Sinch Dashboard shows it; this one " + reason}}).outcome()
	}
	o, e := s.readOverview(ctx, projectID)
	if e != nil {
		return e.outcome()
	}
	v, by, until := s.opts.Guard.ConfirmProject(ctx, caller.Principal, caller.Client, caller.Elicitor, projectID, s.describe(projectID, caller.Client, o))
	warnings := o.warnings()
	line := s.entry(caller, projectID, "project_confirm", v)
	line.Arguments, line.Confirmed = map[string]any{argProject: projectID}, string(by)
	s.record(ctx, &warnings, line, "about this call")
	switch {
	case v.Ask != nil:
		return Outcome{Question: v.Ask}
	case v.Refuse != nil:
		e := refused(v.Refuse)
		e.Warnings = warnings
		return e.outcome()
	}
	r := &Result{Tool: "project_confirm", ProjectID: projectID}
	r.Data = map[string]any{"confirmed": true, "until": until.UTC().Format(time.RFC3339), "countsFor": guard.CountsFor(caller.Client), "overview": o.shown()}
	if o.empty() {
		r.Next = s.offered(o.next(), projectID)
	}
	r.Warnings = append(s.about(), warnings...)
	r.Now = stamp(o.now)
	return Outcome{Structured: r}
}

// refuseProject answers for a project that the guard refuses: a verdict other
// than allow, so it leaves its line as that of any other tool does.
func (s *Set) refuseProject(ctx context.Context, caller Caller, tool, projectID string, r *guard.Refusal) Outcome {
	e := refused(r)
	e.Next = nextAfterRefusal(nil, nil, r.Code)
	line := s.entry(caller, projectID, tool, guard.Verdict{Refuse: r})
	line.Arguments = map[string]any{argProject: projectID}
	s.record(ctx, &e.Warnings, line, "about this call")
	return e.outcome()
}

// maxProjects is how many projects project_confirm lists. A person names one by its id,
// so an agent does not need all of them.
const maxProjects = 10

// showProjects shows the projects of this server, the first of them where there are
// many, and confirms none.
func (s *Set) showProjects() Outcome {
	r := &Result{Tool: "project_confirm"}
	projects := append([]string{}, s.projects()...)
	data := map[string]any{"confirmed": false, "projects": projects[:min(len(projects), maxProjects)], "default": s.opts.Guard.Default()}
	if more := len(projects) - maxProjects; more > 0 {
		data["projectsMore"] = more
	}
	r.Data = data
	n := catalog.Next{Do: "confirm the one that the person names", Tool: "project_confirm", Args: map[string]any{}, Needs: []string{argProject}}
	if len(projects) == 1 {
		n = catalog.Next{Do: "confirm the project if the person agrees", Tool: "project_confirm", Args: map[string]any{argProject: projects[0]}, Needs: []string{}}
	}
	r.Next = append(r.Next, n)
	if r.Warnings = s.about(); len(s.opts.Guard.Projects()) == 0 && r.Warnings == nil {
		r.Warnings = append(r.Warnings, "this server is not limited to certain projects: the Sinch Dashboard shows the ids")
	}
	return Outcome{Structured: r}
}

// describe is the question about a project. It shows what lives there, so that
// the person recognises it. Text of others is quoted, on one line and bounded.
func (s *Set) describe(projectID, client string, o *overview) string {
	lines := []string{s.opts.Guard.ProjectQuestion(projectID, client), strings.ToUpper(o.Looks[:1]) + o.Looks[1:] + ".", "WhatsApp account: " + stateText(o.WhatsappAccount)}
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
	for _, hook := range o.Webhooks[:min(len(o.Webhooks), catalog.MaxWebhooks)] {
		lines = append(lines, "  "+guard.Address(jsonvalue.Text(hook, "target")))
	}
	return strings.Join(lines, "\n")
}
