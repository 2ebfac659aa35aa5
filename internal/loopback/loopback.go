// Package loopback reports which hosts are this machine itself.
package loopback

import (
	"net"
	"net/url"
	"strings"
)

// IsHost reports whether a host, without its port, is localhost or a loopback
// address. Names are not resolved: who answers for one could change.
func IsHost(host string) bool {
	return strings.EqualFold(host, "localhost") || net.ParseIP(host).IsLoopback()
}

// IsURL reports whether the host of a URL is this machine.
func IsURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && IsHost(u.Hostname())
}
