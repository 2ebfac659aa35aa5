package papi

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"runtime"

	"papi-mcp/internal/errorcode"
	"papi-mcp/internal/oserror"
)

// unreachable is the error of a server that could not be reached. variable is
// the one that holds its URL. What to do about it depends on the cause.
func unreachable(message, variable string, cause error) *Error {
	return &Error{Code: errorcode.Unreachable, Message: message, Resolution: Remedy(variable, cause) + errorcode.ThenDoctor, Err: cause}
}

// CertificateFile returns the file that SSL_CERT_FILE names, "" for none. On Windows and
// macOS (by GOOS) Go trusts what the system does, and does not read the variable.
func CertificateFile(system string) string {
	if system == "windows" || system == "darwin" {
		return ""
	}
	return os.Getenv("SSL_CERT_FILE")
}

// Remedy says what to do about the cause of a failed connection to the URL that a
// variable or a flag holds.
func Remedy(variable string, cause error) string {
	var (
		authority x509.UnknownAuthorityError
		name      x509.HostnameError
		invalid   x509.CertificateInvalidError
		plain     tls.RecordHeaderError
		operation *net.OpError
		refusal   *proxyRefusal
		dns       *net.DNSError
		slow      interface{ Timeout() bool }
	)
	switch {
	case errors.Is(cause, errProxyCredentials):
		return "the proxy asks for credentials: give them in HTTPS_PROXY (HTTP_PROXY for http URLs), before its host, as user:password@host:port"
	case errors.As(cause, &operation) && operation.Op == "proxyconnect", errors.As(cause, &refusal):
		return "calls go through the proxy that HTTPS_PROXY (HTTP_PROXY for http URLs) names: check it, or exclude the host with NO_PROXY"
	case errors.As(cause, &authority) && CertificateFile(runtime.GOOS) != "":
		return "the server's certificate was issued by an authority that is not in SSL_CERT_FILE: add the authority's certificate to that file, in PEM form"
	case errors.As(cause, &authority):
		return "the server's certificate was issued by an authority that this machine does not trust, such as a company's own: add the authority's certificate to the system's store, or set SSL_CERT_FILE to a PEM file that holds it (on Linux)"
	case errors.As(cause, &name):
		return "the server's certificate is for another name: check the host in " + variable
	case errors.As(cause, &invalid) && invalid.Reason == x509.Expired:
		return "the server's certificate has expired, or the clock of this machine is wrong"
	case errors.As(cause, &plain), errors.Is(cause, http.ErrSchemeMismatch):
		return "the server does not use TLS: check the port in " + variable + ", or begin the URL with http: if it is on this machine"
	case errors.As(cause, &dns) && dns.IsNotFound:
		return "no host has this name: check the host in " + variable + ", and the DNS of this machine (a VPN may be needed)"
	case errors.As(cause, &dns):
		return "the name can't be looked up: check the network, and the DNS of this machine"
	case oserror.IsRefused(cause):
		return "nothing accepts connections there: check the host and port in " + variable + ", and that the server runs"
	case errors.As(cause, &slow) && slow.Timeout():
		return "the server does not answer: a firewall may drop the connection, or a proxy be needed (HTTPS_PROXY); check the host in " + variable
	}
	return "check the network, and the URL in " + variable
}

// isPermanent reports whether a retry would fail in the same way: the certificate is
// not trusted, or the proxy asks for credentials.
func isPermanent(err error) bool {
	_, certificate := errors.AsType[*tls.CertificateVerificationError](err)
	return certificate || errors.Is(err, errProxyCredentials)
}

// errProxyCredentials is a proxy's 407.
var errProxyCredentials = errors.New("the proxy asks for credentials (407)")

// proxyRefusal is a proxy's answer, other than 200, to the request for a tunnel.
type proxyRefusal struct{ status int }

func (e *proxyRefusal) Error() string {
	return fmt.Sprintf("the proxy refused to connect (%d)", e.status)
}

// proxyAnswered is http.Transport's OnProxyConnectResponse: without it, the
// transport reports a refusal as text only.
func proxyAnswered(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
	switch answer.StatusCode {
	case http.StatusOK:
		return nil
	case http.StatusProxyAuthRequired:
		return errProxyCredentials
	}
	return &proxyRefusal{answer.StatusCode}
}
