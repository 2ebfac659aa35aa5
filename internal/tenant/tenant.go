// Package tenant keeps the tools of each caller over HTTP: those that its grant
// allows, with a client for the API that uses its credentials, behind a guard
// with its own allowlist. What is cached, confirmed, completed or limited for one
// caller is never used for another.
//
// A set of tools is built for the first request that needs it, and shared by all
// callers with the same grant and credentials. Sets that are unused for a while
// are dropped with their tokens, and so are the least recently used ones where
// there are too many. The configuration may change at any time: what a caller
// may do is looked up for each of its requests.
package tenant

import (
	"cmp"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/jellydator/ttlcache/v3"

	"papi-mcp/internal/auth"
	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/papi"
	"papi-mcp/tools"
)

// Tenant is credentials for the API, and their projects.
type Tenant struct {
	// Projects is the allowlist; empty means any.
	Projects []string
	// Default is the project of calls that name none; "" means the first of
	// Projects, if there are any.
	Default string
	// KeyID and KeySecret, or AccessToken, are the credentials.
	KeyID, KeySecret, AccessToken string
}

// Options are what the tools of all tenants have in common.
type Options struct {
	// Rows are the operations that the server offers.
	Rows []*catalog.Row
	// API has everything except credentials. Its Transport is shared.
	API papi.Config
	// Guard has everything except Projects, Default and Reader.
	Guard guard.Options
	// Tools has everything except Rows, Guard and API.
	Tools tools.Options
	// Own returns the tenant of callers whose grant names none; it may have no
	// credentials. It is called for each request, so that they can be replaced. nil: there
	// are none.
	Own func() Tenant
	// Lookup returns the tenant of a name; nil means that there are none.
	Lookup func(name string) (Tenant, bool)

	// How many sets are kept, and for how long after their last use: 1,000 and
	// 1 h, save in tests.
	maxSets int
	idleTTL time.Duration
}

// Pool builds and keeps the tools. It is safe for concurrent use.
type Pool struct {
	opts    Options
	clients *ttlcache.Cache[string, *papi.Client]
	sets    *ttlcache.Cache[string, *tools.Set]
	closed  chan struct{}
	sweeper sync.WaitGroup
}

// New returns an empty pool. It fails where the configuration of the API is
// wrong.
func New(opts Options) (*Pool, error) {
	opts.maxSets = cmp.Or(opts.maxSets, 1000)
	opts.idleTTL = cmp.Or(opts.idleTTL, time.Hour)
	if opts.Own == nil {
		opts.Own = func() Tenant { return Tenant{} }
	}
	if opts.API.Transport == nil {
		opts.API.Transport = papi.NewTransport()
	}
	p := &Pool{
		opts:    opts,
		closed:  make(chan struct{}),
		clients: ttlcache.New(ttlcache.WithCapacity[string, *papi.Client](uint64(opts.maxSets)), ttlcache.WithTTL[string, *papi.Client](opts.idleTTL)),
		sets:    ttlcache.New(ttlcache.WithCapacity[string, *tools.Set](uint64(opts.maxSets)), ttlcache.WithTTL[string, *tools.Set](opts.idleTTL)),
	}
	if _, err := papi.New(p.config(opts.Own())); err != nil {
		return nil, err
	}
	p.sweeper.Go(p.sweep)
	return p, nil
}

// sweep drops what has expired, until Close. (The cache's own sweeper can't be
// stopped before it has started.)
func (p *Pool) sweep() {
	tick := time.NewTicker(max(p.opts.idleTTL/10, time.Millisecond))
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			p.sets.DeleteExpired()
			p.clients.DeleteExpired()
		case <-p.closed:
			return
		}
	}
}

// Close drops everything. It must be called once.
func (p *Pool) Close() {
	close(p.closed)
	p.sweeper.Wait()
	p.clients.DeleteAll()
	p.sets.DeleteAll()
	if pool, ok := p.opts.API.Transport.(interface{ CloseIdleConnections() }); ok {
		pool.CloseIdleConnections()
	}
}

