package simulator

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// WeChat pads to 32 bytes although the cipher's block is 16 (wechat-protocol 2.3).
const padBlock = 32

// sign is WeChat's signature: the parts in byte order, joined with nothing between, SHA-1, lower-case hex. The callback's
// `signature` has the parts token, timestamp and nonce; `msg_signature` has the ciphertext as a fourth.
func sign(parts ...string) string {
	sorted := slices.Sorted(slices.Values(parts))
	sum := sha1.Sum([]byte(strings.Join(sorted, "")))
	return hex.EncodeToString(sum[:])
}

func sameSignature(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

// aesKey is a decoded EncodingAESKey; its first 16 bytes are the IV as well.
type aesKey [32]byte

// parseKey decodes the 43 characters of an EncodingAESKey. They carry two bits more than 32 bytes; those are ignored, as WeChat
// ignores them.
func parseKey(encoded string) (aesKey, error) {
	if len(encoded) != 43 {
		return aesKey{}, fmt.Errorf("an EncodingAESKey has 43 characters, not %d", len(encoded))
	}
	raw, err := base64.StdEncoding.DecodeString(encoded + "=")
	if err != nil || len(raw) != 32 {
		return aesKey{}, errors.New("an EncodingAESKey is base64")
	}
	return aesKey(raw), nil
}

// seal encrypts a message for an account: 16 random bytes, the length, the message, the AppID, padded to 32.
func seal(key aesKey, random [16]byte, msg []byte, appID string) string {
	size := 20 + len(msg) + len(appID)
	pad := padBlock - size%padBlock
	return frame{random, len(msg), msg, appID, bytes.Repeat([]byte{byte(pad)}, pad)}.seal(key)
}

// frame is what is encrypted, with every part to be chosen: a sound one is made by the function seal.
type frame struct {
	random [16]byte
	length int
	msg    []byte
	appID  string
	pad    []byte
}

func (f frame) seal(key aesKey) string {
	text := append([]byte{}, f.random[:]...)
	text = binary.BigEndian.AppendUint32(text, uint32(f.length))
	text = append(text, f.msg...)
	text = append(text, f.appID...)
	text = append(text, f.pad...)

	block, _ := aes.NewCipher(key[:]) // 32 bytes: cannot fail
	cipher.NewCBCEncrypter(block, key[:aes.BlockSize]).CryptBlocks(text, text)
	return base64.StdEncoding.EncodeToString(text)
}

// unseal is the inverse of seal. It returns the message and the AppID that stands behind it; whose AppID that must be is the
// caller's to say.
func unseal(key aesKey, encrypt string) (msg []byte, appID string, err error) {
	if strings.ContainsAny(encrypt, "\r\n") {
		return nil, "", errors.New("ciphertext has a line break")
	}
	frame, err := base64.StdEncoding.DecodeString(encrypt)
	if err != nil {
		return nil, "", errors.New("ciphertext is not base64")
	}
	if len(frame) == 0 || len(frame)%padBlock != 0 {
		return nil, "", fmt.Errorf("ciphertext has %d bytes, want a multiple of %d", len(frame), padBlock)
	}
	block, _ := aes.NewCipher(key[:])
	cipher.NewCBCDecrypter(block, key[:aes.BlockSize]).CryptBlocks(frame, frame)

	pad := int(frame[len(frame)-1])
	if pad < 1 || pad > padBlock {
		return nil, "", fmt.Errorf("padding of %d bytes, want 1 to %d", pad, padBlock)
	}
	if !bytes.Equal(frame[len(frame)-pad:], bytes.Repeat([]byte{byte(pad)}, pad)) {
		return nil, "", errors.New("padding is not uniform")
	}
	frame = frame[:len(frame)-pad]
	if len(frame) < 20 {
		return nil, "", errors.New("frame is shorter than its own header")
	}
	length := binary.BigEndian.Uint32(frame[16:20])
	if uint64(length) > uint64(len(frame)-20) {
		return nil, "", errors.New("frame announces more bytes than it holds")
	}
	end := 20 + int(length)
	return frame[20:end], string(frame[end:]), nil
}

// freshRandom gives the frame's first 16 bytes: printable, as in the official samples.
func freshRandom() [16]byte { return [16]byte([]byte(randomText(16, hexDigits))) }

const (
	hexDigits   = "0123456789abcdef"
	digits      = "0123456789"
	letters     = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
	urlAlphabet = letters + "-_"
)

// randomText gives n characters of an alphabet of at most 256.
func randomText(n int, alphabet string) string {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails since Go 1.24
	for i := range b {
		b[i] = alphabet[int(b[i])%len(alphabet)]
	}
	return string(b)
}
