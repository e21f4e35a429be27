package validation

import (
	"time"

	"wxdesk/internal/callback"
)

// notCalled ends the findings that nothing but a callback of WeChat's can complete.
const notCalled = "WeChat has not called since the account was last changed: save the server configuration in its console, or write to the account, and validate again."

// signatureFinding completes the finding that the server URL can be reached.
func signatureFinding(seen map[callback.Record]time.Time) finding {
	last, at := latest(seen, callback.RecordTokenCurrent, callback.RecordTokenPrevious, callback.RecordTokenForeign)
	switch last {
	case callback.RecordTokenCurrent:
		return well("The callback URL answers as it must, and WeChat signs with the account's Token.")
	case callback.RecordTokenPrevious:
		return broken("WeChat still signs with the Token that was replaced here, which counts for 24 hours only: enter the same Token in WeChat's console and here.")
	case callback.RecordTokenForeign:
		return broken("WeChat's callback " + at + " was signed with another Token: enter the same Token in WeChat's console and here.")
	}
	return well("The callback URL answers as it must; whether the Token is right is not known yet, as " + notCalled)
}

// contentFinding completes the finding that an event comes in.
func contentFinding(seen map[callback.Record]time.Time) finding {
	last, at := latest(seen, callback.RecordReadable, callback.RecordKeyPrevious, callback.RecordKeyForeign,
		callback.RecordOtherMode, callback.RecordOtherAppID, callback.RecordOtherAccount)
	switch last {
	case callback.RecordReadable:
		return well("Callbacks come in, and WeChat's own can be read.")
	case callback.RecordKeyPrevious:
		return broken("WeChat still encrypts with the EncodingAESKey that was replaced here, which counts for 24 hours only: enter the same key in WeChat's console and here.")
	case callback.RecordKeyForeign:
		return broken("WeChat's callback " + at + " was encrypted with another EncodingAESKey: enter the same key in WeChat's console and here.")
	case callback.RecordOtherMode:
		return broken("WeChat's callback " + at + " came in another mode than the account's: choose the same message encryption method in WeChat's console and here.")
	case callback.RecordOtherAppID:
		return broken("WeChat's callback " + at + " was meant for another AppID: correct app_id here, or the server address in the other account's console.")
	case callback.RecordOtherAccount:
		return broken("WeChat's callback " + at + " was meant for another original id: correct original_id here, or the server address in the other account's console.")
	}
	return well("Callbacks come in; whether WeChat's own can be read is not known yet, as " + notCalled)
}

// latest is the notice that was made last, "" if there is none, and when, in words.
func latest(seen map[callback.Record]time.Time, among ...callback.Record) (last callback.Record, at string) {
	for _, n := range among {
		if made, ok := seen[n]; ok && made.After(seen[last]) {
			last = n
		}
	}
	return last, "of " + seen[last].UTC().Format("2 January 15:04:05 UTC")
}

// finding is what a step came to, as a sentence for the administrator.
type finding struct {
	ok       bool
	sentence string
}

func well(sentence string) finding { return finding{true, sentence} }

func broken(sentence string) finding { return finding{false, sentence} }
