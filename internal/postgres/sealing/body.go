package sealing

import (
	"encoding/json"
	"fmt"

	"wxdesk/internal/secret"
)

// Body is what a message says, as it is sealed.
type Body struct {
	Text   string          `json:"text"`
	Fields json.RawMessage `json:"fields,omitempty"`
}

// FieldValues is what a message carries besides its text.
func (b Body) FieldValues() map[string]string {
	var fields map[string]string
	_ = json.Unmarshal(b.Fields, &fields) // written as such; whatever else stands there says nothing
	return fields
}

// Question is what was written, or an event's key.
func (b Body) Question() string {
	if b.Text != "" {
		return b.Text
	}
	return b.FieldValues()["EventKey"]
}

// SealBody seals what a message says.
func (s Customer) SealBody(message string, b Body) ([]byte, error) {
	plain, err := json.Marshal(b)
	if err != nil {
		return nil, fmt.Errorf("encode the body of message %s: fields are not JSON", message)
	}
	return s.key.Seal(Place("messages", s.tenant, message, "body"), plain), nil
}

// OpenBody opens what a message says, or fails with secret.ErrUnavailable.
func (s Customer) OpenBody(message string, sealed []byte) (b Body, err error) {
	plain, err := s.key.Open(Place("messages", s.tenant, message, "body"), sealed)
	if err == nil && json.Unmarshal(plain, &b) != nil {
		err = secret.ErrUnavailable
	}
	if err != nil {
		return Body{}, fmt.Errorf("body of message %s: %w", message, err)
	}
	return b, nil
}
