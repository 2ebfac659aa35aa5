package cli

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"papi-mcp/internal/catalog"
	"papi-mcp/internal/dispatch"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/jsonvalue"
	"papi-mcp/internal/loopback"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/sandbox"
	"papi-mcp/internal/settings"
	"papi-mcp/internal/tenant"
)

// maxSkew is how far the clock may be off: tokens are valid for an hour, and webhook
// signatures are checked for their age.
const maxSkew = time.Minute

// apiAccount is credentials for the API, with a project to read; name is "" for those of
// the environment, else that of a tenant.
type apiAccount struct {
	name    string
	tenant  tenant.Tenant
	project string
}

// accounts checks the credentials of the server, and those of its tenants, with a read
// of each.
func (d *doctor) accounts(ctx context.Context) {
	if d.config.sandbox {
		d.sandbox(ctx)
		return
	}
	api, own := apiConfig(), ownAccount()
	ctx = papi.Once(ctx) // a failure is reported without a wait
	api.UserAgent, api.Logger = "papi-mcp/"+release, slog.New(slog.DiscardHandler)
	if d.config.verbose {
		api.Logger = d.config.logger(d.streams)
	}
	transport := papi.NewTransport()
	defer transport.CloseIdleConnections()
	d.answers.RoundTripper = transport
	api.Transport = &d.answers
	isAPI := d.baseURL(api.BaseURL)
	if isAPI {
		d.proxy(api.BaseURL)
	}
	projectsAreValid := d.projects(api.BaseURL == "")
	if d.http.addr != "" && d.http.auth.tenant == tenantHeader {
		d.note("credentials", "those of the environment are not used: each request sends its own (--tenant header)")
		return
	}
	all := []apiAccount{{"", own, own.Default}}
	if !projectsAreValid {
		all[0].project = ""
	}
	for _, name := range slices.Sorted(maps.Keys(d.file.Tenants)) {
		t := d.file.Tenants[name]
		a := apiAccount{name, tenant.Tenant{KeyID: t.KeyID, KeySecret: t.KeySecret, AccessToken: t.AccessToken}, ""}
		if projects := t.Projects.List(); len(projects) > 0 {
			a.project = projects[0]
		}
		all = append(all, a)
	}
	for _, a := range all {
		if a.name == "" && len(all) > 1 && a.tenant.KeyID+a.tenant.KeySecret+a.tenant.AccessToken == "" {
			d.note("credentials", "none are set in the environment: only callers with a tenant can use the API")
			continue
		}
		if !d.credentials(a) || !isAPI {
			continue
		}
		config := api
		config.KeyID, config.KeySecret, config.AccessToken = a.tenant.KeyID, a.tenant.KeySecret, a.tenant.AccessToken
		client, err := papi.New(config)
		if err != nil {
			if a.name != "" { // those of the environment are reported with it
				d.fail(a.label("credentials"), err.Error(), "correct the variable that the file names for them")
			}
			continue
		}
		d.account(ctx, client, a)
	}
}

// label adds the name of a tenant to what is checked.
func (a apiAccount) label(what string) string {
	if a.name != "" {
		return what + " (" + a.name + ")"
	}
	return what
}

// sandbox makes the checks of an account on the built-in sandbox.
func (d *doctor) sandbox(ctx context.Context) {
	project := cmp.Or(ownAccount().Default, sandbox.DefaultProject)
	if !d.projects(d.config.sandboxFlags.strict) {
		return
	}
	box, err := d.config.startSandbox(project, slog.New(slog.DiscardHandler))
	if err != nil {
		return // a fault of its flags, which is reported
	}
	defer box.close()
	d.answers.RoundTripper = box
	client, err := papi.New(papi.Config{
		BaseURL: "http://sandbox.localhost", TokenURL: "http://sandbox.localhost/oauth2/token", KeyID: "sandbox", KeySecret: "sandbox", Transport: &d.answers,
	})
	if err != nil {
		d.fail("API", err.Error(), "report this as a bug")
		return
	}
	d.ok("credentials", "the sandbox needs none")
	d.account(ctx, client, apiAccount{project: project})
}

