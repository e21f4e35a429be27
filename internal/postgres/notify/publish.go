package notify

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres"
)

// TriggerDistribution has the distribution run again, at once if at is zero. It belongs into every transaction that may have made a
// match possible.
func TriggerDistribution(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, at time.Time) error {
	if at.IsZero() {
		tx.Notify(DistributionChannel)
		_, err := tx.ExecContext(ctx, `insert into distribution_triggers (tenant) values ($1)`, t)
		return err
	}
	_, err := tx.ExecContext(ctx, `insert into distribution_triggers (tenant, due_at) values ($1, $2)`, t, at)
	return err
}

// Row is a feed event. Supervisors are told everything, an agent what names them, and what waits in a queue of theirs where they may
// pick it.
type Row struct {
	Kind         lifecycle.EventKind
	Conversation conversation.ID
	Queue        conversation.QueueID // "" unless the queue's members are told, as far as they may pick
	Agent        conversation.AgentID // "" unless an agent is told
	Body         any                  // ids and states, never content
}

// Publish adds events to the feed; they are shown once the transaction is committed.
func Publish(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, rows ...Row) error {
	if len(rows) == 0 {
		return nil
	}
	encoded, err := Encode(tx, rows)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, Insert(`$2::jsonb`), t, encoded)
	return err
}

// Encode returns rows in the form that Insert takes, and has those who read the feed notified of the transaction.
func Encode(tx *postgres.Tx, rows []Row) (string, error) {
	encoded, err := json.Marshal(append([]Row{}, rows...))
	if err != nil {
		return "", fmt.Errorf("encode feed rows: %w", err)
	}
	if len(rows) > 0 {
		tx.Notify(Channel)
	}
	return string(encoded), nil
}

// Insert returns the statement that adds encoded rows, an expression of type jsonb, to the feed of tenant $1. It may be a part of the
// statement that makes true what the rows tell.
func Insert(rows string) string {
	return `
		insert into feed (tenant, kind, conversation_id, queue_id, agent_id, body)
		select $1, r.row ->> 'Kind', nullif(r.row ->> 'Conversation', '')::uuid,
			queue_told($1, nullif(r.row ->> 'Conversation', '')::uuid, nullif(r.row ->> 'Queue', '')::uuid),
			nullif(r.row ->> 'Agent', '')::uuid, r.row -> 'Body'
		from jsonb_array_elements(` + rows + `) with ordinality as r(row, nth) order by r.nth`
}

// AtOnce is when the distribution runs again after a change of the set-up.
var AtOnce time.Time

// Channels of LISTEN and NOTIFY. A notice says that there is something to look at, nothing more. Whoever listens looks by themselves
// every second or two, so a notice that a crash has swallowed only costs that time.
const (
	DistributionChannel = "wxdesk_distribution"
	Channel             = "wxdesk_feed"
)
