package callback

import (
	"time"

	"wxdesk/internal/conversation"
)

// Event is an event of the platform that concerns no conversation.
type Event struct {
	Tenant      conversation.Tenant
	AccountID   conversation.AccountID
	MessageKey  string
	Kind        string
	CustomerKey conversation.CustomerKey // "" where it names no customer
	Body        []byte                   // the opened XML
	ReceivedAt  time.Time
}
