package wechat_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/wechat"
)

// C12
func TestVerifySignature_acceptsTheExactOneOnly(t *testing.T) {
	t.Parallel()
	const token, timestamp, nonce = "spamtest", "1700000000", "12345"
	good := wechat.Signature(token, timestamp, nonce)
	require.True(t, wechat.VerifySignature(good, token, timestamp, nonce))

	bad := map[string]string{
		"empty":         "",
		"upper case":    strings.ToUpper(good),
		"39 characters": good[:39],
		"41 characters": good + "0",
		"prefix":        good[:20],
		"not hex":       strings.Repeat("z", 40),
		"white space":   " " + good[:39],
		"doubled":       good + good,
	}
	for name, got := range bad {
		require.Falsef(t, wechat.VerifySignature(got, token, timestamp, nonce), name)
	}
}

// K11
func TestVerifySignature_everyBitOfItCounts(t *testing.T) {
	t.Parallel()
	good := []byte(wechat.Signature("spamtest", "1700000000", "12345", encryptS1))
	for i := range good {
		for bit := range 8 {
			changed := append([]byte{}, good...)
			changed[i] ^= 1 << bit
			require.False(t, wechat.VerifySignature(string(changed), "spamtest", "1700000000", "12345", encryptS1))
		}
	}
}

// K11
func TestVerifySignature_everyPartCounts(t *testing.T) {
	t.Parallel()
	parts := []string{"1700000000", "12345", encryptS3}
	good := wechat.Signature("spamtest", parts...)
	for p := range parts {
		for i := range len(parts[p]) {
			changed := append([]string{}, parts...)
			b := []byte(changed[p])
			b[i] ^= 1
			changed[p] = string(b)
			require.False(t, wechat.VerifySignature(good, "spamtest", changed...))
		}
	}
}

// C30
func TestVerifySignature_refusesAnEmptyToken(t *testing.T) {
	t.Parallel()
	require.False(t, wechat.VerifySignature(wechat.Signature("", "1700000000", "12345"), "", "1700000000", "12345"))
}

func TestSignature_leavesItsArgumentsInOrder(t *testing.T) {
	t.Parallel()
	parts := []string{"z", "a"}
	wechat.Signature("m", parts...)
	require.Equal(t, []string{"z", "a"}, parts)
}

// C13
func TestVerifySignature_refusesTheURLSignature(t *testing.T) {
	t.Parallel()
	forURL := wechat.Signature("AAAAA", "1714112445", "415670741")
	require.False(t, wechat.VerifySignature(forURL, "AAAAA", "1714112445", "415670741", encryptV1c))
	require.False(t, wechat.VerifySignature("", "AAAAA", "1714112445", "415670741", encryptV1c))
}

// C09
// Characters that move between nonce and Encrypt text keep the signature; what remains is found out by its shape, whatever
// the key, and a text that WeChat signed as it stands never is.
func TestBoundaryMoved_findsMovedCharacters(t *testing.T) {
	t.Parallel()
	const timestamp = "1799999999"
	for _, tt := range []struct{ token, nonce, encrypt string }{
		{"token", "9", encryptS1},
		{"token", "123456789", encryptV2},
		{"0token", "99999", encryptS1},
		{"Zoken", "a_c", encryptV2},
		{"token", "RRRRRRRR", encryptS1}, // sorts behind the text: its head moves to the text's tail
	} {
		good := wechat.Signature(tt.token, timestamp, tt.nonce, tt.encrypt)
		require.False(t, wechat.BoundaryMoved(tt.token, timestamp, tt.nonce, tt.encrypt))
		found := 0
		at, nonce, text := timestamp, tt.nonce, tt.encrypt
		for n := 1; n < 63; n++ {
			moves := [][3]string{{at, nonce + text[:n], text[n:]}, {at, text[len(text)-n:] + nonce, text[:len(text)-n]}}
			if n < len(nonce) {
				moves = append(moves, [3]string{at, nonce[:len(nonce)-n], nonce[len(nonce)-n:] + text}, [3]string{at, nonce[n:], text + nonce[:n]})
			}
			if n < len(nonce) && n < len(at) { // through the timestamp, which keeps its length
				moves = append(moves, [3]string{nonce[len(nonce)-n:] + at[:len(at)-n], nonce[:len(nonce)-n], at[len(at)-n:] + text})
			}
			for _, moved := range moves {
				if len(moved[1]) <= 64 && wechat.VerifySignature(good, tt.token, moved[0], moved[1], moved[2]) {
					found++
					require.True(t, wechat.BoundaryMoved(tt.token, moved[0], moved[1], moved[2]), "%q", moved)
				}
			}
		}
		require.Positive(t, found, "%+v", tt)
	}
	for _, broken := range []string{"", "!", "!!!!", "AAAA", encryptV2[:100], "\n" + encryptV2} {
		require.False(t, wechat.BoundaryMoved("token", timestamp, "123456789", broken), "%q is for quarantine", broken)
	}
}
