package wechat

import (
	"errors"
	"fmt"
)

var (
	// ErrEnvelope says that a callback's body is not what WeChat writes. The text after it says why, without repeating
	// anything of the body. The answer is HTTP 400.
	ErrEnvelope = errors.New("wechat: callback body")
	// ErrNoEncrypt says that a body is well formed but not encrypted. An account in safe or compatible mode refuses it.
	ErrNoEncrypt = errors.New("wechat: callback body has no Encrypt element")
)

// Envelope is the outside of an encrypted callback. Nothing of it is proved yet.
type Envelope struct {
	ToUserName string // the account's original id, as claimed
	Encrypt    []byte // the base64 text exactly as transmitted: what msg_signature covers and Cipher.Open takes; part of the body
}

// ReadEnvelope reads the body of a callback in safe or compatible mode, of which it takes two elements and ignores the
// rest. It fails with ErrNoEncrypt or ErrEnvelope. Its input is anybody's: bound the length before.
func ReadEnvelope(body []byte) (Envelope, error) {
	var env Envelope
	err := walkXML(body, env.take)
	switch {
	case err != nil:
		return Envelope{}, fmt.Errorf("%w: %w", ErrEnvelope, err)
	case env.Encrypt == nil:
		return Envelope{}, ErrNoEncrypt
	}
	return env, nil
}

var (
	errEncrypt    = errors.New("an Encrypt element that is nested, has children or references")
	errToUserName = errors.New("a ToUserName element that has children or stands twice")
)

// take fills the envelope. An Encrypt element counts only as a child of the root; anywhere else it is a trap.
func (e *Envelope) take(l leaf) error {
	for depth, name := range l.path {
		if string(name) == "Encrypt" && (depth != 1 || len(l.path) != 2 || l.references) {
			return errEncrypt
		}
	}
	if len(l.path) < 2 {
		return nil
	}
	switch string(l.path[1]) {
	case "Encrypt":
		if e.Encrypt != nil {
			return errDoubleElement
		}
		e.Encrypt = l.text
		if e.Encrypt == nil {
			e.Encrypt = []byte{} // empty, but there
		}
	case "ToUserName":
		if len(l.path) != 2 || e.ToUserName != "" {
			return errToUserName
		}
		e.ToUserName = string(l.text)
	}
	return nil
}
