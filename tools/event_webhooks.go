package tools

import (
	"context"

	"papi-mcp/internal/events"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
)

// followWebhook has the registrations follow a call about a webhook that brings events
// here: one that is deleted ends its registration, and one that was changed past
// event_subscribe may bring nothing any more. It returns warnings.
func (s *Set) followWebhook(ctx context.Context, c *guard.Call) []string {
	switch tool := c.Row.Tool; {
	case s.opts.Events == nil, tool != webhookDelete && tool != webhookUpdate && tool != webhookReplace:
		return nil
	case tool != webhookDelete && c.Args["secret"] == nil && c.Args["target"] == nil:
		return nil
	}
	ctx = context.WithoutCancel(ctx)
	reg, err := s.registrationOf(ctx, c.ProjectID, jsonvalue.Text(c.Args, "webhookId"))
	switch {
	case err != nil:
		return []string{"it is not known whether this webhook sent its events to this server: " + err.Error()}
	case reg == nil:
		return nil
	case c.Row.Tool != webhookDelete:
		return []string{"this webhook sent its events to this server, which refuses events that are signed with another secret: " + toolEventSubscribe + " gives it a new one"}
	}
	defer s.opts.Events.changed(s.opts.Tenant)
	if err := s.opts.Events.Registrations.Remove(ctx, reg.ID); err != nil {
		return []string{"the webhook is deleted, but what this server keeps of it could not be removed: " + err.Error()}
	}
	return nil
}

// registrationOf returns the registration of a webhook, nil where it has none.
func (s *Set) registrationOf(ctx context.Context, project, webhookID string) (*events.Registration, error) {
	all, err := s.opts.Events.Registrations.List(ctx, s.opts.Tenant)
	if err != nil {
		return nil, err
	}
	for i := range all {
		if all[i].ProjectID == project && all[i].WebhookID == webhookID && webhookID != "" {
			return &all[i], nil
		}
	}
	return nil, nil
}
