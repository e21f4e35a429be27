package postgres

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"wxdesk/internal/conversation"
	"wxdesk/internal/secret"
)

// Labels of the master keys' uses; each use has a key of its own.
const (
	labelDataKey       = "customer data key"
	labelIDKey         = "account id key"
	labelAppSecret     = "account app secret"
	labelCallback      = "account callback secret" // Token and EncodingAESKey
	labelAccessToken   = "account access token"
	labelPlainCallback = "plain callback"
	labelEvent         = "event"
	labelQuarantine    = "quarantine"
	labelRequest       = "command request" // derives the key of a hash
	labelBotSecret     = "bot webhook secret"
)

// Unavailable stands in a transcript for a text or an openid that cannot be opened any more, because the customer's key
// was destroyed or the row was tampered with. The lines around it stay readable.
const Unavailable = "[unavailable]"

// place names where a ciphertext belongs; it opens nowhere else.
func place(table string, tenant conversation.Tenant, ids ...string) string {
	return strings.Join(append([]string{table, string(tenant)}, ids...), "\x00")
}

// newID is a UUIDv7, which sorts by time.
func newID() string { return uuid.Must(uuid.NewV7()).String() }

// customerSeal seals and opens what belongs to one customer.
type customerSeal struct {
	key    secret.DataKey
	tenant conversation.Tenant
	id     string // of the customer
}

// newCustomerSeal makes a data key, and the form in which it is kept.
func (db *DB) newCustomerSeal(tenant conversation.Tenant, id string) (customerSeal, []byte, error) {
	fresh := secret.NewKey()
	key, err := secret.OpenDataKey(fresh)
	if err != nil {
		return customerSeal{}, nil, fmt.Errorf("make a data key: %w", err)
	}
	kept := db.ring.Seal(labelDataKey, place("customers", tenant, id, "data_key"), fresh)
	return customerSeal{key, tenant, id}, kept, nil
}

// customerSeal opens a kept data key, or fails with secret.ErrUnavailable.
func (db *DB) customerSeal(tenant conversation.Tenant, id string, kept []byte) (customerSeal, error) {
	plain, err := db.ring.Open(labelDataKey, place("customers", tenant, id, "data_key"), kept)
	if err != nil {
		return customerSeal{}, fmt.Errorf("data key of customer %s: %w", id, err)
	}
	key, err := secret.OpenDataKey(plain)
	if err != nil {
		return customerSeal{}, fmt.Errorf("data key of customer %s: %w", id, err)
	}
	return customerSeal{key, tenant, id}, nil
}

func (s customerSeal) sealOpenID(openID string) []byte {
	return s.key.Seal(place("customers", s.tenant, s.id, "openid"), []byte(openID))
}

func (s customerSeal) openOpenID(sealed []byte) (string, error) {
	plain, err := s.key.Open(place("customers", s.tenant, s.id, "openid"), sealed)
	if err != nil {
		return "", fmt.Errorf("openid of customer %s: %w", s.id, err)
	}
	return string(plain), nil
}

// body is what a message says, as it is sealed.
type body struct {
	Text   string          `json:"text"`
	Fields json.RawMessage `json:"fields,omitempty"`
}

func (s customerSeal) sealBody(message string, b body) ([]byte, error) {
	plain, err := json.Marshal(b)
	if err != nil {
		return nil, fmt.Errorf("encode the body of message %s: fields are not JSON", message)
	}
	return s.key.Seal(place("messages", s.tenant, message, "body"), plain), nil
}

func (s customerSeal) openBody(message string, sealed []byte) (b body, err error) {
	plain, err := s.key.Open(place("messages", s.tenant, message, "body"), sealed)
	if err == nil && json.Unmarshal(plain, &b) != nil {
		err = secret.ErrUnavailable
	}
	if err != nil {
		return body{}, fmt.Errorf("body of message %s: %w", message, err)
	}
	return b, nil
}

// sealReason and openReason keep why a turn ended as it did, which may quote the customer.
func (s customerSeal) sealReason(c conversation.ID, turn conversation.MessageID, reason string) []byte {
	return s.key.Seal(place("turns", s.tenant, string(c), string(turn), "reason"), []byte(reason))
}

// sealSummary keeps what a bot tells the agent about the conversation so far.
func (s customerSeal) sealSummary(c conversation.ID, turn conversation.MessageID, summary string) []byte {
	return s.key.Seal(place("turns", s.tenant, string(c), string(turn), "summary"), []byte(summary))
}

func (s customerSeal) openReason(c conversation.ID, turn conversation.MessageID, sealed []byte) (string, error) {
	plain, err := s.key.Open(place("turns", s.tenant, string(c), string(turn), "reason"), sealed)
	if err != nil {
		return "", fmt.Errorf("reason of turn %s: %w", turn, err)
	}
	return string(plain), nil
}

func (s customerSeal) openSummary(c conversation.ID, turn conversation.MessageID, sealed []byte) string {
	plain, err := s.key.Open(place("turns", s.tenant, string(c), string(turn), "summary"), sealed)
	if err != nil {
		return Unavailable
	}
	return string(plain)
}

// openContext opens a conversation's context variables; one that does not open has none.
func (s customerSeal) openContext(c conversation.ID, sealed []byte) map[string]any {
	plain, err := s.key.Open(place("conversations", s.tenant, string(c), "context"), sealed)
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

func (s customerSeal) openNote(note string, sealed []byte) string {
	plain, err := s.key.Open(place("notes", s.tenant, note, "body"), sealed)
	if err != nil {
		return Unavailable
	}
	return string(plain)
}
