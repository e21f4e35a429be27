package callback

// Record is something that a callback shows about its account's set-up. Whether WeChat has the same settings as we do,
// nothing but its callbacks can tell.
type Record string

// The records of the signature:
const (
	RecordTokenCurrent  Record = "token-current"  // made with the Token in force
	RecordTokenPrevious Record = "token-previous" // made with a replaced one, which still counts
	RecordTokenForeign  Record = "token-foreign"  // made with none of the account's
)

// The records of what is inside:
const (
	RecordReadable     Record = "readable"      // not encrypted, or opened with the key in force
	RecordKeyPrevious  Record = "key-previous"  // opened with a replaced key, which still counts
	RecordKeyForeign   Record = "key-foreign"   // well signed, but no key of the account opens it
	RecordOtherMode    Record = "other-mode"    // encrypted where the account is plain, or the other way round
	RecordOtherAppID   Record = "other-app-id"  // meant for another AppID
	RecordOtherAccount Record = "other-account" // meant for another original id
)

// OfSignature reports whether a record is about the signature, rather than about the content.
func (r Record) OfSignature() bool {
	return r == RecordTokenCurrent || r == RecordTokenPrevious || r == RecordTokenForeign
}
