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
	"papi-mcp/internal/papi"
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

// authFlags are the flags of who may call over HTTP, and with which credentials.
type authFlags struct {
	mode, tenant               string
	issuer, audience           string
	projectsClaim, tenantClaim string
}

func (f *authFlags) add(flags *pflag.FlagSet) {
	choice(flags, &f.mode, "auth", authNone, "who may call over HTTP: none (anyone, on loopback only), token (callers with a key of --config), oidc (callers with a token from --oidc-issuer)", authNone, authToken, authOIDC)
	choice(flags, &f.tenant, "tenant", tenantConfig, "which credentials a call uses: config (those of the caller's tenant in --config, else the environment's), header (those in the "+auth.CredentialsHeader+" header of each request)", tenantConfig, tenantHeader)
	flags.StringVar(&f.issuer, "oidc-issuer", "", "URL of the authorization server whose tokens are accepted")
	flags.StringVar(&f.audience, "oidc-audience", "", "audience that tokens must have (default: --public-url with /mcp)")
	flags.StringVar(&f.projectsClaim, "oidc-projects-claim", "", "claim of a token that lists the projects its bearer may use")
	flags.StringVar(&f.tenantClaim, "oidc-tenant-claim", "", "claim of a token that names its bearer's tenant")
}

// faults returns where flags and a configuration file contradict each other.
func (f *authFlags) faults(publicURL string, file *settings.File) []fault {
	issuer, err := url.Parse(f.issuer)
	keysOfTenants := slices.ContainsFunc(slices.Collect(maps.Values(file.Keys)), func(key settings.Key) bool { return key.Tenant != "" })
	if !slices.Contains([]string{authNone, authToken, authOIDC}, f.mode) || !slices.Contains([]string{tenantConfig, tenantHeader}, f.tenant) {
		return nil // checkChoices reports it
	}
	var found []fault
	for _, rule := range []struct {
		broken bool
		fault  fault
	}{
		{f.mode == authToken && len(file.Keys) == 0,
			faultf("auth", "--auth token needs keys in --config: papi-mcp config key generates one")},
		{f.mode != authToken && len(file.Keys) > 0,
			faultf("auth", "--config has keys, which have no effect with --auth %s: use --auth token, or remove them", f.mode)},
		{f.mode != authOIDC && (f.issuer+f.audience+f.projectsClaim+f.tenantClaim != "" || len(file.Scopes) > 0),
			faultf("auth", "--oidc-... and scopes have no effect with --auth %s: use --auth oidc, or remove them", f.mode)},
		{f.mode == authOIDC && file.Source != "" && len(file.Scopes) == 0,
			faultf("auth", "--auth oidc with --config needs scopes in the file, since a truncated file must not grant more than the complete one. Without a file, the default is: %s", defaultScopesText)},
		{f.mode == authOIDC && publicURL == "",
			faultf("public-url", "--auth oidc needs --public-url: it is the audience of tokens, and where clients learn how to get one")},
		{f.mode == authOIDC && (err != nil || issuer.Host == "" || issuer.Scheme != "https" && !(issuer.Scheme == "http" && loopback.IsHost(issuer.Hostname()))),
			faultf("oidc-issuer", "--oidc-issuer %s: use the https URL of the authorization server", papi.Quoted(f.issuer, 200))},
		{f.tenant == tenantHeader && (len(file.Tenants) > 0 || keysOfTenants || f.tenantClaim != ""),
			faultf("tenant", "with --tenant header each request sends its credentials: remove the tenants from --config")},
		{f.tenant != tenantHeader && f.tenantClaim != "" && len(file.Tenants) == 0,
			faultf("oidc-tenant-claim", "--oidc-tenant-claim needs tenants in --config")},
	} {
		if rule.broken {
			found = append(found, rule.fault)
		}
	}
	return found
}

// grants are the keys, scopes and tenants of the configuration file.
type grants struct {
	file    *settings.File
	keys    []auth.Key
	scopes  map[string]map[string]bool
	tenants map[string]tenant.Tenant
}

// defaultScopesText shows the default scopes as YAML.
const defaultScopesText = `scopes: {papi.read: {toolsets: all, read-only: true}, papi.write: {toolsets: all, read-only: false}}`

// defaultScopes apply where there is no file.
var defaultScopes = map[string]settings.Scope{
	"papi.read":  {Toolsets: settings.Names{"all"}, ReadOnly: true},
	"papi.write": {Toolsets: settings.Names{"all"}},
}

