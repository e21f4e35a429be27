package sealing

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"wxdesk/internal/conversation"
	"wxdesk/internal/secret"
)

// Labels of the master keys' uses; each use has a key of its own.
const (
	LabelDataKey       = "customer data key"
	LabelIDKey         = "account id key"
	LabelAppSecret     = "account app secret"
	LabelCallback      = "account callback secret" // Token and EncodingAESKey
	LabelAccessToken   = "account access token"
	LabelPlainCallback = "plain callback"
	LabelEvent         = "event"
	LabelQuarantine    = "quarantine"
	LabelRequest       = "command request" // derives the key of a hash
	LabelBotSecret     = "bot webhook secret"
)

// Unavailable stands in a transcript for a text or an openid that cannot be opened any more, because the customer's key
// was destroyed or the row was tampered with. The messages around it stay readable.
const Unavailable = "[unavailable]"

// Place names where a ciphertext belongs; it opens nowhere else.
func Place(table string, tenant conversation.Tenant, ids ...string) string {
	return strings.Join(append([]string{table, string(tenant)}, ids...), "\x00")
}

// Customer seals and opens what belongs to one customer.
type Customer struct {
	key    secret.DataKey
	tenant conversation.Tenant
	id     string // of the customer
}

// NewCustomer makes a data key, and the form in which it is kept.
func NewCustomer(ring *secret.Keyring, tenant conversation.Tenant, id string) (Customer, []byte, error) {
	fresh := secret.NewKey()
	key, err := secret.OpenDataKey(fresh)
	if err != nil {
		return Customer{}, nil, fmt.Errorf("make a data key: %w", err)
	}
	kept := ring.Seal(LabelDataKey, Place("customers", tenant, id, "data_key"), fresh)
	return Customer{key, tenant, id}, kept, nil
}

// OpenCustomer opens a kept data key, or fails with secret.ErrUnavailable.
func OpenCustomer(ring *secret.Keyring, tenant conversation.Tenant, id string, kept []byte) (Customer, error) {
	plain, err := ring.Open(LabelDataKey, Place("customers", tenant, id, "data_key"), kept)
	if err != nil {
		return Customer{}, fmt.Errorf("data key of customer %s: %w", id, err)
	}
	key, err := secret.OpenDataKey(plain)
	if err != nil {
		return Customer{}, fmt.Errorf("data key of customer %s: %w", id, err)
	}
	return Customer{key, tenant, id}, nil
}

// SealOpenID seals the customer's openid.
func (s Customer) SealOpenID(openID string) []byte {
	return s.key.Seal(Place("customers", s.tenant, s.id, "openid"), []byte(openID))
}

// OpenOpenID opens the customer's openid, or fails with secret.ErrUnavailable.
func (s Customer) OpenOpenID(sealed []byte) (string, error) {
	plain, err := s.key.Open(Place("customers", s.tenant, s.id, "openid"), sealed)
	if err != nil {
		return "", fmt.Errorf("openid of customer %s: %w", s.id, err)
	}
	return string(plain), nil
}

// SealReason and OpenReason keep why a turn ended as it did, which may quote the customer.
func (s Customer) SealReason(c conversation.ID, turn conversation.MessageID, reason string) []byte {
	return s.key.Seal(Place("turns", s.tenant, string(c), string(turn), "reason"), []byte(reason))
}

// SealSummary keeps what a bot tells the agent about the conversation so far.
func (s Customer) SealSummary(c conversation.ID, turn conversation.MessageID, summary string) []byte {
	return s.key.Seal(Place("turns", s.tenant, string(c), string(turn), "summary"), []byte(summary))
}

// OpenReason opens why a turn ended as it did, or fails with secret.ErrUnavailable.
func (s Customer) OpenReason(c conversation.ID, turn conversation.MessageID, sealed []byte) (string, error) {
	plain, err := s.key.Open(Place("turns", s.tenant, string(c), string(turn), "reason"), sealed)
	if err != nil {
		return "", fmt.Errorf("reason of turn %s: %w", turn, err)
	}
	return string(plain), nil
}

// OpenSummary opens what a bot told the agent; Unavailable where it does not open.
func (s Customer) OpenSummary(c conversation.ID, turn conversation.MessageID, sealed []byte) string {
	plain, err := s.key.Open(Place("turns", s.tenant, string(c), string(turn), "summary"), sealed)
	if err != nil {
		return Unavailable
	}
	return string(plain)
}

// OpenContext opens a conversation's context variables; one that does not open has none.
func (s Customer) OpenContext(c conversation.ID, sealed []byte) map[string]any {
	plain, err := s.key.Open(Place("conversations", s.tenant, string(c), "context"), sealed)
	if err != nil {
		return nil
	}
	var values map[string]any
	d := json.NewDecoder(bytes.NewReader(plain))
	d.UseNumber() // whole numbers stay whole
	if d.Decode(&values) != nil {
		return nil
	}
	return values
}

// OpenNote opens the text of a note; Unavailable where it does not open.
func (s Customer) OpenNote(note string, sealed []byte) string {
	plain, err := s.key.Open(Place("notes", s.tenant, note, "body"), sealed)
	if err != nil {
		return Unavailable
	}
	return string(plain)
}
