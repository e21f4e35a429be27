package platform

import (
	"fmt"
	"net/netip"
	"time"

	"wxdesk/internal/simulator/random"
)

// APIError is an error of WeChat's API: HTTP 200 with errcode and errmsg.
type APIError struct {
	Code    int    `json:"errcode"`
	Message string `json:"errmsg"`
}

// refuse makes the refusal with this code and its usual words.
func refuse(code int) *APIError { return &APIError{Code: code, Message: errmsgs[code]} }

// refuseIP says which address was refused, as an operator needs to know it.
func refuseIP(from netip.Addr) *APIError {
	mapped := from
	if from.Is4() {
		mapped = netip.AddrFrom16(from.As16())
	}
	return &APIError{codeForeignIP, "invalid ip " + from.String() + " ipv6 " + mapped.String() + ", not in whitelist"}
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
func (r APIError) withRID(now time.Time) APIError {
	if r.Message == "" {
		r.Message = "error"
	}
	r.Message += fmt.Sprintf(" rid: %08x-%s-%s", uint32(now.Unix()), random.Text(8, random.HexDigits), random.Text(8, random.HexDigits))
	return r
}

// success is what a call without a result answers.
func success() APIError { return APIError{Code: codeOK, Message: "ok"} }
