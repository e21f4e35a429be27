package state

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
)

// Allows reports whether a token may be fetched from an address; an empty list allows all.
func (a Account) Allows(from netip.Addr) bool {
	return len(a.AllowedIPs) == 0 || slices.ContainsFunc(a.AllowedIPs, func(entry string) bool {
		p, err := parseAllowed(entry)
		return err == nil && p.Contains(from)
	})
}

func (a Account) checkAllowedIPs() error {
	for _, entry := range a.AllowedIPs {
		if _, err := parseAllowed(entry); err != nil {
			return errors.New("ip_allow_list holds addresses and networks such as 203.0.113.0/24")
		}
	}
	return nil
}

// parseAllowed reads an entry of the list: an address, or a network in CIDR notation.
func parseAllowed(entry string) (netip.Prefix, error) {
	if strings.Contains(entry, "/") {
		return netip.ParsePrefix(entry)
	}
	address, err := netip.ParseAddr(entry)
	if err != nil {
		return netip.Prefix{}, err
	}
	return address.Prefix(address.BitLen())
}
