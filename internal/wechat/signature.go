package wechat

import (
	"crypto/aes"
	"crypto/sha1" //nolint:gosec // the platform's choice
	"crypto/subtle"
	"encoding/hex"
	"slices"
	"strings"
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

// BoundaryMoved reports whether a msg_signature that verifies was made for another Encrypt text (C09). Nothing stands
// between the parts where they are joined, so characters can move from the one end of the text to the nonce, or from there,
// and the signature stays as it was. The text is no longer whole blocks then, whereas the one it was made from is, in a
// place that leaves a nonce of a possible length.
func BoundaryMoved(token, timestamp, nonce, encrypt string) bool {
	if wholeBlocks(encrypt, aes.BlockSize) {
		return false
	}
	parts := []string{token, timestamp, nonce, encrypt}
	slices.Sort(parts)
	joined, start := strings.Join(parts, ""), 0
	for _, part := range parts[:slices.Index(parts, encrypt)] {
		start += len(part)
	}
	end := start + len(encrypt)
	for n := 1; n <= maxNonceSize; n++ {
		size := len(encrypt) + len(nonce) - n
		if size <= 0 {
			break
		}
		for _, from := range []int{end - size, start} { // the beginning has moved, or the end
			if from < 0 || from+size > len(joined) || !wholeBlocks(joined[from:from+size], padBlock) {
				continue
			}
			// What is too much at one end was the nonce's.
			if only(joined[start:max(start, from)], urlSafe) && only(joined[min(end, from+size):end], urlSafe) {
				return true
			}
		}
	}
	return false
}

// wholeBlocks reports whether a text is base64 of one or more blocks of a size, and of as much as a frame needs.
func wholeBlocks(text string, block int) bool {
	if len(text) == 0 || len(text)%4 != 0 {
		return false
	}
	frame, ok := decodeBase64([]byte(text))
	return ok && len(frame) >= minCiphertext && len(frame)%block == 0
}
