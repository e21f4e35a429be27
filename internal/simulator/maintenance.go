package simulator

import (
	"net/netip"
	"slices"
	"strings"
)

// clearsMonthly is how often in a month an account may clear its counters (wechat-protocol 6.3).
const clearsMonthly = 10

// clearQuota sets all of the account's counters of calls to nought.
func (s *Simulator) clearQuota(c *call) (any, *refusal, change) {
	var m struct {
		AppID string `json:"appid"`
	}
	if refused := decodeCall(c.body, &m); refused != nil {
		return nil, refused, change{}
	}
	if m.AppID != c.account.AppID {
		return nil, refuse(codeInvalidAppID), change{}
	}
	u := c.account.calls("/cgi-bin/clear_quota", s.now())
	if u.MonthCalls >= clearsMonthly {
		return nil, refuse(codeNoMoreClears), change{}
	}
	u.MonthCalls++
	cleared := []usage{u}
	for path, known := range c.account.usage {
		if path != u.API {
			known.DayCalls, known.MinuteCalls = 0, 0
			cleared = append(cleared, known)
		}
	}
	return okAnswer(), nil, change{Usage: cleared}
}

// addresses are those that callbacks come from and those of the API: this machine.
func (s *Simulator) addresses(*call) (any, *refusal, change) {
	return map[string][]string{"ip_list": {"127.0.0.1"}}, nil, change{}
}

// callbackCheck is WeChat's test of its own way to the account's server; here it is always short.
func (s *Simulator) callbackCheck(c *call) (any, *refusal, change) {
	var m struct {
		Action   string `json:"action"`
		Operator string `json:"check_operator"`
	}
	if refused := decodeCall(c.body, &m); refused != nil {
		return nil, refused, change{}
	}
	switch {
	case !slices.Contains([]string{"all", "dns", "ping"}, m.Action):
		return nil, refuse(codeCheckAction), change{}
	case !slices.Contains([]string{"CHINANET", "UNICOM", "CAP", "DEFAULT"}, m.Operator):
		return nil, refuse(codeCheckOperator), change{}
	case c.account.CallbackURL == "":
		return nil, refuse(codeCheckURL), change{}
	}
	answer := map[string][]map[string]string{}
	if m.Action != "ping" {
		answer["dns"] = []map[string]string{{"ip": "127.0.0.1", "real_operator": m.Operator}}
	}
	if m.Action != "dns" {
		answer["ping"] = []map[string]string{{"ip": "127.0.0.1", "from_operator": m.Operator, "package_loss": "0%", "time": "0.5ms"}}
	}
	return answer, nil, change{}
}

// allows tells whether a token may be fetched from an address; an empty list allows all.
func (a Account) allows(from netip.Addr) bool {
	return len(a.AllowedIPs) == 0 || slices.ContainsFunc(a.AllowedIPs, func(entry string) bool {
		p, err := parseAllowed(entry)
		return err == nil && p.Contains(from)
	})
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

// refuseIP says which address was refused, as an operator needs to know it.
func refuseIP(from netip.Addr) *refusal {
	mapped := from
	if from.Is4() {
		mapped = netip.AddrFrom16(from.As16())
	}
	return &refusal{codeForeignIP, "invalid ip " + from.String() + " ipv6 " + mapped.String() + ", not in whitelist"}
}

// addressOf reads the address of a request's sender.
func addressOf(remote string) netip.Addr {
	peer, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.IPv4Unspecified()
	}
	return peer.Addr().Unmap()
}
