package wechat_test

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha1"
	"encoding/base64"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"wxdesk/internal/wechat"
)

// BenchmarkCallback verifies, deciphers and reads a safe-mode callback of 1 KB. A metric whose unit ends in ":max" is the bar of the
// metric before the colon. The ratio is to the standard library's AES-CBC and SHA-1 of the same bytes, in processor time, which does
// not depend on what else the machine does: the median of rounds that alternate.
func BenchmarkCallback(b *testing.B) {
	const rounds, each = 21, 2000
	ours, bare := newCallback(b), newBareCallback(b)
	var ratios, crypto []float64
	for range rounds {
		took, theirs := used(each, ours), used(5*each, bare)
		ratios, crypto = append(ratios, took/theirs), append(crypto, theirs)
	}
	slices.Sort(ratios)
	slices.Sort(crypto)

	b.ReportAllocs()
	for b.Loop() {
		ours()
	}
	b.ReportMetric(crypto[rounds/2], "crypto-ns")
	b.ReportMetric(ratios[rounds/2], "ratio-to-crypto")
	b.ReportMetric(4, "ratio-to-crypto:max")
	b.ReportMetric(30, "allocs/op:max")
}

// used is the processor time of this process, the garbage collector's included, for doing something once, in nanoseconds.
func used(times int, do func()) float64 {
	before := processorTime()
	for range times {
		do()
	}
	return float64(processorTime()-before) / float64(times)
}

func processorTime() time.Duration {
	var self syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &self) // never fails for oneself
	return time.Duration(self.Utime.Nano() + self.Stime.Nano())
}

const benchSignatureTime, benchNonce = "1714112445", "415670741"

func benchText() string { return strings.Repeat("你好, how much is it? ", 30) }

// benchSealed is the cipher text of a callback of 1 KB.
func benchSealed(b *testing.B, c *wechat.Cipher) string {
	b.Helper()
	sealed, err := c.Seal([]byte(inboundXML("text", "<Content><![CDATA["+benchText()+"]]></Content>\n<MsgId>6054768590064713728</MsgId>")))
	if err != nil {
		b.Fatal(err)
	}
	return string(sealed)
}

// newCallback returns a function that takes a callback as the callback endpoint does.
func newCallback(b *testing.B) func() {
	b.Helper()
	c, text := newCipher(b, keyABC, appIDV2), benchText()
	sealed := benchSealed(b, c)
	body := []byte("<xml>\n<ToUserName><![CDATA[gh_a1b2c3d4e5f6]]></ToUserName>\n<Encrypt><![CDATA[" + sealed + "]]></Encrypt>\n</xml>")
	q, err := wechat.ParseQuery("signature=6c5c811b55cc85e0e1b54100749188c20beb3f5d&timestamp=" + benchSignatureTime + "&nonce=" + benchNonce +
		"&openid=oyORnuP8q7ou2gfYjqLzSIWZf0rs&encrypt_type=aes&msg_signature=" +
		wechat.Signature("spamtest", benchSignatureTime, benchNonce, sealed))
	if err != nil {
		b.Fatal(err)
	}
	return func() {
		env, err := wechat.ReadEnvelope(body)
		if err != nil || !wechat.VerifySignature(q.MsgSignature, "spamtest", q.Timestamp, q.Nonce, string(env.Encrypt)) {
			b.Fatal("not verified", err)
		}
		plain, err := c.Open(env.Encrypt)
		if err != nil {
			b.Fatal(err)
		}
		if m, err := wechat.ReadInbound(plain); err != nil || m.Content != text {
			b.Fatal("not read", err)
		}
	}
}

// newBareCallback returns a function that does with the same bytes what nobody can leave out: SHA-1 of what is signed, and AES-CBC.
func newBareCallback(b *testing.B) func() {
	b.Helper()
	sealed := benchSealed(b, newCipher(b, keyABC, appIDV2))
	frame, err := base64.StdEncoding.DecodeString(sealed)
	if err != nil {
		b.Fatal(err)
	}
	key, err := base64.StdEncoding.DecodeString(keyABC + "=")
	if err != nil {
		b.Fatal(err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		b.Fatal(err)
	}
	signed := []byte("spamtest" + benchSignatureTime + benchNonce + sealed)
	plain := make([]byte, len(frame))
	return func() {
		_ = sha1.Sum(signed)
		cipher.NewCBCDecrypter(block, key[:aes.BlockSize]).CryptBlocks(plain, frame)
	}
}
