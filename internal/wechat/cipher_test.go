package wechat_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"wxdesk/internal/wechat"
)

func TestCipher_opensWhatItSealed(t *testing.T) {
	t.Parallel()
	c := newCipher(t, keyABC, appIDV2)
	rapid.Check(t, func(t *rapid.T) {
		msg := rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "msg")
		sealed, err := c.Seal(msg)
		require.NoError(t, err)
		before := bytes.Clone(sealed)
		got, err := c.Open(sealed)
		require.NoError(t, err)
		require.Equal(t, string(msg), string(got))
		require.Equal(t, before, sealed, "Open leaves its argument alone")
	})
}

func TestCipher_servesManyAtOnce(t *testing.T) {
	t.Parallel()
	c := newCipher(t, keyABC, appIDV2)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				got, err := c.Open([]byte(encryptV2))
				if err != nil || string(got) != plainV2 {
					t.Errorf("got %q, %v", got, err)
				}
			}
		})
	}
	wg.Wait()
}

func TestCipher_refusesToSealBeyondItsBound(t *testing.T) {
	t.Parallel()
	_, err := newCipher(t, keyABC, appIDV2).Seal(make([]byte, 1<<20+1))
	require.ErrorIs(t, err, wechat.ErrTooLong)
}

func TestCipher_printsNothingOfItsKey(t *testing.T) {
	t.Parallel()
	c := newCipher(t, keyABC, appIDV2)
	for _, verb := range []string{"%v", "%+v", "%#v", "%x", "%s"} {
		require.Equal(t, "wechat.Cipher([redacted])", fmt.Sprintf(verb, c))
	}
}

// K01
func TestNewCipher_acceptsSpareBits(t *testing.T) {
	t.Parallel()
	for _, key := range []string{keyABC, keyV5, keyV6} {
		_, err := base64.StdEncoding.Strict().DecodeString(key + "=")
		require.Errorf(t, err, "%s is a published key that a strict decoder refuses", key[:4])
		newCipher(t, key, appIDV2)
	}
	// The last character's low two bits mean nothing: G and F are one key.
	got, err := newCipher(t, keyABC[:42]+"F", appIDV2).Open([]byte(encryptV2))
	require.NoError(t, err)
	require.Equal(t, plainV2, string(got))
}

// K02
func TestNewCipher_refusesOtherShapes(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"", keyABC[:42], keyABC + "A", keyABC[:42] + "=", keyABC[:42] + " ", keyABC[:42] + "-", keyABC[:42] + "_", keyABC[:42] + "\n"} {
		_, err := wechat.NewCipher(key, appIDV2)
		require.ErrorIsf(t, err, wechat.ErrKey, "%d characters", len(key))
		require.NotContains(t, err.Error(), "abcdefg")
	}
	_, err := wechat.NewCipher(keyABC, "")
	require.ErrorIs(t, err, wechat.ErrKey)
}

// K03
func TestCipher_opensStrictBase64Only(t *testing.T) {
	t.Parallel()
	broken := map[string]string{
		"not base64":        strings.Repeat("!", 64),
		"URL alphabet":      strings.NewReplacer("+", "-", "/", "_").Replace(encryptV2),
		"line break inside": encryptV2[:76] + "\n" + encryptV2[76:],
		"CR inside":         encryptV2[:76] + "\r\n" + encryptV2[76:],
		"newline around":    "\n" + encryptV2 + "\n",
		"no padding":        strings.TrimRight(encryptV2, "="),
		"spare bits":        encryptV3a[:len(encryptV3a)-3] + "h==",
		"text after":        encryptV2 + "AAAA",
	}
	c := newCipher(t, keyABC, appIDV2)
	for name, text := range broken {
		_, err := c.Open([]byte(text))
		require.ErrorIsf(t, err, wechat.ErrUndecipherable, name)
	}
}

// K04
func TestCipher_oddLengthsDoNotPanic(t *testing.T) {
	t.Parallel()
	c := newCipher(t, keyABC, appIDV2)
	for _, n := range []int{0, 1, 15, 16, 17, 31, 32, 33, 48} {
		_, err := c.Open([]byte(base64.StdEncoding.EncodeToString(make([]byte, n))))
		require.ErrorIsf(t, err, wechat.ErrUndecipherable, "%d bytes", n)
	}
}

// K05
func TestCipher_checksTheWholePadding(t *testing.T) {
	t.Parallel()
	body := frame(t, uint32(len("<xml/>")), "<xml/>", string(appIDV2)) // 44 bytes: 20 of padding
	uneven := append(bytes.Clone(body), bytes.Repeat([]byte{20}, 20)...)
	uneven[len(uneven)-20] = 19
	bad := map[string][]byte{
		"0":                    append(bytes.Clone(body), make([]byte, 20)...),
		"33":                   append(bytes.Clone(body), bytes.Repeat([]byte{33}, 20)...),
		"255":                  append(bytes.Clone(body), bytes.Repeat([]byte{255}, 20)...),
		"uneven":               uneven,
		"longer than the text": bytes.Repeat([]byte{32}, 32),
		"nothing but padding":  bytes.Repeat([]byte{16}, 32),
		"one byte too many":    append(bytes.Clone(body), bytes.Repeat([]byte{21}, 20)...),
	}
	c := newCipher(t, keyABC, appIDV2)
	for name, f := range bad {
		_, err := c.Open(encryptFrame(t, keyABC, f))
		require.Equalf(t, wechat.ErrUndecipherable, err, name)
	}
}