// Tools returns the tools of a caller. The error is an *auth.Failure where its
// grant allows nothing: its tenant is not configured, or has none of its projects.
func (p *Pool) Tools(id auth.Identity) (*tools.Set, error) {
	t, failure := p.tenant(id)
	if failure != nil {
		return nil, failure
	}
	key := cacheKey(struct {
		Tenant   Tenant
		Toolsets map[string]bool
	}{t, id.Grant.Toolsets})
	if kept := p.sets.Get(key); kept != nil {
		return kept.Value(), nil
	}
	client, err := p.client(t)
	if err != nil {
		return nil, err
	}
	kept, _ := p.sets.GetOrSetFunc(key, func() *tools.Set { return p.build(t, id.Grant, client) })
	return kept.Value(), nil
}

// tenant returns the tenant of a caller, with those of its projects that the
// grant allows.
func (p *Pool) tenant(id auth.Identity) (Tenant, *auth.Failure) {
	t := p.opts.Own()
	switch {
	case id.Credentials != nil:
		t = Tenant{Projects: []string{id.Credentials.ProjectID}, KeyID: id.Credentials.KeyID, KeySecret: id.Credentials.KeySecret}
	case id.Grant.Tenant != "":
		ok := false
		if p.opts.Lookup != nil {
			t, ok = p.opts.Lookup(id.Grant.Tenant)
		}
		if !ok {
			return t, auth.NewFailure(http.StatusForbidden, errorcode.TenantUnknown, "the tenant of this caller is not configured: ask the server's operator")
		}
	}
	if t.Projects = allowed(t.Projects, id.Grant.Projects); t.Projects == nil && len(id.Grant.Projects) > 0 {
		return t, auth.NewFailure(http.StatusForbidden, errorcode.ProjectNotGranted, "none of the projects that this caller may use is among those of its tenant: ask the server's operator")
	}
	return t, nil
}

// allowed returns the projects that both allowlists allow, an empty one allowing
// all; nil where there are none.
func allowed(tenant, grant []string) []string {
	if len(tenant) == 0 {
		return grant
	}
	if len(grant) == 0 {
		return tenant
	}
	var both []string
	for _, project := range tenant {
		if slices.Contains(grant, project) {
			both = append(both, project)
		}
	}
	return both
}

// Client returns the client of the server's own tenant.
func (p *Pool) Client() (*papi.Client, error) { return p.client(p.opts.Own()) }

// client returns the client for a tenant's credentials.
func (p *Pool) client(t Tenant) (*papi.Client, error) {
	t.Projects, t.Default = nil, "" // the token is the same for all projects
	key := cacheKey(t)
	if kept := p.clients.Get(key); kept != nil {
		return kept.Value(), nil
	}
	client, err := papi.New(p.config(t))
	if err != nil {
		return nil, fmt.Errorf("tenant: %w", err)
	}
	kept, _ := p.clients.GetOrSet(key, client)
	return kept.Value(), nil
}

func (p *Pool) config(t Tenant) papi.Config {
	config := p.opts.API
	config.KeyID, config.KeySecret, config.AccessToken = t.KeyID, t.KeySecret, t.AccessToken
	return config
}

// build builds the tools of a tenant that a grant allows.
func (p *Pool) build(t Tenant, grant auth.Grant, client *papi.Client) *tools.Set {
	options := p.opts.Guard
	options.Projects, options.Reader, options.Default = t.Projects, dispatch.Reader{API: client}, t.Default
	if len(t.Projects) > 0 && !slices.Contains(t.Projects, t.Default) {
		options.Default = t.Projects[0]
	}
	set := p.opts.Tools
	set.ReadOnly = set.ReadOnly || grant.ReadsOnly()
	set.Rows = slices.DeleteFunc(slices.Clone(p.opts.Rows), func(row *catalog.Row) bool {
		return !grant.Allows(row.Toolset, row.Writes())
	})
	set.PlanRows = slices.DeleteFunc(slices.Clone(set.PlanRows), func(row *catalog.Row) bool {
		return !grant.Allows(row.Toolset, row.Writes())
	})
	set.Own = slices.DeleteFunc(slices.Clone(set.Own), func(tool string) bool {
		return !grant.Allows(catalog.OwnToolset(tool), tool == catalog.ProjectApply)
	})
	set.Guard, set.API = guard.New(options), client
	return tools.New(set)
}

// cacheKey renders everything that distinguishes an entry of a cache. It holds
// credentials, and stays in memory as they do.
func cacheKey(parts any) string { return string(jsonvalue.Encode(parts)) }
