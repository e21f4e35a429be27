package user

import (
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// The length of a password, in characters. NIST SP 800-63B asks for at least 8, and wants at least 64 to be allowed. Like NIST we have no rule
// about kinds of characters; a password must only differ from the name.
const (
	MinPassword = 10
	MaxPassword = 128
)

// maxPasswordBytes is the most that is normalised of a typed text; a longer one is refused. A character has at most four bytes in UTF-8, and
// normalising joins at most three characters into one.
const maxPasswordBytes = 4 * 3 * MaxPassword

// Password returns a typed password in the form in which it is hashed and compared (NFKC). So the same keys make the same password on every
// system, whether or not it joins letters with their marks. ok is false if the text cannot be anybody's password, because of its length or
// because it is not UTF-8.
func Password(typed string) (text string, ok bool) {
	if len(typed) > maxPasswordBytes || !utf8.ValidString(typed) {
		return "", false
	}
	text = norm.NFKC.String(typed)
	n := utf8.RuneCountInString(text)
	return text, n >= MinPassword && n <= MaxPassword
}

// NewPassword is Password for a password that a user sets. ok is false also if it is their name.
func NewPassword(name, typed string) (text string, ok bool) {
	text, ok = Password(typed)
	return text, ok && Key(text) != Key(name)
}
