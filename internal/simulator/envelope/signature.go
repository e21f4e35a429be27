package envelope

import (
	"crypto/sha1"
	"crypto/subtle"
	"encoding/hex"
	"slices"
	"strings"
)

// Sign returns WeChat's signature: the parts in byte order, joined with nothing between, SHA-1, lower-case hex. The callback's
// `signature` has the parts token, timestamp and nonce; `msg_signature` has the ciphertext as a fourth.
func Sign(parts ...string) string {
	sorted := slices.Sorted(slices.Values(parts))
	sum := sha1.Sum([]byte(strings.Join(sorted, "")))
	return hex.EncodeToString(sum[:])
}

// SameSignature reports whether two signatures are equal. It takes the same time for every pair of one length.
func SameSignature(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }
