package conversation

// CallbackRecord is something that a callback shows about its account's set-up. Whether WeChat has the same settings as we do,
// nothing but its callbacks can tell.
type CallbackRecord string

// The kinds of record. Of the signature:
const (
	RecordTokenCurrent  CallbackRecord = "token-current"  // made with the Token in force
	RecordTokenPrevious CallbackRecord = "token-previous" // made with a replaced one, which still counts
	RecordTokenForeign  CallbackRecord = "token-foreign"  // made with none of the account's
)

// Of what is inside:
const (
	RecordReadable     CallbackRecord = "readable"      // not encrypted, or opened with the key in force
	RecordKeyPrevious  CallbackRecord = "key-previous"  // opened with a replaced key, which still counts
	RecordKeyForeign   CallbackRecord = "key-foreign"   // well signed, but no key of the account opens it
	RecordOtherMode    CallbackRecord = "other-mode"    // encrypted where the account is plain, or the other way round
	RecordOtherAppID   CallbackRecord = "other-app-id"  // meant for another AppID
	RecordOtherAccount CallbackRecord = "other-account" // meant for another original id
)

// OfSignature reports whether a record is of the signature, rather than of what is inside.
func (n CallbackRecord) OfSignature() bool {
	return n == RecordTokenCurrent || n == RecordTokenPrevious || n == RecordTokenForeign
}
