// Package tenant keeps the tools of each caller over HTTP: those that its grant
// opens, on a client for the API with the credentials that it works with, behind
// a guard with its own allowlist. What is cached, confirmed, completed or
// limited for one never serves another.
//
// Tools are made when a caller first comes, and shared by all callers with the
// same grant and credentials. Those that nobody has used for a while, and the
// ones unused for longest where there are too many, are forgotten with their
// tokens. The configuration may change at any time: what a caller may do is
// looked up with each of its requests.
package tenant

import (
	"encoding/json"
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
	"papi-mcp/internal/papi"
	"papi-mcp/tools"
)

// Tenant is credentials for the API, and the projects that they are for.
type Tenant struct {
	// Projects is the allowlist; empty means any.
	Projects []string
	// Default is the project of calls that name none; "" stands for the first
	// of Projects, where there are some.
	Default string
	// KeyID and KeySecret, or AccessToken, are the credentials.
	KeyID, KeySecret, AccessToken string
}

// Options are what the tools of all tenants have in common.
type Options struct {
	// Rows are the operations that the server offers.
	Rows []*catalog.Row
	// API has all but credentials. Its Transport is shared.
	API papi.Config
	// Guard has all but Projects, Default and Reader.
	Guard guard.Options
	// Tools has all but Rows, Guard and API.
	Tools tools.Options
	// Own is the tenant of callers whose grant names none; it may be without
	// credentials.
	Own Tenant
	// Lookup returns the tenant of a name; nil knows none.
	Lookup func(name string) (Tenant, bool)
	// Most is how many sets of tools are kept, and Idle for how long after
	// their last use. Zero values stand for 1,000 and 1 h.
	Most int
	Idle time.Duration
}

// Pool makes and keeps the tools. It is safe for use by many goroutines.
type Pool struct {
	opts     Options
	clients  *ttlcache.Cache[string, *papi.Client]
	sets     *ttlcache.Cache[string, *tools.Set]
	closed   chan struct{}
	sweeping sync.WaitGroup
}

// New returns a pool with nothing in it. It fails where the configuration of
// the API is wrong.
func New(opts Options) (*Pool, error) {
	if opts.Most == 0 {
		opts.Most = 1000
	}
	if opts.Idle == 0 {
		opts.Idle = time.Hour
	}
	if opts.API.Transport == nil {
		opts.API.Transport = papi.NewTransport()
	}
	p := &Pool{
		opts:    opts,
		closed:  make(chan struct{}),
		clients: ttlcache.New(ttlcache.WithCapacity[string, *papi.Client](uint64(opts.Most)), ttlcache.WithTTL[string, *papi.Client](opts.Idle)),
		sets:    ttlcache.New(ttlcache.WithCapacity[string, *tools.Set](uint64(opts.Most)), ttlcache.WithTTL[string, *tools.Set](opts.Idle)),
	}
	if _, err := papi.New(p.config(opts.Own)); err != nil {
		return nil, err
	}
	p.sweeping.Go(p.sweep)
	return p, nil
}

// sweep forgets what nobody used for long, until Close. (The cache's own
// sweeper can't be stopped before it has begun.)
func (p *Pool) sweep() {
	tick := time.NewTicker(max(p.opts.Idle/10, time.Millisecond))
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

// Close forgets everything. It is called once.
func (p *Pool) Close() {
	close(p.closed)
	p.sweeping.Wait()
	p.clients.DeleteAll()
	p.sets.DeleteAll()
	if pool, ok := p.opts.API.Transport.(interface{ CloseIdleConnections() }); ok {
		pool.CloseIdleConnections()
	}
}

// Tools returns the tools of a caller. The error is an *auth.Failure where its
// grant comes to nothing: its tenant is gone, or has none of its projects.
func (p *Pool) Tools(id auth.Identity) (*tools.Set, error) {
	t, failure := p.tenant(id)
	if failure != nil {
		return nil, failure
	}
	key := encode(struct {
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
	kept, _ := p.sets.GetOrSetFunc(key, func() *tools.Set { return p.make(t, id.Grant, client) })
	return kept.Value(), nil
}

// tenant returns the tenant that a caller works for, with the projects that
// its grant leaves of it.
func (p *Pool) tenant(id auth.Identity) (Tenant, *auth.Failure) {
	t := p.opts.Own
	switch {
	case id.Credentials != nil:
		t = Tenant{Projects: []string{id.Credentials.ProjectID}, KeyID: id.Credentials.KeyID, KeySecret: id.Credentials.KeySecret}
	case id.Grant.Tenant != "":
		ok := false
		if p.opts.Lookup != nil {
			t, ok = p.opts.Lookup(id.Grant.Tenant)
		}
		if !ok {
			return t, &auth.Failure{
				Status: http.StatusForbidden, Code: errorcode.TenantUnknown,
				Message: "the tenant that this caller works for is not configured: ask whoever runs the server",
			}
		}
	}
	if t.Projects = allowed(t.Projects, id.Grant.Projects); t.Projects == nil && len(id.Grant.Projects) > 0 {
		return t, &auth.Failure{
			Status: http.StatusForbidden, Code: errorcode.ProjectNotGranted,
			Message: "none of the projects that this caller may touch is among those of its tenant: ask whoever runs the server",
		}
	}
	return t, nil
}

// allowed returns the projects that are in both allowlists, of which an empty
// one allows all; nil where there are none.
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
func (p *Pool) Client() (*papi.Client, error) { return p.client(p.opts.Own) }

// client returns the client for a tenant's credentials.
func (p *Pool) client(t Tenant) (*papi.Client, error) {
	t.Projects, t.Default = nil, "" // one token serves them all
	key := encode(t)
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

// make makes the tools of a tenant, as far as a grant opens them.
func (p *Pool) make(t Tenant, grant auth.Grant, client *papi.Client) *tools.Set {
	options := p.opts.Guard
	options.Projects, options.Reader, options.Default = t.Projects, dispatch.Reader{API: client}, t.Default
	if len(t.Projects) > 0 && !slices.Contains(t.Projects, t.Default) {
		options.Default = t.Projects[0]
	}
	set := p.opts.Tools
	set.Rows = slices.DeleteFunc(slices.Clone(p.opts.Rows), func(row *catalog.Row) bool {
		return !grant.Allows(row.Toolset, row.Writes())
	})
	set.Guard, set.API = guard.New(options), client
	return tools.New(set)
}

// encode makes the key of a cache of all that tells its entries apart. It stays
// in memory, as the credentials in it do anyway.
func encode(key any) string {
	raw, err := json.Marshal(key)
	if err != nil {
		panic("tenant: " + err.Error()) // strings and bools
	}
	return string(raw)
}
