package guard

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"

	"papi-mcp/internal/lazyregexp"
	"papi-mcp/internal/publicaddr"
)

// What the API opens itself (media) or sends to (webhooks) must be on the
// public internet: it can't reach this machine or a private network. Names are
// not resolved, since the API resolves them elsewhere.

const onLoopback = "is a loopback address, which the API can't reach"

// unreachable says why the API can't reach a URL, "" where it may.
func unreachable(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Hostname() == "" {
		return "is not a URL with a host"
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if ip, err := netip.ParseAddr(host); err == nil {
		switch {
		case ip.Unmap().IsLoopback():
			return onLoopback
		case !publicaddr.Is(ip):
			return "is a private address, which the API can't reach"
		}
		return ""
	}
	last := host[strings.LastIndex(host, ".")+1:]
	switch {
	case last == "localhost":
		return onLoopback
	case numericLabel.MatchString(last):
		// 127.1, 0x7f000001 and 2130706433 are addresses to some programs.
		return "has a host that is neither a name nor a complete IP address"
	case !strings.Contains(host, "."), privateNames[last], strings.HasSuffix(host, ".home.arpa"):
		return "has a host name of a private network, which the API can't reach"
	}
	return ""
}

// numericLabel is what the last label of no public name looks like.
var numericLabel = lazyregexp.New(`^(?:[0-9]+|0x[0-9a-f]*)$`)

// privateNames are the last labels of names that only a private network knows.
var privateNames = map[string]bool{
	"local": true, "internal": true, "lan": true, "intranet": true, "localdomain": true, "corp": true, "home": true, "private": true,
	"test": true, "invalid": true, "onion": true,
}

// badTarget says what is wrong with a webhook's target, "" for nothing. local
// lets it be on this machine: the API is on it too.
func badTarget(target string, local bool) string {
	reason := unreachable(target)
	if reason == onLoopback && local {
		return ""
	}
	if u, err := url.Parse(target); reason == "" && err == nil && u.Scheme != "https" {
		return fmt.Sprintf("begins with %q, and events carry personal data: https is required", u.Scheme+":")
	}
	return reason
}
