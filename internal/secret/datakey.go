package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
)

// DataKey seals the values of one owner, such as a customer. Destroying it makes everything that it sealed unreadable,
// in backups too. It is itself kept sealed by a Keyring.
type DataKey struct{ aead cipher.AEAD }

// OpenDataKey takes 32 bytes as NewKey makes them.
func OpenDataKey(key []byte) (DataKey, error) {
	if len(key) != keySize {
		return DataKey{}, ErrUnavailable
	}
	aead, err := newGCM(key)
	return DataKey{aead: aead}, err
}

// Seal encrypts plain for one place. The frame is version (1 byte) ‖ nonce (12 bytes) ‖ ciphertext and tag.
func (k DataKey) Seal(aad string, plain []byte) []byte {
	return seal(k.aead, []byte{frameVersion}, aad, plain)
}

// Open reverses Seal, or fails with ErrUnavailable.
func (k DataKey) Open(aad string, frame []byte) ([]byte, error) {
	if k.aead == nil || len(frame) < 1 || frame[0] != frameVersion {
		return nil, ErrUnavailable
	}
	return open(k.aead, frame[:1], aad, frame[1:])
}

func newGCM(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// seal appends nonce and ciphertext to head; head is authenticated together with aad.
func seal(aead cipher.AEAD, head []byte, aad string, plain []byte) []byte {
	frame := make([]byte, len(head)+nonceSize, len(head)+nonceSize+len(plain)+aead.Overhead())
	copy(frame, head)
	nonce := frame[len(head):]
	_, _ = rand.Read(nonce)
	return aead.Seal(frame, nonce, plain, place(head, aad))
}

func open(aead cipher.AEAD, head []byte, aad string, rest []byte) ([]byte, error) {
	if len(rest) < nonceSize+aead.Overhead() {
		return nil, ErrUnavailable
	}
	plain, err := aead.Open(nil, rest[:nonceSize], rest[nonceSize:], place(head, aad))
	if err != nil {
		return nil, ErrUnavailable
	}
	return plain, nil
}

func place(head []byte, aad string) []byte {
	return append(append(make([]byte, 0, len(head)+len(aad)), head...), aad...)
}