// baseURL checks that the URL can be the API's, and is not that of another one.
func (d *doctor) baseURL(given string) bool {
	u, err := url.Parse(given)
	switch {
	case err != nil || given == "":
		return err == nil
	case strings.HasSuffix(u.Hostname(), ".sinch.com") && !strings.HasPrefix(u.Hostname(), "provisioning."):
		d.fail("environment", fmt.Sprintf("PAPI_BASE_URL is at %s, which is not the Provisioning API", u.Hostname()), "unset PAPI_BASE_URL: then it is "+papi.DefaultBaseURL)
		return false
	case u.Scheme == "http" && !loopback.IsHost(u.Hostname()):
		d.note("environment", "PAPI_BASE_URL begins with http: the credentials are sent without encryption")
	}
	return true
}

// proxy says which proxy calls go through.
func (d *doctor) proxy(baseURL string) {
	if baseURL == "" {
		baseURL = papi.DefaultBaseURL
	}
	request, err := http.NewRequest(http.MethodGet, baseURL, nil)
	if err != nil {
		return
	}
	switch proxy, err := http.ProxyFromEnvironment(request); {
	case err != nil: // the text may have the proxy's password
		d.fail("environment", "HTTPS_PROXY (HTTP_PROXY for http URLs) is not the URL of a proxy", "set it to http://host:port, or unset it")
	case proxy != nil:
		d.note("environment", "calls go through the proxy at "+proxy.Host+" (HTTPS_PROXY, HTTP_PROXY); NO_PROXY excludes hosts")
	}
}

// badCertificates returns what is wrong with a file of trusted certificates, "" for
// nothing.
func badCertificates(file string) string {
	raw, err := os.ReadFile(file)
	if err != nil {
		return fmt.Sprintf("names a file that can't be read: %v", err)
	}
	if !x509.NewCertPool().AppendCertsFromPEM(raw) {
		return fmt.Sprintf("names %s, which contains no certificate", file)
	}
	return ""
}

// projects checks the projects of the environment. The values of wrong ones are not
// shown: a secret may have been pasted there.
func (d *doctor) projects(areUUIDs bool) bool {
	given, err := settings.Lookup(projectVariable)
	projects := given.Value
	if err != nil || papi.HasPlaceholder(projects) {
		return false // reported with the environment
	}
	const fix = "set SINCH_PROJECT_ID to the ids of the Sinch Dashboard, with commas between them"
	for id := range strings.SplitSeq(projects, ",") {
		id = strings.TrimSpace(id)
		switch reason := papi.SegmentProblem(id); {
		case projects == "":
		case reason != "":
			d.fail("project", "SINCH_PROJECT_ID: an id "+reason, fix)
			return false
		case areUUIDs && uuid.Validate(id) != nil:
			d.fail("project", "SINCH_PROJECT_ID: an id is not a UUID, as those of projects are: something else was pasted there", fix)
			return false
		}
	}
	switch {
	case strings.Contains(projects, ","):
		d.ok("project", "default %s, allowed: %s", ownAccount().Default, projects)
	case projects != "":
		d.ok("project", "%s, and no other is allowed", projects)
	case d.config.sandbox:
		d.ok("project", "default %s, of the sandbox; any id works there", sandbox.DefaultProject)
	default:
		d.note("project", "SINCH_PROJECT_ID is not set: each call must name a project, and any is allowed")
	}
	return true
}

// minSecret is how long a secret of a real key is at least, in bytes: for a sandbox
// both halves of a key may be any.
const minSecret = 12

// credentials checks that there are credentials, and both halves of a key.
func (d *doctor) credentials(a apiAccount) bool {
	id, secret, token := givenName(keyIDVariable), givenName(keySecretVariable), givenName(accessTokenVariable)
	if a.name != "" {
		id, secret, token = "key-id", "key-secret", "access-token"
	}
	t := a.tenant
	text, fix := "none are set", "set SINCH_KEY_ID and SINCH_KEY_SECRET to an access key of the Sinch Dashboard, or try papi-mcp with --sandbox"
	half := func(given, missing, what string) {
		text = given + " is set, and " + missing + " is not"
		fix = "set " + missing + " to " + what + " of the same access key (Sinch Dashboard, Settings, Access keys), or try papi-mcp with --sandbox"
	}
	switch {
	case papi.HasPlaceholder(t.AccessToken), papi.HasPlaceholder(t.KeyID), papi.HasPlaceholder(t.KeySecret):
		return false // reported with the file
	case len(t.KeySecret) >= minSecret && t.KeySecret == t.KeyID:
		d.failAs(errorcode.Credentials, a.label("credentials"), id+" and "+secret+" have the same value", "set each to its half of the key: one of them was pasted twice")
		return false
	case t.AccessToken != "":
		d.ok(a.label("credentials"), "%s is set", token)
		return true
	case t.KeyID != "" && t.KeySecret != "":
		d.ok(a.label("credentials"), "%s and %s are set", id, secret)
		return true
	case a.name != "" || len(placeholderVariables(false))+len(accountFaults(false)) > 0:
		return false // reported with the file, or the environment
	case t.KeyID != "":
		half(id, secret, "the secret")
	case t.KeySecret != "":
		half(secret, id, "the id")
	}
	d.failAs(errorcode.Credentials, "credentials", text, fix)
	return false
}

