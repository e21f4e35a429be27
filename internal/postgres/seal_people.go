package postgres

import (
	"encoding/json"
	"fmt"

	"wxdesk/internal/conversation"
)

// sealContext keeps a conversation's context variables.
func (s customerSeal) sealContext(c conversation.ID, values map[string]any) ([]byte, error) {
	plain, err := json.Marshal(values)
	if err != nil {
		return nil, fmt.Errorf("encode the context of conversation %s", c)
	}
	return s.key.Seal(place("conversations", s.tenant, string(c), "context"), plain), nil
}

// openCommand opens what a person wrote with a command; "" where there was nothing.
func (s customerSeal) openCommand(command string, sealed []byte) (string, error) {
	if sealed == nil {
		return "", nil
	}
	plain, err := s.key.Open(place("commands", s.tenant, command, "body"), sealed)
	if err != nil {
		return "", fmt.Errorf("text of command %s: %w", command, err)
	}
	return string(plain), nil
}

func (s customerSeal) sealNote(note, text string) []byte {
	return s.key.Seal(place("notes", s.tenant, note, "body"), []byte(text))
}
