package wxapi

import (
	"errors"
	"net/netip"
	"syscall"
)

// ErrAddressRefused says that a connection was not made because the address is not a public one.
var ErrAddressRefused = errors.New("wxapi: the address is not public")

// refusePrivate is a net.Dialer's Control: it sees the address that is about to be called, after name resolution.
func refusePrivate(_, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil || !PublicAddress(to.Addr()) {
		return ErrAddressRefused
	}
	return nil
}

// PublicAddress reports whether an address belongs to the public internet: not to this machine, a private or shared
// network, documentation, tests, translation or multicast (IANA's registries of special-purpose addresses).
func PublicAddress(a netip.Addr) bool {
	a = a.Unmap()
	if a.Is4() {
		return !within(a, "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12",
			"192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24",
			"203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4")
	}
	return a.Zone() == "" && within(a, "2000::/3") && // the only global unicast range so far
		!within(a, "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
}

func within(a netip.Addr, prefixes ...string) bool {
	for _, p := range prefixes {
		if netip.MustParsePrefix(p).Contains(a) {
			return true
		}
	}
	return false
}
