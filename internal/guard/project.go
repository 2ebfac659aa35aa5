package guard

import (
	"context"
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"time"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/papi"
)

// projectTTL is how long a confirmation of a project is valid.
const projectTTL = 12 * time.Hour

// Default is the project of calls that name none, or "".
func (g *Guard) Default() string { return g.opts.Default }

// APITime is the time by the clock of the API.
func (g *Guard) APITime() time.Time { return g.opts.APINow() }

// About says where calls go; "" for the API itself.
func (g *Guard) About() string { return g.opts.About }

// Projects is the allowlist; empty means any.
func (g *Guard) Projects() []string { return slices.Clone(g.opts.Projects) }

// Project returns the project that a call of the principal is about: the one
// that it names, or the default. It refuses one that is not allowed, and a call
// that names none where there is no default.
func (g *Guard) Project(ctx context.Context, principal, named string) (string, *Refusal) {
	if named != "" {
		return named, g.allow(ctx, principal, named)
	}
	if g.Default() == "" {
		return "", &Refusal{
			Code:    errorcode.ProjectMissing,
			Message: "the call names no project, and no default project is configured",
		}
	}
	return g.Default(), nil
}

// allow refuses a project outside the allowlist. A subproject that a bundle of
// this principal made counts as inside.
func (g *Guard) allow(ctx context.Context, principal, projectID string) *Refusal {
	if len(g.opts.Projects) == 0 || slices.Contains(g.opts.Projects, projectID) {
		return nil
	}
	if _, ok, err := g.opts.Store.Get(ctx, g.subprojectKey(principal, projectID)); err != nil {
		return storeFailed(err)
	} else if ok {
		return nil
	}
	return &Refusal{
		Code:    errorcode.ProjectNotAllowed,
		Message: fmt.Sprintf("project %s is not among the projects of this server", papi.Echo(projectID)),
		Info:    map[string]any{"allowed": strings.Join(few(g.opts.Projects), ", ")},
	}
}

// projectConfirmed reports whether the principal has confirmed the call's
// project. A person who writes the project into a command confirms it for that
// command.
func (g *Guard) projectConfirmed(ctx context.Context, c *Call) (bool, error) {
	if g.opts.Mode == Off {
		c.Confirmed = ByConfirmOff
		return true, nil
	}
	if c.CommandLine && c.named {
		if u, err := g.getUnapproved(ctx, g.projectSubject(c.Principal, c.ProjectID).unapprovedKey()); err != nil {
			return false, err
		} else if u == nil {
			c.Confirmed = ByCommandLine
			return true, nil
		}
	}
	_, ok, err := g.opts.Store.Get(ctx, g.projectKey(c.Principal, c.Client, c.ProjectID))
	return ok, err
}

func (g *Guard) projectSubject(principal, projectID string) *subject {
	return &subject{realm: g.opts.Realm, principal: principal, project: projectID, tool: toolProjectConfirm}
}

// projectUnconfirmed refuses a write to a project that is not confirmed, or that
// a person was asked about without saying yes.
func (g *Guard) projectUnconfirmed(ctx context.Context, principal, projectID, tool string) *Refusal {
	if r := g.refuseUnapproved(ctx, g.projectSubject(principal, projectID)); r != nil {
		return r
	}
	return &Refusal{
		Code:    errorcode.ProjectUnconfirmed,
		Message: fmt.Sprintf("project %s is not confirmed yet, and %s would change something in it", projectID, tool),
		Next:    []catalog.Next{nextCall("confirm the project with the person", toolProjectConfirm, map[string]any{"projectId": projectID})},
	}
}

// ConfirmProject confirms a project for a principal and its client: with the
// person's answer to summary where the client can ask, by naming it where it
// can't. It returns how the confirmation came, and until when it is valid. The
// caller has checked the project with [Guard.Project] before.
func (g *Guard) ConfirmProject(ctx context.Context, principal, client string, elicitor Elicitor, projectID, summary string) (v Verdict, by Confirmed, until time.Time) {
	s := g.projectSubject(principal, projectID)
	by = ByNaming
	if g.opts.Mode == Off {
		by = ByConfirmOff
	}
	if g.opts.Mode == Human || elicitor != nil && g.opts.Mode != Off {
		s.question = worded{summary, summary}
		v := g.ask(ctx, elicitor, s)
		switch {
		case v.Allowed():
			by = ByElicitation
		case v.Refuse == nil || v.Refuse.Code != errorcode.ConfirmationUnavailable || g.opts.Mode == Human:
			return v, "", time.Time{}
		}
	}
	if by == ByNaming {
		if r := g.refuseUnapproved(ctx, s); r != nil {
			return refuse(r), "", time.Time{}
		}
	}
	until = g.opts.Now().Add(projectTTL)
	if err := g.rememberProject(ctx, principal, client, projectID); err != nil {
		return refuse(storeFailed(err)), "", time.Time{}
	}
	return Verdict{}, by, until
}

func (g *Guard) rememberProject(ctx context.Context, principal, client, projectID string) error {
	return g.opts.Store.Put(ctx, g.projectKey(principal, client, projectID), []byte("confirmed"), projectTTL)
}

// ProjectQuestion asks a person whether to work in a project.
func (g *Guard) ProjectQuestion(projectID, client string) string {
	question := fmt.Sprintf("Work in project %s for the next 12 hours?\nThe confirmation applies to %s.", Name(projectID), CountsFor(client))
	if g.opts.About != "" {
		question += "\nThis is " + g.opts.About + "."
	}
	return question
}

// CountsFor says for which clients the confirmation of a project is valid.
func CountsFor(client string) string {
	if client == "" {
		return "every client that uses the same key or login"
	}
	return "the client " + Name(client) + " alone"
}

// projectKey has the client's name as a hash, since it may be any text. Without
// one the key is that of a principal which calls with one client.
func (g *Guard) projectKey(principal, client, projectID string) string {
	if client != "" {
		principal += fmt.Sprintf("/%x", sha256.Sum256([]byte(client)))
	}
	return "guard/project/" + g.opts.Realm + "/" + principal + "/" + projectID
}

func (g *Guard) subprojectKey(principal, projectID string) string {
	return "guard/subproject/" + g.opts.Realm + "/" + principal + "/" + projectID
}
