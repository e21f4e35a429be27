package envelope

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

// PadBlock is what a frame is padded to: 32 bytes, although the cipher's block is 16 (wechat-protocol 2.3).
const PadBlock = 32

// headerSize is the length of what stands before the message: 16 random bytes, and 4 for the message's length.
const headerSize = 20

// Seal encrypts a message for an account: 16 random bytes, the length, the message, the AppID, padded to 32.
func Seal(key Key, random [16]byte, msg []byte, appID string) string {
	return Frame{random, len(msg), msg, appID, Pad(headerSize + len(msg) + len(appID))}.Seal(key)
}

// Pad returns the padding that a frame of this size needs.
func Pad(size int) []byte {
	pad := PadBlock - size%PadBlock
	return bytes.Repeat([]byte{byte(pad)}, pad)
}

// Frame is what is encrypted, with every part free to choose, so that a fault can make a wrong one. Seal makes a correct one.
type Frame struct {
	Random  [16]byte
	Length  int // that the frame announces
	Message []byte
	AppID   string
	Pad     []byte
}

// Seal encrypts the frame as it is. Its whole length must be a multiple of 16.
func (f Frame) Seal(key Key) string {
	text := append([]byte{}, f.Random[:]...)
	text = binary.BigEndian.AppendUint32(text, uint32(f.Length))
	text = append(text, f.Message...)
	text = append(text, f.AppID...)
	text = append(text, f.Pad...)

	block, _ := aes.NewCipher(key[:]) // 32 bytes: cannot fail
	cipher.NewCBCEncrypter(block, key[:aes.BlockSize]).CryptBlocks(text, text)
	return base64.StdEncoding.EncodeToString(text)
}

// Unseal is the inverse of Seal. It returns the message and the AppID that stands behind it. The caller decides whose AppID that must
// be.
func Unseal(key Key, encrypt string) (msg []byte, appID string, err error) {
	frame, err := decodeFrame(encrypt)
	if err != nil {
		return nil, "", err
	}
	block, _ := aes.NewCipher(key[:])
	cipher.NewCBCDecrypter(block, key[:aes.BlockSize]).CryptBlocks(frame, frame)
	if frame, err = withoutPad(frame); err != nil {
		return nil, "", err
	}
	return splitFrame(frame)
}

func decodeFrame(encrypt string) ([]byte, error) {
	if strings.ContainsAny(encrypt, "\r\n") {
		return nil, errors.New("ciphertext has a line break")
	}
	frame, err := base64.StdEncoding.DecodeString(encrypt)
	if err != nil {
		return nil, errors.New("ciphertext is not base64")
	}
	if len(frame) == 0 || len(frame)%PadBlock != 0 {
		return nil, fmt.Errorf("ciphertext has %d bytes, want a multiple of %d", len(frame), PadBlock)
	}
	return frame, nil
}

func withoutPad(frame []byte) ([]byte, error) {
	pad := int(frame[len(frame)-1])
	if pad < 1 || pad > PadBlock {
		return nil, fmt.Errorf("padding of %d bytes, want 1 to %d", pad, PadBlock)
	}
	if !bytes.Equal(frame[len(frame)-pad:], bytes.Repeat([]byte{byte(pad)}, pad)) {
		return nil, errors.New("padding is not uniform")
	}
	return frame[:len(frame)-pad], nil
}

func splitFrame(frame []byte) (msg []byte, appID string, err error) {
	if len(frame) < headerSize {
		return nil, "", errors.New("frame is shorter than its own header")
	}
	length := binary.BigEndian.Uint32(frame[16:headerSize])
	if uint64(length) > uint64(len(frame)-headerSize) {
		return nil, "", errors.New("frame announces more bytes than it holds")
	}
	end := headerSize + int(length)
	return frame[headerSize:end], string(frame[end:]), nil
}
