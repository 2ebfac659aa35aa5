package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"

	mcpserver "github.com/mark3labs/mcp-go/server"
	"github.com/spf13/pflag"

	"papi-mcp/internal/auth"
	"papi-mcp/internal/loopback"
	"papi-mcp/internal/reload"
	"papi-mcp/internal/server"
	"papi-mcp/internal/settings"
	"papi-mcp/internal/tenant"
)

// The values of --auth.
const (
	authNone  = "none"
	authToken = "token"
	authOIDC  = "oidc"
)

// The values of --tenant.
const (
	tenantConfig = "config"
	tenantHeader = "header"
)

// accessFlags say who may call over HTTP, and with which credentials.
type accessFlags struct {
	mode, tenant               string
	issuer, audience           string
	projectsClaim, tenantClaim string
}

func (f *accessFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.mode, "auth", authNone, "who may call over HTTP: none (everybody, on loopback only), token (the keys of --config), oidc (who has a token of --oidc-issuer)")
	flags.StringVar(&f.tenant, "tenant", tenantConfig, "whose credentials a call goes out with: config (those of the caller's tenant in --config, else of the environment), header ("+auth.CredentialsHeader+" of each request)")
	flags.StringVar(&f.issuer, "oidc-issuer", "", "URL of the authorization server whose tokens are taken")
	flags.StringVar(&f.audience, "oidc-audience", "", "what tokens must be for (default: --public-url with /mcp)")
	flags.StringVar(&f.projectsClaim, "oidc-projects-claim", "", "claim of a token with the projects that its bearer may touch")
	flags.StringVar(&f.tenantClaim, "oidc-tenant-claim", "", "claim of a token with the name of its bearer's tenant")
}

// check refuses what does not fit together.
func (f *accessFlags) check(publicURL string, file *settings.File) error {
	issuer, err := url.Parse(f.issuer)
	keysOfTenants := false
	for _, key := range file.Keys {
		keysOfTenants = keysOfTenants || key.Tenant != ""
	}
	switch {
	case f.mode != authNone && f.mode != authToken && f.mode != authOIDC:
		return usage("--auth %q: give none, token or oidc", f.mode)
	case f.tenant != tenantConfig && f.tenant != tenantHeader:
		return usage("--tenant %q: give config or header", f.tenant)
	case f.mode == authToken && len(file.Keys) == 0:
		return usage("--auth token needs keys in --config: papi-mcp config key makes one")
	case f.mode != authToken && len(file.Keys) > 0:
		return usage("--config has keys, which mean nothing with --auth %s: choose --auth token, or take them out", f.mode)
	case f.mode != authOIDC && (f.issuer+f.audience+f.projectsClaim+f.tenantClaim != "" || len(file.Scopes) > 0):
		return usage("--oidc-... and scopes mean nothing with --auth %s: choose --auth oidc, or take them out", f.mode)
	case f.mode == authOIDC && file.Source != "" && len(file.Scopes) == 0:
		return usage("--auth oidc with --config needs scopes in it, since a file that was cut off must not open more than the whole one. Without a file it is as if it said:\n%s", defaultScopesText)
	case f.mode == authOIDC && publicURL == "":
		return usage("--auth oidc needs --public-url: tokens are for that URL, and clients are told by it where to get one")
	case f.mode == authOIDC && (err != nil || issuer.Host == "" || issuer.Scheme != "https" && !(issuer.Scheme == "http" && loopback.IsHost(issuer.Hostname()))):
		return usage("--oidc-issuer %q: give the https URL of the authorization server", f.issuer)
	case f.tenant == tenantHeader && (len(file.Tenants) > 0 || keysOfTenants || f.tenantClaim != ""):
		return usage("with --tenant header each request brings its credentials: take the tenants out of --config")
	case f.tenantClaim != "" && len(file.Tenants) == 0:
		return usage("--oidc-tenant-claim needs tenants in --config")
	}
	return nil
}

// access is what the configuration file says of callers and tenants, ready for
// use.
type access struct {
	flags   map[string]any
	keys    []auth.Key
	scopes  map[string]map[string]bool
	tenants map[string]tenant.Tenant
}

// defaultScopesText are the default scopes as a file would say them.
const defaultScopesText = `scopes:
  papi.read: {toolsets: all, read-only: true}
  papi.write: {toolsets: all, read-only: false}`

// defaultScopes open what scopes open where there is no file.
var defaultScopes = map[string]settings.Scope{
	"papi.read":  {Toolsets: settings.Names{"all"}, ReadOnly: true},
	"papi.write": {Toolsets: settings.Names{"all"}},
}

