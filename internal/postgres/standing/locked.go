package standing

import (
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/sealing"
)

// Locked is a conversation whose rows are locked, as far as they were loaded. The rule book judges by it, and its changes are
// written with it. Locks are taken in the order that package postgres lists: customer, conversation, work item, agents by id.
type Locked struct {
	lifecycle.Snapshot
	db  *DB
	Tx  *postgres.Tx
	Ref conversation.Ref

	Now      time.Time
	customer CustomerRow
	context  []byte // sealed
}

// Seal is the customer's.
func (l *Locked) Seal() (sealing.Customer, error) {
	return sealing.OpenCustomer(l.db.ring, l.Ref.Tenant, string(l.customer.ID), l.customer.DataKey)
}
