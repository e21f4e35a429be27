package web

import (
	"fmt"
	"net/netip"

	"wxdesk/internal/wechat"
)

// WeChatRefusal is an error that tells what WeChat said.
type WeChatRefusal interface {
	error
	// ErrCode is WeChat's errcode; 0 if it gave none, or no answer at all.
	ErrCode() wechat.ErrCode
	// RefusedAddress is the address that we called from, where WeChat names it because it is not on the account's IP
	// allow list; otherwise the zero Addr.
	RefusedAddress() netip.Addr
}

// SentenceOf says what WeChat's refusal means for the administrator who sets up the account, and what to do.
func SentenceOf(r WeChatRefusal) string {
	code := r.ErrCode()
	switch code {
	case wechat.CodeInvalidCredential, wechat.CodeInvalidAppSecret:
		return says("The AppSecret is wrong: copy it from WeChat's console, or reset it there, and store it here as app_secret", code)
	case wechat.CodeAppSecretFrozen:
		return says("The AppSecret is frozen: unfreeze it in WeChat's console, under basic configuration", code)
	case wechat.CodeInvalidAppID:
		return says("WeChat knows no account with this AppID: copy it from WeChat's console and store it here as app_id", code)
	}
	switch code.Reason() {
	case wechat.CodeAddressNotOnList.Reason():
		return says(fmt.Sprintf("WeChat does not let %s call: add it to the IP allow list in WeChat's console and wait about five minutes", address(r)), code)
	case wechat.ErrCode(89503).Reason():
		return says(fmt.Sprintf("WeChat has asked the account's administrator whether %s may call: have the request confirmed and try again", address(r)), code)
	case wechat.ErrCode(89506).Reason():
		return says(fmt.Sprintf("The account's administrator has refused %s: add it to the IP allow list, or try again after a day and have the request confirmed", address(r)), code)
	case wechat.ErrCode(61024).Reason():
		return says("A third-party platform manages this account, so that WeChat gives it no access token of its own: end the authorisation there", code)
	}
	switch code.Class() {
	case wechat.ClassBusy, wechat.ClassThrottled:
		return says("WeChat is busy or was asked too often: try again in a minute", code)
	case wechat.ClassDailyQuota:
		return says("The account's calls of today are used up: try again after midnight in Beijing, or reset the quota in WeChat's console", code)
	}
	return says("WeChat refuses for a reason of its own: look up the errcode in WeChat's documentation", code)
}

func says(sentence string, code wechat.ErrCode) string {
	return fmt.Sprintf("%s (errcode %s).", sentence, code)
}

func address(r WeChatRefusal) string {
	if a := r.RefusedAddress(); a.IsValid() {
		return "the address " + a.Unmap().String()
	}
	return "this machine's address"
}
