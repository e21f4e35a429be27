package envelope

import (
	"encoding/base64"
	"errors"
	"fmt"
)

// Key is a decoded EncodingAESKey; its first 16 bytes are the IV as well.
type Key [32]byte

// ParseKey decodes the 43 characters of an EncodingAESKey. They carry two bits more than 32 bytes; those are ignored, as WeChat
// ignores them.
func ParseKey(encoded string) (Key, error) {
	if len(encoded) != 43 {
		return Key{}, fmt.Errorf("an EncodingAESKey has 43 characters, not %d", len(encoded))
	}
	raw, err := base64.StdEncoding.DecodeString(encoded + "=")
	if err != nil || len(raw) != 32 {
		return Key{}, errors.New("an EncodingAESKey is base64")
	}
	return Key(raw), nil
}
