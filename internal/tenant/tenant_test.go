package tenant

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"papi-mcp/internal/auth"
	"papi-mcp/internal/catalog"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/guard"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/store"
	"papi-mcp/tools"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// api answers empty lists, and records the key ids of the token requests.
type api struct {
	mu   sync.Mutex
	keys []string
}

func (a *api) RoundTrip(r *http.Request) (*http.Response, error) {
	body := `{"webhooks":[]}`
	if strings.HasSuffix(r.URL.Path, "/token") {
		id, _, _ := r.BasicAuth()
		a.mu.Lock()
		a.keys = append(a.keys, id)
		a.mu.Unlock()
		body = `{"access_token":"t","token_type":"bearer","expires_in":3600}`
	}
	return &http.Response{StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
}

func newPool(t *testing.T, change func(*Options)) (*Pool, *api) {
	t.Helper()
	rows, err := catalog.Select(catalog.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	a := &api{}
	o := Options{
		Rows: rows, API: papi.Config{Transport: a}, Guard: guard.Options{Store: store.NewMemory()},
		Own: func() Tenant { return Tenant{Projects: []string{"own-1", "own-2"}, KeyID: "own", KeySecret: "s"} },
		Lookup: func(name string) (Tenant, bool) {
			t, ok := map[string]Tenant{
				"emea": {Projects: []string{"emea-1", "emea-2"}, KeyID: "emea", KeySecret: "s"},
				"any":  {KeyID: "any", KeySecret: "s"},
			}[name]
			return t, ok
		},
	}
	if change != nil {
		change(&o)
	}
	p, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Close)
	return p, a
}

// list calls webhook_list, and returns the project that it was about or the
// error code.
func list(t *testing.T, set *tools.Set, args string) string {
	t.Helper()
	switch r := set.Call(t.Context(), tools.Caller{Principal: "p"}, "webhook_list", []byte(args)).Structured.(type) {
	case *tools.Result:
		return r.ProjectID
	case *tools.Error:
		return r.Code
	}
	return ""
}

// The projects that a caller may use are those that both its grant and its
// tenant name; the first of the tenant's is its default.
func TestProjectsOfACaller(t *testing.T) {
	p, _ := newPool(t, nil)
	for name, test := range map[string]struct {
		id       auth.Identity
		standard string // the project of a call that names none, or its error
		may, not string
		failure  string
	}{
		"the server's own":            {standard: "own-1", may: "own-2", not: "emea-1"},
		"some of the server's own":    {id: auth.Identity{Grant: auth.Grant{Projects: []string{"own-2", "else"}}}, standard: "own-2", may: "own-2", not: "own-1"},
		"a tenant's":                  {id: auth.Identity{Grant: auth.Grant{Tenant: "emea"}}, standard: "emea-1", may: "emea-2", not: "own-1"},
		"some of a tenant's":          {id: auth.Identity{Grant: auth.Grant{Tenant: "emea", Projects: []string{"emea-2"}}}, standard: "emea-2", may: "emea-2", not: "emea-1"},
		"a tenant of any project":     {id: auth.Identity{Grant: auth.Grant{Tenant: "any"}}, standard: "invalid_arguments", may: "whatever"},
		"and a caller of one of them": {id: auth.Identity{Grant: auth.Grant{Tenant: "any", Projects: []string{"x"}}}, standard: "x", may: "x", not: "y"},
		"credentials of its own":      {id: auth.Identity{Credentials: &auth.Credentials{ProjectID: "c-1", KeyID: "c", KeySecret: "s"}, Grant: auth.Grant{Projects: []string{"c-1"}}}, standard: "c-1", may: "c-1", not: "own-1"},
		"none that both name":         {id: auth.Identity{Grant: auth.Grant{Tenant: "emea", Projects: []string{"own-1"}}}, failure: "project_not_allowed"},
		"a tenant that is gone":       {id: auth.Identity{Grant: auth.Grant{Tenant: "apac"}}, failure: "tenant_unknown"},
	} {
		t.Run(name, func(t *testing.T) {
			set, err := p.Tools(test.id)
			if test.failure != "" {
				var failure *auth.Failure
				if !errors.As(err, &failure) || failure.Code != test.failure || failure.Status != http.StatusForbidden {
					t.Errorf("got %v, %v", set, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := list(t, set, `{}`); got != test.standard {
				t.Errorf("by default %s", got)
			}
			if got := list(t, set, `{"projectId":"`+test.may+`"}`); got != test.may {
				t.Errorf("%s: %s", test.may, got)
			}
			if test.not != "" {
				if got := list(t, set, `{"projectId":"`+test.not+`"}`); got != "guard_project_not_allowed" {
					t.Errorf("%s: %s", test.not, got)
				}
			}
		})
	}
}

func TestToolsOfAGrant(t *testing.T) {
	p, _ := newPool(t, nil)
	set, err := p.Tools(auth.Identity{Grant: auth.Grant{Toolsets: map[string]bool{"webhooks": true, "sms": false}}})
	if err != nil {
		t.Fatal(err)
	}
	for tool, offered := range map[string]bool{
		"webhook_delete": true, "webhook_list": true, "sms_app_list": true, "project_confirm": true,
		"sms_app_create": false, "rcs_sender_get": false, "no_such_tool": false,
	} {
		if set.Offers(tool) != offered {
			t.Errorf("%s: offered is %v", tool, !offered)
		}
	}
}

// Callers with the same grant and credentials share a set of tools, and callers with
// the same credentials share a token.
// A plan makes only calls that the caller's grant allows, whatever the server offers.
func TestPlansOfAGrant(t *testing.T) {
	p, _ := newPool(t, func(o *Options) {
		o.Tools.PlanRows, o.Tools.Own = o.Rows, catalog.Filter{}.Own()
		o.Guard.Mode = guard.Off
	})
	for name, tt := range map[string]struct {
		grant auth.Grant
		tool  string
		args  string
		want  string
	}{
		"another toolset":            {auth.Grant{Toolsets: map[string]bool{"webhooks": true, "plan": true}}, "project_plan", `{"document":"smsApps: [{name: Alerts, region: EU}]"}`, errorcode.UnknownTool},
		"its toolset":                {auth.Grant{Toolsets: map[string]bool{"webhooks": true, "plan": true}}, "project_plan", `{"document":"delete: {webhooks: [{target: https://example.com/a}]}"}`, ""},
		"read-only":                  {auth.Grant{Toolsets: map[string]bool{"webhooks": false, "sms": false, "plan": false}}, "project_apply", `{"planId":"p22222222"}`, errorcode.UnknownTool},
		"without the tools of plans": {auth.Grant{Toolsets: map[string]bool{"webhooks": true}}, "project_plan", `{"document":"{}"}`, errorcode.UnknownTool},
	} {
		set, err := p.Tools(auth.Identity{Principal: "p", Grant: tt.grant})
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		if e, failed := set.Call(t.Context(), tools.Caller{Principal: "p"}, tt.tool, []byte(tt.args)).Structured.(*tools.Error); failed {
			got = e.Code
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", name, got, tt.want)
		}
	}
}

func TestSharing(t *testing.T) {
	p, a := newPool(t, nil)
	get := func(id auth.Identity) *tools.Set {
		t.Helper()
		set, err := p.Tools(id)
		if err != nil {
			t.Fatal(err)
		}
		list(t, set, `{}`)
		return set
	}
	first := get(auth.Identity{Principal: "key:a@emea", Grant: auth.Grant{Tenant: "emea"}})
	if second := get(auth.Identity{Principal: "key:b@emea", Grant: auth.Grant{Tenant: "emea"}}); first != second {
		t.Error("the same grant has other tools")
	}
	if third := get(auth.Identity{Grant: auth.Grant{Tenant: "emea", Projects: []string{"emea-1"}}}); first == third {
		t.Error("another grant has the same tools")
	}
	withSecret := func(secret string) auth.Identity {
		return auth.Identity{Credentials: &auth.Credentials{ProjectID: "emea-1", KeyID: "emea", KeySecret: secret}}
	}
	if get(withSecret("s1")) == get(withSecret("s2")) {
		t.Error("another secret has the same tools")
	}
	if want := []string{"emea", "emea", "emea"}; !reflect.DeepEqual(a.keys, want) {
		t.Errorf("tokens were asked for with %v: want one for the tenant, and one for each secret", a.keys)
	}
}

// Unused sets are dropped, and the number of sets is bounded.
func TestEviction(t *testing.T) {
	p, _ := newPool(t, func(o *Options) { o.maxSets = 8; o.idleTTL = time.Hour })
	for i := range 100 {
		if _, err := p.Tools(auth.Identity{Credentials: &auth.Credentials{ProjectID: fmt.Sprint("p", i), KeyID: "k", KeySecret: fmt.Sprint(i)}}); err != nil {
			t.Fatal(err)
		}
	}
	if sets, clients := p.sets.Len(), p.clients.Len(); sets != 8 || clients != 8 {
		t.Errorf("%d sets and %d clients are kept", sets, clients)
	}
	p, _ = newPool(t, func(o *Options) { o.idleTTL = time.Nanosecond })
	if _, err := p.Tools(auth.Identity{}); err != nil {
		t.Fatal(err)
	}
	for range time.Tick(time.Millisecond) { // the sweeper comes by
		if p.sets.Len()+p.clients.Len() == 0 || t.Context().Err() != nil {
			break
		}
	}
}

func TestNewRejectsAWrongConfiguration(t *testing.T) {
	if _, err := New(Options{API: papi.Config{BaseURL: "nonsense"}}); err == nil {
		t.Error("no error")
	}
}
