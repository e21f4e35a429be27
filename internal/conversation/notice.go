package conversation

// Notice is something that a callback shows about its account's set-up. Whether WeChat has the same settings as we do,
// nothing but its callbacks can tell.
type Notice string

// The notices. Of the signature:
const (
	NoticeTokenCurrent  Notice = "token-current"  // made with the Token in force
	NoticeTokenPrevious Notice = "token-previous" // made with a replaced one, which still counts
	NoticeTokenForeign  Notice = "token-foreign"  // made with none of the account's
)

// Of what is inside:
const (
	NoticeReadable     Notice = "readable"      // not encrypted, or opened with the key in force
	NoticeKeyPrevious  Notice = "key-previous"  // opened with a replaced key, which still counts
	NoticeKeyForeign   Notice = "key-foreign"   // well signed, but no key of the account opens it
	NoticeOtherMode    Notice = "other-mode"    // encrypted where the account is plain, or the other way round
	NoticeOtherAppID   Notice = "other-app-id"  // meant for another AppID
	NoticeOtherAccount Notice = "other-account" // meant for another original id
)

// OfSignature reports whether a notice is of the signature, rather than of what is inside.
func (n Notice) OfSignature() bool {
	return n == NoticeTokenCurrent || n == NoticeTokenPrevious || n == NoticeTokenForeign
}
