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
	encoded, err := json.Marshal(rows)
	if err != nil {
		return fmt.Errorf("encode feed rows: %w", err)
	}
	tx.Notify(Channel)
	const insert = `
		insert into feed (tenant, kind, conversation_id, queue_id, agent_id, body)
		select $1, r.row ->> 'Kind', nullif(r.row ->> 'Conversation', '')::uuid,
			queue_told($1, nullif(r.row ->> 'Conversation', '')::uuid, nullif(r.row ->> 'Queue', '')::uuid),
			nullif(r.row ->> 'Agent', '')::uuid, r.row -> 'Body'
		from jsonb_array_elements($2::jsonb) with ordinality as r(row, nth) order by r.nth`
	_, err = tx.ExecContext(ctx, insert, t, string(encoded))
	return err
}

// AtOnce is when the distribution runs again after a change of the set-up.
var AtOnce time.Time

// Channels of LISTEN and NOTIFY. A notice says that there is something to look at, nothing more. Whoever listens looks by themselves
// every second or two, so a notice that a crash has swallowed only costs that time.
const (
	DistributionChannel = "wxdesk_distribution"
	Channel             = "wxdesk_feed"
)
