package wechat_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/wechat"
)

func TestBad_C12_onlyTheExactSignatureCounts(t *testing.T) {
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

func TestBad_K11_everySingleBitOfTheSignatureCounts(t *testing.T) {
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

func TestBad_K11_everySingleBitOfWhatIsSignedCounts(t *testing.T) {
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

func TestBad_C30_anEmptyTokenVerifiesNothing(t *testing.T) {
	t.Parallel()
	require.False(t, wechat.VerifySignature(wechat.Signature("", "1700000000", "12345"), "", "1700000000", "12345"))
}

func TestSignature_leavesItsArgumentsInOrder(t *testing.T) {
	t.Parallel()
	parts := []string{"z", "a"}
	wechat.Signature("m", parts...)
	require.Equal(t, []string{"z", "a"}, parts)
}

func TestBad_C13_theURLSignatureIsNoMessageSignature(t *testing.T) {
	t.Parallel()
	forURL := wechat.Signature("AAAAA", "1714112445", "415670741")
	require.False(t, wechat.VerifySignature(forURL, "AAAAA", "1714112445", "415670741", encryptV1c))
	require.False(t, wechat.VerifySignature("", "AAAAA", "1714112445", "415670741", encryptV1c))
}
