package callback

import (
	"errors"

	"wxdesk/internal/callback"
)

// recordsOf says what a callback shows about its account's set-up, from what was read of it and how that ended.
func recordsOf(cb verifiedCallback, err error) []callback.Record {
	token := callback.RecordTokenCurrent
	if cb.oldToken {
		token = callback.RecordTokenPrevious
	}
	r := new(rejection)
	if errors.As(err, &r) {
		switch r.reason {
		case reasonSignature:
			return []callback.Record{callback.RecordTokenForeign}
		case reasonMode, reasonNotEncrypted:
			return []callback.Record{callback.RecordOtherMode}
		case reasonForeignAppID:
			return []callback.Record{token, callback.RecordOtherAppID}
		case reasonForeignAccount:
			return []callback.Record{token, callback.RecordOtherAccount}
		}
	}
	switch {
	case err != nil:
		return nil
	case cb.broken == brokenUndecipherable:
		return []callback.Record{token, callback.RecordKeyForeign}
	case cb.oldKey:
		return []callback.Record{token, callback.RecordKeyPrevious}
	}
	return []callback.Record{token, callback.RecordReadable}
}

// recordOfToken says what the check of the server URL shows: the place of the token that signed it, see signingToken.
func recordOfToken(place int) callback.Record {
	switch {
	case place < 0:
		return callback.RecordTokenForeign
	case place > 0:
		return callback.RecordTokenPrevious
	}
	return callback.RecordTokenCurrent
}
