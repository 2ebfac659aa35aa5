package cli

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"papi-mcp/internal/auth"
	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/events"
	"papi-mcp/internal/loopback"
	"papi-mcp/internal/oserror"
	"papi-mcp/internal/papi"
	"papi-mcp/internal/telemetry"
)

// soon is how long before its expiry a certificate is reported.
const soon = 14 * 24 * time.Hour

// listening checks what serve needs to listen.
func (d *doctor) listening(ctx context.Context) {
	d.address(ctx, "http", d.http.addr)
	if d.http.metricsAddr != "" {
		d.address(ctx, "metrics-addr", d.http.metricsAddr)
	}
	d.receiving()
	if d.http.tlsCert != "" && len(d.http.certificateFaults()) == 0 {
		d.certificate()
	}
	if d.http.auth.mode == authOIDC && !slices.ContainsFunc(d.http.auth.faults(d.http.publicURL, d.file), func(f fault) bool { return f.flag == "oidc-issuer" }) {
		d.issuer(ctx)
	}
}

// address checks that an address can be listened on, and that nothing else does.
func (d *doctor) address(ctx context.Context, flag, addr string) {
	if len(addressFault(flag, addr)) > 0 {
		return // reported with the flags
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	switch {
	case err == nil:
		_ = listener.Close() // there are no connections
		d.ok(flag, "%s is free", addr)
	case oserror.IsInUse(err):
		d.fail(flag, err.Error(), "stop what listens there, or use another port: it may be a papi-mcp that already runs")
	case oserror.IsNotAllowed(err):
		d.fail(flag, err.Error(), "use a port above 1023")
	default:
		d.fail(flag, err.Error(), "use an address of this machine, such as 127.0.0.1, and a port from 0 to 65535")
	}
}

// receiving checks where the API sends its events, and whether they are kept.
func (d *doctor) receiving() {
	target, err := url.Parse(d.http.publicURL)
	switch {
	case err != nil || target.Host == "": // there is none, or it is reported with the flags
	case target.Scheme != "https" && !loopback.IsHost(target.Hostname()):
		d.note("public-url", "the API sends events to https alone: give --public-url the https URL of the proxy in front of this server, or use --tls-cert")
	case d.config.store == memory && !d.config.sandbox:
		d.note("public-url", "events of the API are lost when the server stops, since the store is in memory: use --store")
	default:
		d.ok("public-url", "events of the API are received at %s%s", d.http.publicURL, events.Path)
	}
}

// certificate checks for when and for whom the certificate is valid.
func (d *doctor) certificate() {
	pair, err := tls.LoadX509KeyPair(d.http.tlsCert, d.http.tlsKey)
	if err != nil {
		return // reported with the flags
	}
	leaf, now := pair.Leaf, time.Now()
	until := leaf.NotAfter.Format(time.RFC3339)
	switch {
	case now.Before(leaf.NotBefore):
		d.fail("tls-cert", "the certificate is not valid before "+leaf.NotBefore.Format(time.RFC3339), "use a certificate that is valid now, or set the clock of this machine")
		return
	case now.After(leaf.NotAfter):
		d.fail("tls-cert", "the certificate has expired: it was valid until "+until, "renew it; serve reads the file again when it changes")
		return
	}
	if u, err := url.Parse(d.http.publicURL); err == nil && u.Hostname() != "" {
		if err := leaf.VerifyHostname(u.Hostname()); err != nil {
			d.fail("tls-cert", err.Error(), "use a certificate for the host of --public-url, or correct --public-url")
			return
		}
	}
	if leaf.NotAfter.Sub(now) < soon {
		d.note("tls-cert", "the certificate expires soon: it is valid until "+until)
		return
	}
	d.ok("tls-cert", "it matches its key, and is valid until %s", until)
}

// issuer checks that the authorization server answers with its metadata and keys.
func (d *doctor) issuer(ctx context.Context) {
	keys, err := auth.CheckIssuer(ctx, d.http.auth.issuer)
	var lost *url.Error
	var other *oidc.IssuerMismatchError
	switch {
	case err == nil:
		d.ok("oidc-issuer", "%s answers, with %d keys", d.http.auth.issuer, keys)
	case errors.As(err, &lost):
		d.failAs(errorcode.TryAgain, "oidc-issuer", err.Error(), papi.Remedy("--oidc-issuer", lost.Err))
	case errors.As(err, &other):
		d.fail("oidc-issuer", fmt.Sprintf("the server at %s says that its URL is %s", other.Provided, other.Discovered), "give --oidc-issuer exactly that URL, if it is the server that you trust")
	default:
		d.fail("oidc-issuer", papi.Truncate(err.Error(), 300), "give --oidc-issuer the URL below which the server has /.well-known/openid-configuration")
	}
}

// tracing checks that the collector of --trace can be reached.
func (d *doctor) tracing(ctx context.Context) {
	const variables = "OTEL_EXPORTER_OTLP_ENDPOINT, or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
	endpoint, wrong, err := telemetry.Endpoint()
	for _, variable := range wrong {
		d.fail("trace", variable+" has a value that can't be read, and is not used", "correct the variable, or unset it")
	}
	if err != nil {
		d.fail("trace", err.Error(), "use an https endpoint, or unset the certificates")
		return
	}
	if endpoint == nil {
		d.note("trace", "nothing is sent: OTEL_SDK_DISABLED or OTEL_TRACES_EXPORTER says so")
		return
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint.String(), nil)
	if err != nil {
		d.fail("trace", err.Error(), "set "+variables)
		return
	}
	transport := papi.NewTransport()
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(request)
	if err != nil {
		d.failAs(errorcode.TryAgain, "trace", fmt.Sprintf("the collector at %s can't be reached: %v", endpoint.Host, err), papi.Remedy(variables, err))
		return
	}
	_ = resp.Body.Close() // nothing is read
	d.ok("trace", "the collector at %s answers", endpoint.Host)
}
