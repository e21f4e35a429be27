package wxapi

import (
	"context"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"wxdesk/internal/wechat"
)

// Error says why a call other than a send failed. Its text holds no secret, no access token, no openid and nothing that
// WeChat wrote but what has a field here. errors.Is finds what lies behind it: a context that is over, an error of the
// TokenStore, of what was uploaded, or one of this package.
type Error struct {
	Op         string         // the path below /cgi-bin/, such as media/upload; stable_token if no access token was to be had
	Code       wechat.ErrCode // what WeChat said; 0 if it said nothing readable
	Reason     string         // a stable word in kebab case: the code's, or one of ours
	HTTPStatus int            // 0 if no answer came
	Address    netip.Addr     // with 40164: our address, which is not on the account's list
	RID        string         // the number under which WeChat keeps the request, for its support and openapi/rid/get

	refused bool // WeChat answered with an errcode, readable or not
	written bool // WeChat may have got the request
	cause   error
}

// Reasons beside the codes' and those that package wechat names.
const (
	reasonAppSecret  = "app-secret-invalid"
	reasonTooLarge   = "media-too-large"
	reasonEmpty      = "media-empty"
	reasonUnreadable = "media-unreadable"
	reasonRequest    = "request-invalid"
)

// Error implements error.
func (e *Error) Error() string {
	var more []string
	if e.Code != wechat.CodeOK {
		more = append(more, "errcode "+e.Code.String())
	}
	if e.HTTPStatus != 0 && e.HTTPStatus != httpOK {
		more = append(more, "HTTP status "+strconv.Itoa(e.HTTPStatus))
	}
	if e.Address.IsValid() {
		more = append(more, "address "+e.Address.String())
	}
	if e.RID != "" {
		more = append(more, "rid "+e.RID)
	}
	text := "wxapi: " + e.Op + ": " + e.Reason
	if len(more) > 0 {
		text += " (" + strings.Join(more, ", ") + ")"
	}
	return text
}

// Unwrap returns what lies behind the error, or nil.
func (e *Error) Unwrap() error { return e.cause }

// refusal reads the errcode of an answer: nil if there is none or it is 0.
func refusal(op string, a answer) *Error {
	if !a.ErrCode.given || a.ErrCode.valid && a.ErrCode.n == 0 {
		return nil
	}
	e := &Error{Op: op, Reason: wechat.ReasonUnknown, HTTPStatus: httpOK, RID: readRID(string(a.ErrMsg)), refused: true, written: true}
	if !a.ErrCode.valid {
		return e
	}
	e.Code = wechat.ErrCode(a.ErrCode.n)
	e.Reason = e.Code.Reason()
	if e.Code == wechat.CodeAddressNotOnList {
		e.Address = readAddress(string(a.ErrMsg))
	}
	return e
}

// unclear says that WeChat answered with what cannot be read, or lacks what it is asked for.
func unclear(op string) *Error {
	return &Error{Op: op, Reason: wechat.ReasonAnswerUnclear, HTTPStatus: httpOK, written: true}
}

// because notes a context that is over as the cause of a call that failed.
func (e *Error) because(ctx context.Context) *Error {
	if e.cause == nil {
		e.cause = ctx.Err()
	}
	return e
}

// readAddress finds our address in the errmsg of 40164: "invalid ip 1.2.3.4 ipv6 ::ffff:1.2.3.4, not in whitelist rid: …".
func readAddress(errmsg string) netip.Addr {
	words := strings.FieldsFunc(errmsg, func(r rune) bool { return r == ' ' || r == ',' })
	for i, word := range words {
		if word != "ip" && word != "ipv6" || i+1 == len(words) {
			continue
		}
		if a, err := netip.ParseAddr(words[i+1]); err == nil {
			return a.Unmap().WithZone("")
		}
	}
	return netip.Addr{}
}

// readRID finds "rid: 5f9b2c1d-0a1b2c3d-4e5f6a7b" in an errmsg. Its shape is narrow, so that nothing else gets through.
func readRID(errmsg string) string {
	found := regexp.MustCompile(`rid: ([0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8})(?:[^0-9a-zA-Z_-]|$)`).FindStringSubmatch(errmsg)
	if found == nil {
		return ""
	}
	return found[1]
}
