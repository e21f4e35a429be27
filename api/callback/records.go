package callback

import (
	"errors"

	"wxdesk/internal/conversation"
)

// recordsOf says what a callback shows about its account's set-up, from what was read of it and how that ended.
func recordsOf(cb verifiedCallback, err error) []conversation.CallbackRecord {
	token := conversation.RecordTokenCurrent
	if cb.oldToken {
		token = conversation.RecordTokenPrevious
	}
	r := new(rejection)
	if errors.As(err, &r) {
		switch r.reason {
		case reasonSignature:
			return []conversation.CallbackRecord{conversation.RecordTokenForeign}
		case reasonMode, reasonNotEncrypted:
			return []conversation.CallbackRecord{conversation.RecordOtherMode}
		case reasonForeignAppID:
			return []conversation.CallbackRecord{token, conversation.RecordOtherAppID}
		case reasonForeignAccount:
			return []conversation.CallbackRecord{token, conversation.RecordOtherAccount}
		}
	}
	switch {
	case err != nil:
		return nil
	case cb.broken == brokenUndecipherable:
		return []conversation.CallbackRecord{token, conversation.RecordKeyForeign}
	case cb.oldKey:
		return []conversation.CallbackRecord{token, conversation.RecordKeyPrevious}
	}
	return []conversation.CallbackRecord{token, conversation.RecordReadable}
}

// recordOfToken says what the check of the server URL shows: the place of the token that signed it, see signingToken.
func recordOfToken(place int) conversation.CallbackRecord {
	switch {
	case place < 0:
		return conversation.RecordTokenForeign
	case place > 0:
		return conversation.RecordTokenPrevious
	}
	return conversation.RecordTokenCurrent
}
