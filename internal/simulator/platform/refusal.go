package platform

import (
	"fmt"
	"net/netip"
	"time"

	"wxdesk/internal/simulator/random"
)

// Refusal is an error of WeChat's API: HTTP 200 with errcode and errmsg.
type Refusal struct {
	Code    int    `json:"errcode"`
	Message string `json:"errmsg"`
}

// refuse makes the refusal with this code and its usual words.
func refuse(code int) *Refusal { return &Refusal{Code: code, Message: errmsgs[code]} }

// refuseIP says which address was refused, as an operator needs to know it.
func refuseIP(from netip.Addr) *Refusal {
	mapped := from
	if from.Is4() {
		mapped = netip.AddrFrom16(from.As16())
	}
	return &Refusal{codeForeignIP, "invalid ip " + from.String() + " ipv6 " + mapped.String() + ", not in whitelist"}
}

// addressOf reads the address of a request's sender.
func addressOf(remote string) netip.Addr {
	peer, err := netip.ParseAddrPort(remote)
	if err != nil {
		return netip.IPv4Unspecified()
	}
	return peer.Addr().Unmap()
}

// withRID ends the words as current servers do, so that nobody compares them.
func (r Refusal) withRID(now time.Time) Refusal {
	if r.Message == "" {
		r.Message = "error"
	}
	r.Message += fmt.Sprintf(" rid: %08x-%s-%s", uint32(now.Unix()), random.Text(8, random.HexDigits), random.Text(8, random.HexDigits))
	return r
}

// success is what a call without a result answers.
func success() Refusal { return Refusal{Code: codeOK, Message: "ok"} }