// account fetches a token, reads the webhooks of the project, and compares the clocks.
func (d *doctor) account(ctx context.Context, client *papi.Client, a apiAccount) {
	expires, err := client.Token(ctx)
	if err != nil {
		d.failError(a.label("token"), err, tokenFix(err))
		return
	}
	if expires.IsZero() {
		d.ok(a.label("token"), "used as given")
	} else {
		d.ok(a.label("token"), "issued, valid until %s", expires.Format(time.RFC3339))
	}
	if a.project == "" {
		d.note(a.label("API"), "not tried: there is no project to read")
		return
	}
	asked := time.Now()
	resp, err := client.Do(ctx, dispatch.NewRequest(catalog.Lookup("webhook_list"), a.project, nil))
	if err != nil {
		d.failError(a.label("API"), err, apiFix(err, a))
		return
	}
	took := time.Since(asked)
	d.ok(a.label("API"), "answered in %d ms", took.Milliseconds())
	if a.name != "" {
		return // the clock is the same
	}
	skew := time.Since(resp.Date) - took/2
	switch {
	case resp.Date.IsZero():
		d.note("clock", "not compared: the API's answer has no time")
	case skew.Abs() <= maxSkew:
		d.ok("clock", "agrees with the API's")
	case d.answers.ofSandbox.Load():
		d.note("clock", "not compared: the sandbox has a time of its own")
	default:
		d.fail("clock", fmt.Sprintf("differs from the API's by %s", skew.Round(time.Second)), "set the clock of this machine (NTP)")
	}
}

// answers is a transport that sees whether an answer is a sandbox's.
type answers struct {
	http.RoundTripper
	ofSandbox atomic.Bool
}

func (a *answers) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := a.RoundTripper.RoundTrip(r)
	if err == nil && resp.Header.Get(sandbox.HeaderSandbox) != "" {
		a.ofSandbox.Store(true)
	}
	return resp, err
}

// notTheServer is what to do about an answer that another server gave.
const notTheServer = "something else answers in the place of %s, such as the login page of a network or a proxy: open its URL in a browser, and check %s"

// tokenFix says what to do about an error of the token endpoint.
func tokenFix(err error) string {
	var e *papi.Error
	if errors.As(err, &e) && e.Code == errorcode.UnexpectedAnswer {
		return fmt.Sprintf(notTheServer, "the token endpoint", papi.TokenURLVariable)
	}
	return "check the key in the Sinch Dashboard (Settings, Access keys): both halves are of the same key, and it was not deleted; and check PAPI_TOKEN_URL"
}

// apiFix says what to do about an error of a read.
func apiFix(err error, a apiAccount) string {
	var e *papi.Error
	if !errors.As(err, &e) {
		return ""
	}
	isProject := "the project is " + a.project
	switch {
	case e.Code == errorcode.Unreachable:
		return ""
	case e.Code == errorcode.UnexpectedAnswer && e.Status == http.StatusNotFound:
		return "PAPI_BASE_URL is that of another API, or has a path that does not belong there: unset it, then it is " + papi.DefaultBaseURL
	case e.Code == errorcode.UnexpectedAnswer && (e.Status < 400 || strings.HasPrefix(jsonvalue.Text(e.Info, "excerpt"), "<")):
		return fmt.Sprintf(notTheServer, "the API", papi.BaseURLVariable)
	case e.Status == http.StatusUnauthorized:
		return "the API does not accept these credentials for the project: use a key of the same project, or correct SINCH_PROJECT_ID (" + isProject + ")"
	case e.Status == http.StatusForbidden:
		return "the credentials are valid, and may not use the Provisioning API in the project: ask the owner of the account for access (" + isProject + ")"
	case e.Status == http.StatusNotFound:
		return "check the id in SINCH_PROJECT_ID (" + isProject + ")"
	case e.Status == http.StatusTooManyRequests, e.Status >= 500:
		return "try again later"
	}
	return "check PAPI_BASE_URL, and that the key belongs to the project (" + isProject + ")"
}
