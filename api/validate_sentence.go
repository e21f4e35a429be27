package api

import (
	"fmt"
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/wechat"
)

// sentenceOf says what WeChat's refusal means for whoever sets up the account, and what to do.
func sentenceOf(r WeChatRefusal) string {
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

// notCalled ends the findings that nothing but a callback of WeChat's can complete.
const notCalled = "WeChat has not called since the account was last changed: save the server configuration in its console, or write to the account, and validate again."

// signatureOf completes the finding that the server URL can be reached.
func signatureOf(seen map[conversation.Notice]time.Time) finding {
	last, at := latest(seen, conversation.NoticeTokenCurrent, conversation.NoticeTokenPrevious, conversation.NoticeTokenForeign)
	switch last {
	case conversation.NoticeTokenCurrent:
		return well("The callback URL answers as it must, and WeChat signs with the account's Token.")
	case conversation.NoticeTokenPrevious:
		return broken("WeChat still signs with the Token that was replaced here, which counts for 24 hours only: enter the same Token in WeChat's console and here.")
	case conversation.NoticeTokenForeign:
		return broken("WeChat's callback " + at + " was signed with another Token: enter the same Token in WeChat's console and here.")
	}
	return well("The callback URL answers as it must; whether the Token is right is not known yet, as " + notCalled)
}

// insideOf completes the finding that an event comes in.
func insideOf(seen map[conversation.Notice]time.Time) finding {
	last, at := latest(seen, conversation.NoticeReadable, conversation.NoticeKeyPrevious, conversation.NoticeKeyForeign,
		conversation.NoticeOtherMode, conversation.NoticeOtherAppID, conversation.NoticeOtherAccount)
	switch last {
	case conversation.NoticeReadable:
		return well("Callbacks come in, and WeChat's own can be read.")
	case conversation.NoticeKeyPrevious:
		return broken("WeChat still encrypts with the EncodingAESKey that was replaced here, which counts for 24 hours only: enter the same key in WeChat's console and here.")
	case conversation.NoticeKeyForeign:
		return broken("WeChat's callback " + at + " was encrypted with another EncodingAESKey: enter the same key in WeChat's console and here.")
	case conversation.NoticeOtherMode:
		return broken("WeChat's callback " + at + " came in another mode than the account's: choose the same message encryption method in WeChat's console and here.")
	case conversation.NoticeOtherAppID:
		return broken("WeChat's callback " + at + " was meant for another AppID: correct app_id here, or the server address in the other account's console.")
	case conversation.NoticeOtherAccount:
		return broken("WeChat's callback " + at + " was meant for another original id: correct original_id here, or the server address in the other account's console.")
	}
	return well("Callbacks come in; whether WeChat's own can be read is not known yet, as " + notCalled)
}

// latest is the notice that was made last, "" where none was, and when, in words.
func latest(seen map[conversation.Notice]time.Time, among ...conversation.Notice) (last conversation.Notice, at string) {
	for _, n := range among {
		if made, ok := seen[n]; ok && made.After(seen[last]) {
			last = n
		}
	}
	return last, "of " + seen[last].UTC().Format("2 January 15:04:05 UTC")
}
