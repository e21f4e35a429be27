package web

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"fmt"
)

// Cursors makes and checks the cursors of pages. A cursor has the position at which the page ended, and an HMAC over that and over
// the list: the operation, the tenant and the filter. A cursor that was made up, or made for another list, is refused.
type Cursors struct{ key []byte }

// minCursorKey is the output size of SHA-256, below which an HMAC key weakens it (RFC 2104).
const minCursorKey = 32

// NewCursors returns cursors under a key of at least 32 random bytes, the same in every API process. It panics if the key is shorter.
func NewCursors(key []byte) Cursors {
	if len(key) < minCursorKey {
		panic(fmt.Sprintf("api: the cursor key has %d bytes, want %d", len(key), minCursorKey))
	}
	return Cursors{key: key}
}

const cursorMAC = 16 // bytes; HMAC-SHA-256 cut in half

// After returns the cursor for the page after a position.
func (c Cursors) After(position string, list ...string) string {
	mac := c.mac(position, list)
	return base64.RawURLEncoding.EncodeToString(append(mac, position...))
}

// Position reads a cursor; "" leads to the beginning.
func (c Cursors) Position(cursor string, list ...string) (string, error) {
	if cursor == "" {
		return "", nil
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cursor)
	if err != nil || len(raw) < cursorMAC {
		return "", badCursor()
	}
	position := string(raw[cursorMAC:])
	if !hmac.Equal(raw[:cursorMAC], c.mac(position, list)) {
		return "", badCursor()
	}
	return position, nil
}

func (c Cursors) mac(position string, list []string) []byte {
	mac := hmac.New(sha256.New, c.key)
	for _, part := range append([]string{"wxdesk cursor", position}, list...) {
		mac.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part)))) //nolint:gosec // bounded by the URL
		mac.Write([]byte(part))
	}
	return mac.Sum(nil)[:cursorMAC]
}

func badCursor() *Problem {
	return Invalid.Problem(FaultAt("query.cursor", "expected the next of a page of this very list"))
}
