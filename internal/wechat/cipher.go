package wechat

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
)

// What can be wrong with a key or an encrypted text. None of these texts holds a secret.
var (
	// ErrKey says that an EncodingAESKey is not 43 characters of [A-Za-z0-9+/], or that no AppID was given.
	ErrKey = errors.New("wechat: EncodingAESKey or AppID has an unexpected shape")
	// ErrForeignAppID says that a message was readable but is meant for another account. The answer is HTTP 403.
	ErrForeignAppID = errors.New("wechat: message is meant for another AppID")
	// ErrUndecipherable says that a text cannot be opened with this key, whatever the reason: one error for bad base64, a
	// bad length and bad padding, so that nobody learns which. The key before this one may still open it.
	ErrUndecipherable = errors.New("wechat: message cannot be deciphered")
	// ErrTooLong says that a message is longer than Seal takes.
	ErrTooLong = errors.New("wechat: message is too long to seal")
)

const (
	encodedKeySize = 43       // base64 of 32 bytes without its padding
	padBlock       = 32       // PKCS#7 counts in blocks of 32, although AES works in 16
	prefixSize     = 16       // random bytes before the length
	frameHead      = 16 + 4   // random bytes and length
	maxMessage     = 1 << 20  // far above what WeChat sends or takes
	minCiphertext  = padBlock // the head alone fills one block
)

// strictBase64 refuses spare bits that are not zero; the cipher also refuses the line breaks that it would skip.
var strictBase64 = base64.StdEncoding.Strict()

// Cipher opens and seals messages between WeChat and one account. It is safe for concurrent use.
//
// AES-256-CBC under the key that EncodingAESKey decodes to, with the key's first 16 bytes as the IV, over the frame
// random (16 bytes) ‖ length of the message (4 bytes, big endian) ‖ message ‖ AppID, padded to a multiple of 32.
type Cipher struct {
	block cipher.Block
	iv    [aes.BlockSize]byte
	appID []byte
}

// NewCipher takes an account's EncodingAESKey and AppID, or fails with ErrKey. Several keys can mean the same: the last
// character carries two spare bits, and keys that the platform gives out do set them.
func NewCipher(encodingAESKey string, appID AppID) (*Cipher, error) {
	if !ValidEncodingAESKey(encodingAESKey) || appID == "" {
		return nil, ErrKey
	}
	key, err := base64.StdEncoding.DecodeString(encodingAESKey + "=")
	if err != nil {
		return nil, ErrKey
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, ErrKey
	}
	return &Cipher{block: block, iv: [aes.BlockSize]byte(key), appID: []byte(appID)}, nil
}

// Open turns the Encrypt text, exactly as transmitted, into the message. Verify its signature first. It fails with
// ErrForeignAppID or ErrUndecipherable, and leaves its argument as it was.
func (c *Cipher) Open(encrypt []byte) ([]byte, error) {
	frame, ok := decodeBase64(encrypt)
	if !ok || len(frame) < minCiphertext || len(frame)%aes.BlockSize != 0 {
		return nil, ErrUndecipherable
	}
	cipher.NewCBCDecrypter(c.block, c.iv[:]).CryptBlocks(frame, frame)

	pad, ok := padding(frame)
	if !ok || len(frame)-pad < frameHead {
		return nil, ErrUndecipherable
	}
	rest := frame[frameHead : len(frame)-pad]
	size := uint64(binary.BigEndian.Uint32(frame[prefixSize:]))
	if size > uint64(len(rest)) {
		return nil, ErrUndecipherable
	}
	msg, appID := rest[:size], rest[size:]
	switch {
	case subtle.ConstantTimeCompare(appID, c.appID) == 1:
		return msg, nil
	case size == 0: // a length of zero makes all that follows look like an AppID: broken, not foreign
		return nil, ErrUndecipherable
	}
	return nil, ErrForeignAppID
}

// Seal turns a message into the text for an Encrypt element, with a fresh random prefix. It fails only with ErrTooLong,
// above 1 MiB.
func (c *Cipher) Seal(msg []byte) ([]byte, error) {
	if len(msg) > maxMessage {
		return nil, ErrTooLong
	}
	var random [prefixSize * 3 / 4]byte
	_, _ = rand.Read(random[:]) // never fails; crypto/rand ends the process instead
	var prefix [prefixSize]byte // printable, as in the platform's own samples
	base64.StdEncoding.Encode(prefix[:], random[:])
	return c.seal(prefix, msg), nil
}

func (c *Cipher) seal(prefix [prefixSize]byte, msg []byte) []byte {
	size := frameHead + len(msg) + len(c.appID)
	pad := padBlock - size%padBlock
	frame := make([]byte, 0, size+pad)
	frame = append(frame, prefix[:]...)
	frame = binary.BigEndian.AppendUint32(frame, uint32(len(msg))) //nolint:gosec // at most maxMessage
	frame = append(frame, msg...)
	frame = append(frame, c.appID...)
	frame = append(frame, bytes.Repeat([]byte{byte(pad)}, pad)...)
	cipher.NewCBCEncrypter(c.block, c.iv[:]).CryptBlocks(frame, frame)

	text := make([]byte, base64.StdEncoding.EncodedLen(len(frame)))
	base64.StdEncoding.Encode(text, frame)
	return text
}

// Format implements fmt.Formatter: a cipher prints nothing of its key, whatever the verb.
func (c *Cipher) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte("wechat.Cipher([redacted])")) }

func decodeBase64(text []byte) ([]byte, bool) {
	if bytes.IndexByte(text, '\n') >= 0 || bytes.IndexByte(text, '\r') >= 0 {
		return nil, false
	}
	plain := make([]byte, strictBase64.DecodedLen(len(text)))
	n, err := strictBase64.Decode(plain, text)
	return plain[:n], err == nil
}

// padding returns how many bytes of a frame are padding: 1 to 32, each holding that number. It looks at the same bytes in
// the same time whatever they are. The frame has at least 32 bytes.
func padding(frame []byte) (int, bool) {
	tail := frame[len(frame)-padBlock:]
	pad := int(tail[padBlock-1])
	good := subtle.ConstantTimeLessOrEq(1, pad) & subtle.ConstantTimeLessOrEq(pad, padBlock)
	for i, b := range tail {
		inside := subtle.ConstantTimeLessOrEq(padBlock-i, pad)
		same := subtle.ConstantTimeByteEq(b, byte(pad))
		good &= same | (inside ^ 1)
	}
	return pad, good == 1
}
