package sealing

import (
	"bytes"
	"encoding/json"
	"fmt"

	"wxdesk/internal/command"
	"wxdesk/internal/secret"
)

// SealActed keeps what an act came to.
func (s Customer) SealActed(command string, acted command.Result) ([]byte, error) {
	plain, err := json.Marshal(acted)
	if err != nil {
		return nil, fmt.Errorf("encode what command %s came to", command)
	}
	return s.key.Seal(Place("commands", s.tenant, command, "acted"), plain), nil
}

// OpenActed opens what SealActed has sealed. Numbers of context variables stay as they were.
func (s Customer) OpenActed(command string, sealed []byte) (acted command.Result, err error) {
	plain, err := s.key.Open(Place("commands", s.tenant, command, "acted"), sealed)
	if err != nil {
		return acted, fmt.Errorf("what command %s came to: %w", command, err)
	}
	d := json.NewDecoder(bytes.NewReader(plain))
	d.UseNumber() // whole numbers of context variables stay whole
	if err := d.Decode(&acted); err != nil {
		return acted, fmt.Errorf("what command %s came to: %w", command, secret.ErrUnavailable)
	}
	return acted, nil
}
