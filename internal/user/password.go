package user

import (
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// How long a password is, in characters. NIST SP 800-63B asks for 8 at least and 64 at least as the most; it knows no other rule, and
// neither do we, but that a password is not the name.
const (
	MinPassword = 10
	MaxPassword = 128
)

// maxPasswordBytes is how much of what was typed is looked at: a character in UTF-8 has four bytes at most, and the form in which
// passwords are compared has no more than three times the characters.
const maxPasswordBytes = 4 * 3 * MaxPassword

// Password returns a password in the form in which it is hashed and compared: the same keys make the same password on every system,
// whether it composes letters with their marks or not. ok is false for what nobody's password can be, such as one of 10,000 characters.
func Password(typed string) (text string, ok bool) {
	if len(typed) > maxPasswordBytes || !utf8.ValidString(typed) {
		return "", false
	}
	text = norm.NFKC.String(typed)
	n := utf8.RuneCountInString(text)
	return text, n >= MinPassword && n <= MaxPassword
}

// NewPassword is Password for one that is set for a user: it must not be the name.
func NewPassword(name, typed string) (text string, ok bool) {
	text, ok = Password(typed)
	return text, ok && Key(text) != Key(name)
}
