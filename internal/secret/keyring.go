package secret

import (
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
)

// ErrUnavailable says that a sealed value cannot be opened: it was altered, cut or moved to another place, or the key
// that sealed it is not on the ring. Callers treat the owner as degraded; they never fall back to another key.
var ErrUnavailable = errors.New("secret unavailable")

// ErrUnknownKey says, beside ErrUnavailable, that the key's id is not on the ring.
var ErrUnknownKey = fmt.Errorf("%w: unknown key id", ErrUnavailable)

const (
	keySize      = 32 // AES-256
	nonceSize    = 12 // GCM's standard nonce
	frameVersion = 1
	maxKeyID     = 64
)

// documentedKey is the sample key that stands in the documentation; a system that runs on it is refused (K13).
const documentedKey = "ZG8tbm90LXVzZS10aGlzLXNhbXBsZS1rZXktZXZlciE="

// Keyring holds the master keys by id. The first seals, all open. It is safe for concurrent use.
//
// A sealed frame is version (1 byte) ‖ length of the key id (1 byte) ‖ key id ‖ nonce (12 bytes) ‖ AES-256-GCM
// ciphertext and tag. Every use has a label of its own, from which HKDF-SHA-256 derives that use's key, so that a frame
// from one use never opens as another.
type Keyring struct {
	primary string
	ids     []string // in the order given
	masters map[string][]byte
	derived sync.Map // "id\x00label" → cipher.AEAD
}

// ParseKeyring reads "id:base64(32 bytes)[,id:base64(32 bytes)…]", the form of WXDESK_MASTER_KEYS. Its errors name the
// key's id at most, never a key.
func ParseKeyring(text Value) (*Keyring, error) {
	if strings.TrimSpace(text.Reveal()) == "" {
		return nil, errors.New("no master key is given")
	}
	ring := &Keyring{masters: map[string][]byte{}}
	for i, part := range strings.Split(text.Reveal(), ",") {
		id, encoded, found := strings.Cut(strings.TrimSpace(part), ":")
		if !found || id == "" || len(id) > maxKeyID {
			return nil, fmt.Errorf("master key %d: want id:base64, with an id of 1 to %d characters", i+1, maxKeyID)
		}
		key, err := masterKey(encoded)
		if err != nil {
			return nil, fmt.Errorf("master key %q: %w", id, err)
		}
		if _, twice := ring.masters[id]; twice {
			return nil, fmt.Errorf("master key %q is given twice", id)
		}
		ring.masters[id], ring.ids = key, append(ring.ids, id)
		if i == 0 {
			ring.primary = id
		}
	}
	return ring, nil
}

func masterKey(encoded string) ([]byte, error) {
	key, err := base64.StdEncoding.Strict().DecodeString(encoded)
	switch {
	case err != nil:
		return nil, errors.New("not base64")
	case len(key) != keySize:
		return nil, fmt.Errorf("%d bytes, want %d", len(key), keySize)
	case string(key) == string(make([]byte, keySize)):
		return nil, errors.New("all zero")
	case encoded == documentedKey:
		return nil, errors.New("this is the sample from the documentation; make your own")
	}
	return key, nil
}

// NewMasterKey makes a key in the form that ParseKeyring reads.
func NewMasterKey(id string) Value {
	return New(id + ":" + base64.StdEncoding.EncodeToString(NewKey()))
}

// NewKey returns 32 random bytes, for a data key that a keyring will seal.
func NewKey() []byte {
	key := make([]byte, keySize)
	_, _ = rand.Read(key) // crypto/rand.Read never fails; it ends the process instead
	return key
}

// Seal encrypts plain for one use (label) and one place (aad, such as a table and a row's id). Sealing twice gives
// different frames.
func (r *Keyring) Seal(label, aad string, plain []byte) []byte {
	aead, err := r.aead(r.primary, label)
	if err != nil {
		panic("secret: the primary key is always on the ring: " + err.Error())
	}
	head := append([]byte{frameVersion, byte(len(r.primary))}, r.primary...)
	return seal(aead, head, aad, plain)
}

// Open reverses Seal. It fails with ErrUnavailable, and with ErrUnknownKey if the key is not on the ring.
func (r *Keyring) Open(label, aad string, frame []byte) ([]byte, error) {
	id, rest, err := splitFrame(frame)
	if err != nil {
		return nil, err
	}
	aead, err := r.aead(id, label)
	if err != nil {
		return nil, err
	}
	return open(aead, frame[:len(frame)-len(rest)], aad, rest)
}

// Primary is the id of the key that seals.
func (r *Keyring) Primary() string { return r.primary }

// IDs are those of all keys, the one that seals first.
func (r *Keyring) IDs() []string { return slices.Clone(r.ids) }

// MaxHead is how much of a frame suffices for KeyID.
const MaxHead = 2 + maxKeyID

// KeyID names the master key that sealed a frame, or fails with ErrUnavailable if it is none. The beginning of the frame
// is enough; nothing is proved by it, only opening does that.
func KeyID(frame []byte) (string, error) {
	id, _, err := splitFrame(frame)
	if err == nil && id == "" {
		err = ErrUnavailable
	}
	return id, err
}

func splitFrame(frame []byte) (id string, rest []byte, err error) {
	if len(frame) < 2 || frame[0] != frameVersion || len(frame) < 2+int(frame[1]) {
		return "", nil, ErrUnavailable
	}
	end := 2 + int(frame[1])
	return string(frame[2:end]), frame[end:], nil
}

func (r *Keyring) aead(id, label string) (cipher.AEAD, error) {
	cached, ok := r.derived.Load(id + "\x00" + label)
	if ok {
		return cached.(cipher.AEAD), nil
	}
	master, ok := r.masters[id]
	if !ok {
		return nil, ErrUnknownKey
	}
	key, err := hkdf.Key(sha256.New, master, nil, "wxdesk "+label, keySize)
	if err != nil {
		return nil, fmt.Errorf("derive key: %w", err)
	}
	aead, err := newGCM(key)
	if err != nil {
		return nil, err
	}
	r.derived.Store(id+"\x00"+label, aead)
	return aead, nil
}

// Derive gives 32 bytes that belong to one use and change with the primary key: for keys that every process must have
// and nobody else, such as the one that proves a page's cursor.
func (r *Keyring) Derive(label string) []byte { return derive(r.masters[r.primary], label) }

// DeriveAll is Derive for each master key, in the order of the ring: what was made before a rotation is recognised by them.
func (r *Keyring) DeriveAll(label string) [][]byte {
	keys := make([][]byte, len(r.ids))
	for i, id := range r.ids {
		keys[i] = derive(r.masters[id], label)
	}
	return keys
}

func derive(master []byte, label string) []byte {
	key, err := hkdf.Key(sha256.New, master, nil, "wxdesk derived "+label, keySize)
	if err != nil {
		panic("secret: HKDF refuses only lengths that this is not: " + err.Error())
	}
	return key
}
