package cli

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"papi-mcp/internal/auth"
	"papi-mcp/internal/settings"
)

const (
	hashOne = "sha256:1111111111111111111111111111111111111111111111111111111111111111"
	hashTwo = "sha256:2222222222222222222222222222222222222222222222222222222222222222"
)

// completeFiles are configuration files in many orders and styles.
var completeFiles = map[string]struct{ mode, text string }{
	"as the docs show it": {authToken, `
http: 0.0.0.0:8443
auth: token
keys:
  bot:
    tenant: emea
    hashes: [` + hashOne + `]
    projects: [project-a-1, project-a-2]   # and no others
    toolsets: [webhooks, rcs]
    read-only: true
  desk:
    hashes:
      - ` + hashTwo + `
    read-only: false
    toolsets: all
    projects: all
tenants:
  emea-2:
    projects: all
    key-id: ${LIMITS_KEY_ID}
    key-secret: ${LIMITS_KEY_SECRET}
  emea:
    key-id: ${LIMITS_KEY_ID}
    key-secret: ${LIMITS_KEY_SECRET}
    projects:
      - project-a-1
      - project-a-2
`},
	"tenants before keys": {authToken, `
tenants:
  emea: {projects: "*", access-token: "${LIMITS_KEY_SECRET}"}
  emea-2: {projects: [project-a, project-a-and-more], access-token: "${LIMITS_KEY_SECRET}"}
keys:
  bot:
    read-only: true
    toolsets: [webhooks, rcs]
    tenant: emea-2
    hashes: [` + hashOne + `]
    projects:
    - project-a
    - project-a-and-more
`},
	"the tenant last": {authToken, `
tenants:
  emea: {projects: all, access-token: "${LIMITS_KEY_SECRET}"}
  emea-2: {projects: all, access-token: "${LIMITS_KEY_SECRET}"}
keys:
  bot:
    hashes: [` + hashOne + `]
    projects: all
    toolsets:
      - webhooks
      - rcs
    read-only: true
    tenant: emea-2
`},
	"JSON":      {authToken, `{"keys":{"bot":{"hashes":["` + hashOne + `"],"projects":["*"],"toolsets":["all"],"read-only":false,"tenant":"emea"}},"tenants":{"emea":{"projects":["p"],"access-token":"${LIMITS_KEY_SECRET}"}}}`},
	"with CRLF": {authToken, "keys:\r\n  bot:\r\n    hashes: [" + hashOne + "]\r\n    read-only: true\r\n    toolsets: all\r\n    projects:\r\n    - 'project-a'\r\n    - 'project-b'\r\n"},
	"scopes": {authOIDC, `
auth: oidc
scopes:
  papi.read: {toolsets: all, read-only: true}
  papi.write: {toolsets: [webhooks], read-only: false}
  papi.rcs:
    read-only: true
    toolsets:
      - rcs
      - webhooks
`},
	"scopes last": {authOIDC, `
tenants:
  emea: {projects: [p], access-token: "${LIMITS_KEY_SECRET}"}
scopes:
  papi.write:
    toolsets: [webhooks]
    read-only: true
`},
}

// A file that is truncated at any byte is refused, or grants nothing that the
// complete one does not.
func TestTruncatedConfigGrantsNoMore(t *testing.T) {
	t.Setenv("LIMITS_KEY_ID", "key")
	t.Setenv("LIMITS_KEY_SECRET", "not-a-real-one")
	serve := &cobra.Command{}
	new(config).addServeFlags(serve, new(httpFlags))
	reader := settings.NewReader(serve.Flags())
	for name, file := range completeFiles {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "papi-mcp.yaml")
			text := strings.TrimPrefix(file.text, "\n")
			read := func(text string) (*settings.File, *grants, error) {
				t.Helper()
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				f, err := reader.Read(path)
				if err != nil {
					return nil, nil, err
				}
				flags := authFlags{mode: file.mode, tenant: tenantConfig}
				if file.mode == authOIDC {
					flags.issuer = "https://issuer.example.com"
				}
				if err := refuse(flags.faults("https://papi.example.com", f)); err != nil {
					return nil, nil, err
				}
				a, err := newGrants(f)
				return f, a, err
			}
			complete, all, err := read(text)
			if err != nil {
				t.Fatal(err)
			}
			accepted := 0
			for end := range len(text) {
				f, a, err := read(text[:end])
				// A running server also compares it with the file before; a file
				// without notes is safe at a start as well.
				if err != nil || len(complete.Warnings) > 0 && checkTenants(complete, f) != nil {
					continue
				}
				accepted++
				if more := grantsMore(a, all); more != "" {
					t.Errorf("%s\nin what is left of the file:\n%s", more, text[:end])
				}
			}
			t.Logf("%d of %d prefixes are accepted", accepted, len(text))
		})
	}
}

