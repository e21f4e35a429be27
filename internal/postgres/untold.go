package postgres

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"wxdesk/internal/conversation"
)

// Untold lists conversations whose runs have not been told how they stand, those first that have waited longest for it.
func (db *DB) Untold(ctx context.Context, limit int) ([]conversation.Telling, error) {
	return transact(ctx, db, "list untold runs", func(tx *sqlx.Tx) ([]conversation.Telling, error) {
		const query = `select tenant, conversation_id, workflow_id from untold order by since, tenant, conversation_id limit $1`
		var rows []struct {
			Tenant       conversation.Tenant `db:"tenant"`
			Conversation conversation.ID     `db:"conversation_id"`
			WorkflowID   string              `db:"workflow_id"`
		}
		if err := tx.SelectContext(ctx, &rows, query, limit); err != nil {
			return nil, err
		}
		words := make([]conversation.Telling, 0, len(rows))
		for _, row := range rows {
			c := conversation.Ref{Tenant: row.Tenant, Conversation: row.Conversation}
			s, err := readStanding(ctx, tx, c)
			if err != nil {
				return nil, err
			}
			words = append(words, conversation.Telling{Ref: c, WorkflowID: row.WorkflowID, Standing: s})
		}
		return words, nil
	})
}

// Told takes the word for a run away once the run has heard of this revision; a newer one stays.
func (db *DB) Told(ctx context.Context, c conversation.Ref, revision int64) error {
	const forget = `delete from untold where tenant = $1 and conversation_id = $2 and revision <= $3`
	_, err := db.sql.ExecContext(ctx, forget, c.Tenant, c.Conversation, revision)
	return explain(ctx, "note that a run was told", err)
}

// RunGone notes that no run is open for a conversation: its live assignment is void, it asks nothing of people any more, and
// nobody is to be told. The conversation's row waits for the customer's next message, or for Sweep. A repeat changes nothing.
func (db *DB) RunGone(ctx context.Context, c conversation.Ref) error {
	return db.inTx(ctx, "give up the work of conversation "+string(c.Conversation), func(tx *sqlx.Tx) error {
		if err := voidWork(ctx, tx, c); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `delete from untold where tenant = $1 and conversation_id = $2`, c.Tenant, c.Conversation)
		return err
	})
}

// voidWork ends what a conversation asks of people, for one that has no life any more.
func voidWork(ctx context.Context, tx *sqlx.Tx, c conversation.Ref) error {
	for _, lock := range []string{
		`select id from conversations where tenant = $1 and id = $2 for no key update`,
		`select id from work_items where tenant = $1 and conversation_id = $2 and state <> 'done' for no key update`,
	} {
		if _, err := tx.ExecContext(ctx, lock, c.Tenant, c.Conversation); err != nil {
			return err
		}
	}
	live, err := liveAssignments(ctx, tx, c)
	if err != nil {
		return err
	}
	const done = `update work_items set state = 'done' where tenant = $1 and conversation_id = $2 and state <> 'done'`
	if _, err := tx.ExecContext(ctx, done, c.Tenant, c.Conversation); err != nil {
		return err
	}
	for _, a := range live {
		if err := lockAgents(ctx, tx, c.Tenant, []conversation.AgentID{a.Agent}); err != nil {
			return err
		}
		if err := endAssignment(ctx, tx, c, a, "voided"); err != nil {
			return err
		}
		if err := settlePresence(ctx, tx, c.Tenant, a.Agent); err != nil {
			return err
		}
	}
	return wake(ctx, tx, c.Tenant, time.Time{})
}
