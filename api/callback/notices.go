package callback

import (
	"errors"

	"wxdesk/internal/conversation"
)

// noticesOf says what a callback shows about its account's set-up, from what was read of it and how that ended.
func noticesOf(cb verifiedCallback, err error) []conversation.Notice {
	token := conversation.NoticeTokenCurrent
	if cb.oldToken {
		token = conversation.NoticeTokenPrevious
	}
	r := new(rejection)
	if errors.As(err, &r) {
		switch r.reason {
		case reasonSignature:
			return []conversation.Notice{conversation.NoticeTokenForeign}
		case reasonMode, reasonNotEncrypted:
			return []conversation.Notice{conversation.NoticeOtherMode}
		case reasonForeignAppID:
			return []conversation.Notice{token, conversation.NoticeOtherAppID}
		case reasonForeignAccount:
			return []conversation.Notice{token, conversation.NoticeOtherAccount}
		}
	}
	switch {
	case err != nil:
		return nil
	case cb.broken == brokenUndecipherable:
		return []conversation.Notice{token, conversation.NoticeKeyForeign}
	case cb.oldKey:
		return []conversation.Notice{token, conversation.NoticeKeyPrevious}
	}
	return []conversation.Notice{token, conversation.NoticeReadable}
}

// noticeOfToken says what the check of the server URL shows: the place of the token that signed it, see signingToken.
func noticeOfToken(place int) conversation.Notice {
	switch {
	case place < 0:
		return conversation.NoticeTokenForeign
	case place > 0:
		return conversation.NoticeTokenPrevious
	}
	return conversation.NoticeTokenCurrent
}
