// Package publicaddr reports which IP addresses are those of hosts on the public
// internet: what others name must not lead to this machine or to a private network.
package publicaddr

import (
	"net/netip"
	"slices"
)

// Is reports whether an address is globally routable: neither of this machine, of a
// private network or a link, nor in a range that IANA's special-purpose address
// registries reserve. An address of IPv4 in one of IPv6 counts as that of IPv4; ranges by
// which a translator or a tunnel reaches IPv4 are not public.
func Is(address netip.Addr) bool {
	address = address.Unmap()
	if !address.IsGlobalUnicast() || address.IsPrivate() || address.Zone() != "" {
		return false
	}
	if address.Is6() && !assigned.Contains(address) {
		return false
	}
	return !slices.ContainsFunc(reserved, func(p netip.Prefix) bool { return p.Contains(address) })
}

// assigned is the range of IPv6 from which addresses of hosts are assigned.
var assigned = netip.MustParsePrefix("2000::/3")

// reserved are the ranges without public hosts that netip counts as global: those of
// IANA's registries of special-purpose addresses that are not globally reachable, or
// lead to an address of IPv4.
var reserved = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),
	netip.MustParsePrefix("100.64.0.0/10"), // shared by the customers of a carrier
	netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"),   // documentation
	netip.MustParsePrefix("192.88.99.0/24"), // relays of 6to4
	netip.MustParsePrefix("198.18.0.0/15"),  // benchmarks
	netip.MustParsePrefix("198.51.100.0/24"),
	netip.MustParsePrefix("203.0.113.0/24"),
	netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("2001::/23"), // protocols, Teredo among them
	netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"), // 6to4
	netip.MustParsePrefix("3fff::/20"), // documentation
}
