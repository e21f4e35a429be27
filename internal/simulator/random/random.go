// Package random makes the unpredictable text that a platform needs: identifiers, tokens, secrets, nonces. It knows no other room.
package random

import "crypto/rand"

// The alphabets that WeChat's identifiers are written in.
const (
	HexDigits    = "0123456789abcdef"
	Digits       = "0123456789"
	Alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789" // A to Z, a to z, 0 to 9
	URLSafe      = Alphanumeric + "-_"
)

// Text returns n random characters of an alphabet of at most 256 bytes.
func Text(n int, alphabet string) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails since Go 1.24
	for i := range b {
		b[i] = alphabet[int(b[i])%len(alphabet)]
	}
	return string(b)
}