func newGrants(file *settings.File) (*grants, error) {
	a := &grants{file: file, scopes: map[string]map[string]bool{}, tenants: map[string]tenant.Tenant{}}
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

// watchGrants reads the grants again when the file that source names changes, or one
// with a secret for it; "" and an environment variable never change. Flags in the file
// take effect at the next start.
func (f *httpFlags) watchGrants(source string, first *settings.File, reader *settings.Reader, log *slog.Logger) (*reload.Value[*grants], error) {
	return reload.New(log, reload.Source[*grants]{
		What: "the configuration file",
		Files: func(g *grants) []string {
			file := first
			if g != nil {
				file = g.file
			}
			if source == "" || strings.HasPrefix(source, settings.FromEnvironment) {
				return file.Secrets
			}
			return append([]string{source}, file.Secrets...)
		},
		Read: func(previous *grants) (*grants, error) {
			if previous == nil || source == "" {
				return newGrants(first)
			}
			read, err := reader.Read(source)
			if err != nil {
				return nil, err
			}
			if err := refuse(f.auth.faults(f.publicURL, read)); err != nil {
				return nil, err
			}
			if err := checkTenants(previous.file, read); err != nil {
				return nil, err
			}
			if !reflect.DeepEqual(read.Flags, first.Flags) {
				log.Warn("flags in the configuration file have changed: they take effect at the next start")
			}
			return newGrants(read)
		},
	})
}

// watchAccount reads the credentials of the environment again when the files that have
// them change.
func watchAccount(log *slog.Logger) (*reload.Value[*tenant.Tenant], error) {
	return reload.New(log, reload.Source[*tenant.Tenant]{
		What:  "the credentials",
		Files: func(*tenant.Tenant) []string { return accountFiles() },
		Read: func(previous *tenant.Tenant) (*tenant.Tenant, error) {
			own := ownAccount()
			if previous == nil { // whose faults have been reported
				return &own, nil
			}
			if unfilled := placeholderVariables(false); len(unfilled) > 0 {
				return nil, errors.New(placeholderMessage(unfilled))
			}
			return &own, errors.Join(refuse(accountFaults(false)), checkAccount(own))
		},
	})
}

// checkTenants refuses a changed file in which a key no longer has its tenant:
// the file may be truncated, and the caller's calls would use the server's own
// credentials.
func checkTenants(old, changed *settings.File) error {
	for _, name := range slices.Sorted(maps.Keys(changed.Keys)) {
		if changed.Keys[name].Tenant == "" && old.Keys[name].Tenant != "" {
			return fmt.Errorf("keys.%s no longer has a tenant, so that its calls would use the credentials in the environment: name its tenant (%s), or restart the server if this is intended", name, old.Keys[name].Tenant)
		}
	}
	return nil
}

// options sets the authentication of the server, and the tools of each caller.
func (f *authFlags) options(o *server.HTTPOptions, publicURL string, a *app, live *reload.Value[*grants], log *slog.Logger) {
	o.Authenticate = auth.None
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
		o.Open["GET "+path] = metadata(resource, f.issuer, live)
	}
	if f.tenant == tenantHeader {
		o.Authenticate = auth.WithCredentials(o.Authenticate)
	}
	if f.mode != authNone || f.tenant == tenantHeader || len(accountFiles()) > 0 {
		o.ToolboxFor = func(_ context.Context, id auth.Identity) (server.Toolbox, error) { return a.pool.Tools(id) }
	}
}

// metadata serves where clients get a token (RFC 9728).
func metadata(resource, issuer string, live *reload.Value[*grants]) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(mcpserver.ProtectedResourceMetadataConfig{ // an error means that the client is gone
			Resource: resource, AuthorizationServers: []string{issuer},
			ScopesSupported:        slices.Sorted(maps.Keys(live.Current().scopes)),
			BearerMethodsSupported: []string{"header"}, ResourceName: "papi-mcp",
		})
	})
}

// readSettings reads the configuration file that source names, "" for none, applies
// its flags, and returns its faults.
func readSettings(source string, reader *settings.Reader, flags *pflag.FlagSet) (*settings.File, []fault, error) {
	if source == "" {
		return &settings.File{}, nil, nil
	}
	file, wrong, err := reader.Check(source)
	if err != nil {
		return nil, nil, usage("--config %s: %v", source, err)
	}
	var found []fault
	for _, f := range append(wrong, file.Apply(flags)...) {
		found = append(found, fault{"", f.String()})
	}
	return file, found, nil
}
