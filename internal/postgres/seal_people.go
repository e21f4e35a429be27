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

func (s customerSeal) sealNote(note, text string) []byte {
	return s.key.Seal(place("notes", s.tenant, note, "body"), []byte(text))
}

// sealTags keeps how people have tagged the customer.
func (s customerSeal) sealTags(tags []string) ([]byte, error) {
	plain, err := json.Marshal(tags)
	if err != nil {
		return nil, fmt.Errorf("encode the tags of customer %s", s.id)
	}
	return s.key.Seal(place("customers", s.tenant, s.id, "tags"), plain), nil
}

// openTags opens them; none where there are none, or where they do not open.
func (s customerSeal) openTags(sealed []byte) []string {
	tags := []string{}
	if sealed == nil {
		return tags
	}
	plain, err := s.key.Open(place("customers", s.tenant, s.id, "tags"), sealed)
	if err != nil || json.Unmarshal(plain, &tags) != nil {
		return []string{}
	}
	return tags
}
