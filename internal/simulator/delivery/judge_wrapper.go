package delivery

import (
	"errors"
	"fmt"
	"regexp"

	"wxdesk/internal/simulator/envelope"
	"wxdesk/internal/simulator/state"
)

// open takes a reply out of its wrapper. Safe mode demands the wrapper, plain mode has none, compatible mode allows both.
func (e expectation) open(root envelope.Node) (envelope.Node, error) {
	wrapped, err := root.Only("Encrypt")
	if err != nil {
		return envelope.Node{}, err
	}
	switch {
	case wrapped.Name == "" && e.mode == state.ModeSafe:
		return envelope.Node{}, errors.New("the reply is not encrypted")
	case wrapped.Name == "":
		return root, nil
	case e.mode == state.ModePlain:
		return envelope.Node{}, errors.New("the reply is encrypted, the account's mode is plain")
	}
	inner, err := e.unwrap(root)
	if err != nil {
		return envelope.Node{}, err
	}
	return envelope.Parse(inner)
}

var (
	secondsShape = regexp.MustCompile(`^[0-9]{10}$`)
	nonceShape   = regexp.MustCompile(`^[0-9A-Za-z]{1,32}$`)
)

func (e expectation) unwrap(root envelope.Node) ([]byte, error) {
	var field [4]string
	for i, name := range []string{"Encrypt", "MsgSignature", "TimeStamp", "Nonce"} {
		var err error
		if field[i], err = root.Need(name); err != nil {
			return nil, fmt.Errorf("wrapper: %w", err)
		}
	}
	encrypt, signature, timestamp, nonce := field[0], field[1], field[2], field[3]
	switch {
	case !secondsShape.MatchString(timestamp):
		return nil, errors.New("wrapper: TimeStamp is not in seconds")
	case !nonceShape.MatchString(nonce):
		return nil, errors.New("wrapper: Nonce is not 1 to 32 letters or digits")
	case !envelope.SameSignature(signature, envelope.Sign(e.token, timestamp, nonce, encrypt)):
		return nil, errors.New("wrapper: MsgSignature is wrong")
	}
	return e.decrypt(encrypt)
}

func (e expectation) decrypt(encrypt string) ([]byte, error) {
	key, err := envelope.ParseKey(e.key)
	if err != nil {
		return nil, err
	}
	inner, appID, err := envelope.Unseal(key, encrypt)
	if err != nil {
		return nil, fmt.Errorf("decrypt: %w", err)
	}
	if appID != e.appID {
		return nil, errors.New("decrypt: the AppID in the frame is another account's")
	}
	return inner, nil
}
