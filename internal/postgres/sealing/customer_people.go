package sealing

import (
	"encoding/json"
	"fmt"

	"wxdesk/internal/conversation"
)

// SealContext keeps a conversation's context variables.
func (s Customer) SealContext(c conversation.ID, values map[string]any) ([]byte, error) {
	plain, err := json.Marshal(values)
	if err != nil {
		return nil, fmt.Errorf("encode the context of conversation %s", c)
	}
	return s.key.Seal(Place("conversations", s.tenant, string(c), "context"), plain), nil
}

// SealNote seals the text of a note.
func (s Customer) SealNote(note, text string) []byte {
	return s.key.Seal(Place("notes", s.tenant, note, "body"), []byte(text))
}

// SealTags keeps how people have tagged the customer.
func (s Customer) SealTags(tags []string) ([]byte, error) {
	plain, err := json.Marshal(tags)
	if err != nil {
		return nil, fmt.Errorf("encode the tags of customer %s", s.id)
	}
	return s.key.Seal(Place("customers", s.tenant, s.id, "tags"), plain), nil
}

// OpenTags opens them; none where there are none, or where they do not open.
func (s Customer) OpenTags(sealed []byte) []string {
	tags := []string{}
	if sealed == nil {
		return tags
	}
	plain, err := s.key.Open(Place("customers", s.tenant, s.id, "tags"), sealed)
	if err != nil || json.Unmarshal(plain, &tags) != nil {
		return []string{}
	}
	return tags
}