func newAccess(file *settings.File) (*access, error) {
	a := &access{flags: file.Flags, scopes: map[string]map[string]bool{}, tenants: map[string]tenant.Tenant{}}
	for name, key := range file.Keys {
		k := auth.Key{Name: name, Grant: auth.Grant{Projects: key.Projects.List(), Toolsets: key.Grants(), Tenant: key.Tenant}}
		for _, text := range key.Hashes {
			hash, err := auth.ParseHash(text)
			if err != nil {
				return nil, err
			}
			k.Hashes = append(k.Hashes, hash)
		}
		a.keys = append(a.keys, k)
	}
	scopes := file.Scopes
	if len(scopes) == 0 {
		scopes = defaultScopes
	}
	for name, scope := range scopes {
		a.scopes[name] = scope.Grants()
	}
	for name, t := range file.Tenants {
		a.tenants[name] = tenant.Tenant{Projects: t.Projects.List(), KeyID: t.KeyID, KeySecret: t.KeySecret, AccessToken: t.AccessToken}
	}
	return a, nil
}

// liveAccess follows the file that source names; "" and a variable of the
// environment never change. What the file says of flags holds from the next
// start.
func (f *httpFlags) liveAccess(source string, first *settings.File, reader *settings.Reader, log *slog.Logger) (*reload.Value[*access], error) {
	current, file, files := first, first, []string{source}
	if source == "" || strings.HasPrefix(source, settings.FromEnvironment) {
		files = nil
	}
	return reload.New("the configuration file", files, log, func() (*access, error) {
		read := file
		file = nil
		if read == nil {
			var err error
			if read, err = reader.Read(source); err != nil {
				return nil, err
			}
			if err := f.access.check(f.publicURL, read); err != nil {
				return nil, err
			}
			if err := keepTenants(current, read); err != nil {
				return nil, err
			}
			if !reflect.DeepEqual(read.Flags, first.Flags) {
				log.Warn("flags in the configuration file have changed: they hold from the next start")
			}
		}
		a, err := newAccess(read)
		if err == nil {
			current = read
		}
		return a, err
	})
}

// keepTenants refuses a changed file in which a caller names no tenant any
// more: it may have been cut off there, and the caller's calls would go out with
// the server's own credentials.
func keepTenants(old, changed *settings.File) error {
	for _, name := range slices.Sorted(maps.Keys(changed.Keys)) {
		if changed.Keys[name].Tenant == "" && old.Keys[name].Tenant != "" {
			return fmt.Errorf("keys.%s has lost its tenant, so that its calls would go out with the credentials in the environment: give its tenant (%s), or start the server again if this is meant", name, old.Keys[name].Tenant)
		}
	}
	return nil
}

// options sets who may call, and with which tools.
func (f *accessFlags) options(o *server.HTTPOptions, publicURL string, a *app, live *reload.Value[*access], log *slog.Logger) {
	o.Authenticate = auth.None()
	switch f.mode {
	case authToken:
		o.Authenticate = auth.Keys(func() []auth.Key { return live.Current().keys })
	case authOIDC:
		resource := publicURL + "/mcp"
		audience := f.audience
		if audience == "" {
			audience = resource
		}
		path := mcpserver.ProtectedResourceMetadataPath(resource)
		o.Authenticate = auth.OIDC(auth.OIDCOptions{
			Issuer: f.issuer, Audience: audience, MetadataURL: publicURL + path,
			Scopes:        func() map[string]map[string]bool { return live.Current().scopes },
			ProjectsClaim: f.projectsClaim, TenantClaim: f.tenantClaim, Logger: log,
		})
		o.Open = map[string]http.Handler{"GET " + path: metadata(resource, f.issuer, live)}
	}
	if f.tenant == tenantHeader {
		o.Authenticate = auth.WithCredentials(o.Authenticate)
	}
	if f.mode != authNone || f.tenant == tenantHeader {
		o.ToolboxFor = func(_ context.Context, id auth.Identity) (server.Toolbox, error) { return a.pool.Tools(id) }
	}
}

// metadata tells clients where to get a token (RFC 9728).
func metadata(resource, issuer string, live *reload.Value[*access]) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(mcpserver.ProtectedResourceMetadataConfig{ // who is gone needs none
			Resource: resource, AuthorizationServers: []string{issuer},
			ScopesSupported:        slices.Sorted(maps.Keys(live.Current().scopes)),
			BearerMethodsSupported: []string{"header"}, ResourceName: "papi-mcp",
		})
	})
}

// readSettings reads the configuration file that source names, "" for none,
// and sets the flags that it sets.
func readSettings(source string, reader *settings.Reader, flags *pflag.FlagSet) (*settings.File, error) {
	if source == "" {
		return &settings.File{}, nil
	}
	file, err := reader.Read(source)
	if err == nil {
		err = file.Apply(flags)
	}
	var wrong *settings.Error
	if errors.As(err, &wrong) {
		return nil, usage("--config %s: what is wrong with it:\n%v", source, wrong)
	}
	if err != nil {
		return nil, usage("--config %s: %v", source, err)
	}
	return file, nil
}
