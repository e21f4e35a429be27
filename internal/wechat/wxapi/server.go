package wxapi

import (
	"context"
	"net/netip"

	"wxdesk/internal/wechat"
)

// CallbackIPs lists the addresses that WeChat's callbacks come from. It changes now and then: ask once a day. It fails with
// an *Error, also if a single entry cannot be read: half a list would shut WeChat out.
func (c *Client) CallbackIPs(ctx context.Context, of wechat.Credentials) ([]netip.Prefix, error) {
	const op = "getcallbackip"
	var a struct {
		Entries []string `json:"ip_list"`
	}
	if err := c.call(ctx, of, request{op: op}, &a); err != nil {
		return nil, err
	}
	var prefixes []netip.Prefix
	for _, entry := range a.Entries {
		prefix, ok := readPrefix(entry)
		if !ok {
			return nil, unclear(op)
		}
		prefixes = append(prefixes, prefix)
	}
	if len(prefixes) == 0 {
		return nil, unclear(op)
	}
	return prefixes, nil
}

// readPrefix reads an address, or a network such as 5.6.7.0/24.
func readPrefix(entry string) (netip.Prefix, bool) {
	if a, err := netip.ParseAddr(entry); err == nil && a.Zone() == "" {
		a = a.Unmap()
		return netip.PrefixFrom(a, a.BitLen()), true
	}
	prefix, err := netip.ParsePrefix(entry)
	return prefix.Masked(), err == nil
}

// CheckCredentials asks WeChat for an access token, past all memory and the store, and keeps nothing: it says whether AppID
// and AppSecret are right and whether WeChat takes calls from this address. It disturbs no token that is in use. It fails
// with an *Error, above all with 40013 (AppID), 40001 or 40125 (AppSecret), 40164 (Error.Address is not on the list) and
// 89501 to 89507 (the administrator has to agree).
func (c *Client) CheckCredentials(ctx context.Context, of wechat.Credentials) error {
	_, err := c.fetchToken(ctx, of, false)
	return err
}
