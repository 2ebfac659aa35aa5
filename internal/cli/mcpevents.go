package cli

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"

	"papi-mcp/internal/auth"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/mcpevents"
	"papi-mcp/internal/store"
)

// newEvents creates the service of MCP Events. It reads with the credentials of a tenant
// what callers ask about, also where no request of theirs runs.
func (c *config) newEvents(a *app, opened store.Store, logger *slog.Logger) *mcpevents.Service {
	return mcpevents.New(mcpevents.Options{
		Store: opened, Logger: logger, Occurred: c.occurred,
		Things: func(_ context.Context, owner mcpevents.Owner) (mcpevents.Things, error) {
			id := auth.Identity{Principal: owner.Principal, Grant: auth.Grant{Tenant: owner.Tenant}}
			if owner.Principal != "" {
				grant, failure := c.grantNow(owner)
				if failure != nil {
					return nil, failure
				}
				id.Grant = grant
			}
			tools, err := a.pool.Tools(id)
			if err != nil {
				return nil, err
			}
			return tools, nil
		},
		Inbox: func(tenant string) mcpevents.Inbox {
			if a.inboxes == nil {
				return nil
			}
			return a.inboxes.Of(tenant)
		},
	})
}

// grantNow is what the configuration allows an owner now: its key may have been removed,
// or given other rights. The grant of a token is that of its last request.
func (c *config) grantNow(owner mcpevents.Owner) (auth.Grant, *auth.Failure) {
	name, isKey := strings.CutPrefix(owner.Principal, "key:")
	if !isKey || c.keys == nil {
		return owner.Grant, nil
	}
	keys := c.keys()
	i := slices.IndexFunc(keys, func(key auth.Key) bool { return key.Name == strings.TrimSuffix(name, "@"+key.Grant.Tenant) })
	if i < 0 || keys[i].Grant.Tenant != owner.Tenant {
		return auth.Grant{}, auth.NewFailure(http.StatusForbidden, errorcode.Unauthorized, "its API key is not known here any more")
	}
	return keys[i].Grant, nil
}

// runEvents watches for events what clients ask about, until stop; with resume also what
// they asked about before this process began.
func (a *app) runEvents(ctx context.Context, resume bool) (stop func()) {
	return inBackground(ctx, func(ctx context.Context) { a.events.Run(ctx, resume) })
}