// K06
func TestCipher_acceptsPaddingUpTo32(t *testing.T) {
	t.Parallel()
	c := newCipher(t, keyABC, appIDV2)
	seen := map[int]bool{}
	for n := 1; n <= 32; n++ {
		msg := strings.Repeat("a", n)
		f := frame(t, uint32(n), msg, string(appIDV2)) //nolint:gosec // at most 32
		pad := 32 - len(f)%32
		seen[pad] = true
		got, err := c.Open(encryptFrame(t, keyABC, append(f, bytes.Repeat([]byte{byte(pad)}, pad)...)))
		require.NoError(t, err)
		require.Equal(t, msg, string(got))
	}
	require.Len(t, seen, 32)
}

// K07
func TestCipher_refusesLengthsBeyondTheFrame(t *testing.T) {
	t.Parallel()
	c := newCipher(t, keyABC, appIDV2)
	const msg = "<xml>hello</xml>"
	rest := len(msg) + len(appIDV2)
	lengths := []uint32{0, uint32(rest + 1), 999_999, 0x7FFFFFFF, 0x80000000} //nolint:gosec // small
	for n := uint32(0xFFFFFFEC); n != 0; n++ {
		lengths = append(lengths, n)
	}
	for _, n := range lengths {
		_, err := c.Open(encryptFrame(t, keyABC, padded(frame(t, n, msg, string(appIDV2)))))
		require.ErrorIsf(t, err, wechat.ErrUndecipherable, "%#x", n)
	}
}

// K08
func TestCipher_namesAForeignAppID(t *testing.T) {
	t.Parallel()
	c := newCipher(t, keyABC, appIDV2)
	own := string(appIDV2)
	for name, appID := range map[string]string{
		"other":             "wx0000000000000000",
		"empty":             "",
		"longer":            own + "a",
		"prefix":            own[:17],
		"suffix":            own[1:],
		"with NUL":          own + "\x00",
		"look-alike letter": strings.Replace(own, "c", "с", 1), // Cyrillic
		"upper case":        strings.ToUpper(own),
	} {
		_, err := c.Open(encryptFrame(t, keyABC, padded(frame(t, 6, "<xml/>", appID))))
		require.ErrorIsf(t, err, wechat.ErrForeignAppID, name)
	}
}

// K09
func TestCipher_anotherKeyOpensNothing(t *testing.T) {
	t.Parallel()
	_, err := newCipher(t, keyV6, appIDV2).Open([]byte(encryptV2))
	require.ErrorIs(t, err, wechat.ErrUndecipherable)
}

// K11
func TestCipher_changedTextNeverOpensTheSame(t *testing.T) {
	t.Parallel()
	c := newCipher(t, keyABC, appIDV2)
	for i := range len(encryptV2) {
		changed := []byte(encryptV2)
		changed[i] ^= 1
		got, err := c.Open(changed)
		// CBC alone does not authenticate, msg_signature does; but what opens is never the original.
		require.Falsef(t, err == nil && string(got) == plainV2, "byte %d", i)
	}
}

// K14
func TestCipher_sealsDifferentlyEachTime(t *testing.T) {
	t.Parallel()
	c := newCipher(t, keyABC, appIDV2)
	one, err := c.Seal([]byte("same"))
	require.NoError(t, err)
	two, err := c.Seal([]byte("same"))
	require.NoError(t, err)
	require.NotEqual(t, one, two)
}

// frame builds what is encrypted, up to the padding.
func frame(t testing.TB, length uint32, msg, appID string) []byte {
	t.Helper()
	f := binary.BigEndian.AppendUint32([]byte("0123456789abcdef"), length)
	return append(append(f, msg...), appID...)
}

func padded(f []byte) []byte {
	pad := 32 - len(f)%32
	return append(f, bytes.Repeat([]byte{byte(pad)}, pad)...)
}

// encryptFrame encrypts any frame of whole blocks, however wrong inside.
func encryptFrame(t testing.TB, encodingAESKey string, f []byte) []byte {
	t.Helper()
	key, err := base64.StdEncoding.DecodeString(encodingAESKey + "=")
	require.NoError(t, err)
	block, err := aes.NewCipher(key)
	require.NoError(t, err)
	out := make([]byte, len(f))
	cipher.NewCBCEncrypter(block, key[:16]).CryptBlocks(out, f)
	return []byte(base64.StdEncoding.EncodeToString(out))
}
