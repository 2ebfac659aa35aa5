package server

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"papi-mcp/internal/loopback"
)

// hostAllowed reports whether the Host of a request is one of ours. A page
// whose own name resolves to our address (DNS rebinding) sends that name.
func (h *HTTP) hostAllowed(host string) bool {
	name := hostName(host)
	return loopback.IsHost(name) || slices.Contains(h.options.Hosts, "*") || slices.ContainsFunc(h.options.Hosts, func(allowed string) bool {
		return strings.EqualFold(name, allowed)
	})
}

// originAllowed reports whether a page of this origin may call. Pages of the
// server's own host may, unless any Host is allowed.
func (h *HTTP) originAllowed(origin, host string) bool {
	if origin == "" || slices.Contains(h.options.Origins, origin) {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" || !strings.EqualFold(u.Host, host) {
		return false
	}
	return loopback.IsHost(hostName(host)) || !slices.Contains(h.options.Hosts, "*")
}

// hostName returns a host without its port and brackets.
func hostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")
}

// cors adds the CORS headers for configured origins, and answers preflight
// requests; done reports whether the request has been answered.
func (h *HTTP) cors(w http.ResponseWriter, r *http.Request, origin string) (done bool) {
	if len(h.options.Origins) > 0 {
		w.Header().Add("Vary", "Origin")
	}
	if origin == "" || !slices.Contains(h.options.Origins, origin) {
		return false
	}
	header := w.Header()
	header.Set("Access-Control-Allow-Origin", origin)
	header.Set("Access-Control-Expose-Headers", "Mcp-Session-Id, WWW-Authenticate, X-Request-Id, Retry-After")
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	header.Set("Access-Control-Allow-Methods", "GET, POST, DELETE")
	header.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Accept, Last-Event-ID, Mcp-Session-Id, Mcp-Protocol-Version, Mcp-Method, Mcp-Name, X-Sinch-Credentials, X-Request-Id, traceparent, tracestate")
	header.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
	return true
}
