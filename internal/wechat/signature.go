package wechat

import (
	"crypto/sha1" //nolint:gosec // the platform's choice
	"crypto/subtle"
	"encoding/hex"
	"slices"
)

// signatureSize is the length of a signature: SHA-1 in lower-case hex.
const signatureSize = 2 * sha1.Size

// Signature is WeChat's proof of origin: token and parts sorted by their bytes, joined with nothing between, SHA-1, lower-case
// hex.
//
// The parts are timestamp and nonce for `signature`, and timestamp, nonce and the Encrypt text for `msg_signature`. Only
// the latter covers the body.
func Signature(token string, parts ...string) string {
	sig := sign(token, parts)
	return string(sig[:])
}

// VerifySignature reports whether got is the signature of parts, in constant time. Only the exact 40 lower-case digits
// count. An empty token verifies nothing, since everybody could sign with it.
func VerifySignature(got, token string, parts ...string) bool {
	if token == "" {
		return false
	}
	want := sign(token, parts)
	return len(got) == signatureSize && subtle.ConstantTimeCompare([]byte(got), want[:]) == 1
}

func sign(token string, parts []string) (sig [signatureSize]byte) {
	var room [4]string // token, timestamp, nonce, Encrypt
	sorted := append(append(room[:0], token), parts...)
	slices.Sort(sorted)

	var text [2048]byte // a callback of 1 KB stays on the stack
	joined := text[:0]
	for _, s := range sorted {
		joined = append(joined, s...)
	}
	sum := sha1.Sum(joined) //nolint:gosec // the platform's choice
	hex.Encode(sig[:], sum[:])
	return sig
}
