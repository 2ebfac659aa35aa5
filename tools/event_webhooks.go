package tools

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/events"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
)

// followWebhook has the registrations follow a call about a webhook that brings events
// here: one that is deleted ends its registration, one that has other triggers brings
// others, and one that was given a secret or a target past event_subscribe may bring
// nothing any more. It returns warnings.
func (s *Set) followWebhook(ctx context.Context, c *guard.Call, answer map[string]any) []string {
	tool := c.Row.Tool
	if s.opts.Events == nil {
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	switch tool {
	case webhookCreate:
		if _, isOurs := s.opts.Events.Registrations.IDOf(jsonvalue.Text(c.Args, "target")); !isOurs || c.Args["secret"] == nil {
			return nil // event_subscribe has a secret that only the request has
		}
		return []string{"its target is this server, which refuses events with a secret that it has not made: " + toolEventSubscribe + " sets one"}
	case webhookUpdate, webhookReplace, webhookDelete:
	default:
		return nil
	}
	reg, err := s.registrationOf(ctx, c.ProjectID, jsonvalue.Text(c.Args, "webhookId"))
	switch {
	case err != nil:
		return []string{"it is not known whether this webhook sent its events to this server: " + err.Error()}
	case reg == nil:
		return nil
	}
	defer s.opts.Events.changed(s.opts.Tenant)
	if tool == webhookDelete {
		if err := s.opts.Events.Registrations.Remove(ctx, reg.ID); err != nil {
			return []string{"the webhook is deleted, but what this server keeps of it could not be removed: " + err.Error()}
		}
		return nil
	}
	triggers := jsonvalue.Texts(answer, "triggers")
	if triggers == nil {
		triggers = jsonvalue.Texts(c.Args, "triggers")
	}
	var warnings []string
	target := jsonvalue.Text(c.Args, "target")
	if c.Args["secret"] != nil || target != "" && target != s.opts.Events.Registrations.Target(reg.ID) {
		triggers = []string{} // none of its events arrives
		warnings = append(warnings, "the events of this webhook came to this server, which refuses them with another secret: "+toolEventSubscribe+" sets one that it knows")
	}
	if triggers != nil {
		if err := s.opts.Events.Registrations.SetWebhook(ctx, reg.ID, reg.WebhookID, triggers); err != nil {
			warnings = append(warnings, "what this webhook reports to this server could not be noted: "+err.Error())
		}
	}
	return warnings
}

// isGone reports whether an error says that the webhook that was to be deleted is not there.
func isGone(row *catalog.Row, err error) bool {
	e, ok := errors.AsType[*papi.Error](err)
	return ok && row.Tool == webhookDelete && e.Status == http.StatusNotFound
}

// registrationOf returns the registration of a webhook, nil where it has none.
func (s *Set) registrationOf(ctx context.Context, project, webhookID string) (*events.Registration, error) {
	all, err := s.registrationsOf(ctx, project)
	if i := slices.IndexFunc(all, func(r events.Registration) bool { return webhookID != "" && r.WebhookID == webhookID }); i >= 0 {
		return &all[i], nil
	}
	return nil, err
}

// registrationsOf returns the registrations of this tenant for a project.
func (s *Set) registrationsOf(ctx context.Context, project string) ([]events.Registration, error) {
	all, err := s.opts.Events.Registrations.List(ctx, s.opts.Tenant)
	return slices.DeleteFunc(all, func(r events.Registration) bool { return r.ProjectID != project }), err
}