// grantsMore returns what a grants and b does not, "" for nothing.
func grantsMore(a, b *grants) string {
	of := map[string]auth.Key{}
	for _, key := range b.keys {
		of[key.Name] = key
	}
	for _, key := range a.keys {
		known, ok := of[key.Name]
		switch {
		case !ok:
			return "another caller: " + key.Name
		case key.Grant.Tenant != known.Grant.Tenant:
			return "another tenant for " + key.Name + ": " + key.Grant.Tenant
		case namesMore(key.Grant.Projects, known.Grant.Projects):
			return "more projects for " + key.Name + ": " + strings.Join(key.Grant.Projects, " ")
		case allowsMore(key.Grant.Toolsets, known.Grant.Toolsets):
			return "more tools for " + key.Name
		}
		for _, hash := range key.Hashes {
			if !slices.Contains(known.Hashes, hash) {
				return "another key for " + key.Name
			}
		}
	}
	for name, opens := range a.scopes {
		if known, ok := b.scopes[name]; !ok || allowsMore(opens, known) {
			return "more for scope " + name
		}
	}
	for name, t := range a.tenants {
		known, ok := b.tenants[name]
		if !ok || t.KeyID != known.KeyID || t.KeySecret != known.KeySecret || t.AccessToken != known.AccessToken || namesMore(t.Projects, known.Projects) {
			return "more for tenant " + name
		}
	}
	return ""
}

// namesMore reports whether an allowlist has names that another lacks; empty is any.
func namesMore(a, b []string) bool {
	return len(b) > 0 && (len(a) == 0 || slices.ContainsFunc(a, func(name string) bool { return !slices.Contains(b, name) }))
}

// allowsMore compares toolsets, in the form of auth.Grant.
func allowsMore(a, b map[string]bool) bool {
	if a == nil || b == nil {
		return b != nil
	}
	for name, writes := range a {
		if mayWrite, ok := b[name]; !ok || writes && !mayWrite {
			return true
		}
	}
	return false
}

// The example of the docs is valid, and does not grant more when it is truncated.
func TestConfigFileOfTheDocs(t *testing.T) {
	t.Setenv("EMEA_KEY_ID", "key")
	t.Setenv("EMEA_KEY_SECRET", "not-a-real-one")
	docs, err := os.ReadFile("../../docs/http.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(docs), "```yaml\n")
	text, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("the docs show no file")
	}
	text = strings.Replace(text, "sha256:...", hashOne, 1)
	serve := &cobra.Command{}
	new(config).addServeFlags(serve, new(httpFlags))
	reader := settings.NewReader(serve.Flags())
	path := filepath.Join(t.TempDir(), "papi-mcp.yaml")
	read := func(text string) (*settings.File, *grants) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := reader.Read(path)
		if err != nil {
			return nil, nil
		}
		a, err := newGrants(f)
		if err != nil {
			return nil, nil
		}
		return f, a
	}
	f, all := read(text)
	if f == nil || len(f.Warnings) > 0 || len(f.Keys)+len(f.Scopes)+len(f.Tenants) != 4 {
		t.Fatalf("got %+v from\n%s", f, text)
	}
	for end := range len(text) {
		f, a := read(text[:end])
		if f == nil {
			continue
		}
		if len(f.Scopes) == 0 { // with --auth oidc it is refused, else they mean nothing
			a.scopes = nil
		}
		if more := grantsMore(a, all); more != "" {
			t.Errorf("%s\nin\n%s", more, text[:end])
		}
	}
}
