// Package outbound judges addresses that administrators give us to call, at the moment they give them. It is a courtesy:
// what a name leads to can change, so the dialler of wxapi.NewHTTPClient judges again, by the same rule, whenever it is
// called.
package outbound

import (
	"context"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"wxdesk/internal/bot"
	"wxdesk/internal/wechat/wxapi"
)

const (
	maxURL     = 2048 // bytes
	lookupTime = 2 * time.Second
)

// Guard decides which URLs and addresses wxdesk may call.
type Guard struct {
	// AllowPrivate also allows http, every port, and addresses that are not public: for a laptop.
	AllowPrivate bool
	// Lookup resolves a name; net.DefaultResolver if it is nil.
	Lookup func(ctx context.Context, host string) ([]netip.Addr, error)
}

// Check fails with bot.ErrAddress where a URL may not be called: unless it is an https URL of a public host on
// port 443 or 8443, without user, password or fragment. A name that cannot be resolved passes; it may be there later.
func (g Guard) Check(ctx context.Context, raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil, len(raw) > maxURL, u.Hostname() == "", u.Opaque != "", u.User != nil, u.Fragment != "":
		return bot.ErrAddress
	case u.Scheme != "https" && (u.Scheme != "http" || !g.AllowPrivate):
		return bot.ErrAddress
	case g.AllowPrivate:
		return nil
	case u.Port() != "" && u.Port() != "443" && u.Port() != "8443":
		return bot.ErrAddress
	}
	return g.checkHost(ctx, u.Hostname())
}

func (g Guard) checkHost(ctx context.Context, host string) error {
	if addr, err := netip.ParseAddr(host); err == nil {
		return public(addr)
	}
	if numeric(host) {
		return bot.ErrAddress
	}
	lookup := g.Lookup
	if lookup == nil {
		lookup = func(ctx context.Context, host string) ([]netip.Addr, error) {
			return net.DefaultResolver.LookupNetIP(ctx, "ip", host)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, lookupTime)
	defer cancel()
	addrs, _ := lookup(ctx, host) // if it fails there are none to judge
	for _, addr := range addrs {
		if err := public(addr); err != nil {
			return err
		}
	}
	return nil
}

func public(addr netip.Addr) error {
	if !wxapi.PublicAddress(addr) {
		return bot.ErrAddress
	}
	return nil
}

// numeric reports whether some resolver might take a host for an IPv4 address in another spelling: 2130706433, 0177.1,
// 0x7f.0.0.1. Their last part begins with a digit, which no top-level domain does.
func numeric(host string) bool {
	host = strings.TrimSuffix(host, ".")
	last := host[strings.LastIndexByte(host, '.')+1:]
	return last == "" || last[0] >= '0' && last[0] <= '9'
}
