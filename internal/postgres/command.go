package postgres

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"

	"wxdesk/internal/conversation"
)

// commandLife is how long an Idempotency-Key and its answer are kept; afterwards the key begins a new command.
const commandLife = 24 * time.Hour

type commandRow struct {
	ID       string `db:"id"`
	BodyHash []byte `db:"body_hash"`
	Status   int    `db:"status"`
	Answer   []byte `db:"answer"`
	Expired  bool   `db:"expired"`
}

// BeginPersonCommand writes the key of what a person asks of a conversation, or finds it with the answer it got; text waits
// in the row, sealed, until the conversation takes it, and is "" where the command has none. ErrKeyReused when the key came
// with another body less than a day ago, ErrNotFound when the token is not the tenant's or there is no such conversation.
func (db *DB) BeginPersonCommand(ctx context.Context, r conversation.CommandRequest, c conversation.Ref, text string) (conversation.CommandRecord, error) {
	fresh := newID()
	return transact(ctx, db, "begin a command", func(tx *sqlx.Tx) (conversation.CommandRecord, error) {
		found, err := db.beginCommand(ctx, tx, r, fresh)
		if err != nil || found.ID != fresh {
			return found, err
		}
		const query = `
			select u.id, u.data_key from conversations c join customers u on u.tenant = c.tenant and u.id = c.customer_id
			where c.tenant = $1 and c.id = $2`
		var customer struct {
			ID      string `db:"id"`
			DataKey []byte `db:"data_key"`
		}
		if err := tx.GetContext(ctx, &customer, query, c.Tenant, c.Conversation); err != nil {
			return conversation.CommandRecord{}, err
		}
		var sealed []byte
		if text != "" {
			seal, err := db.customerSeal(c.Tenant, customer.ID, customer.DataKey)
			if err != nil {
				return conversation.CommandRecord{}, err
			}
			sealed = seal.sealCommand(fresh, text)
		}
		const update = `update commands set conversation_id = $3, body = $4, effect = null where tenant = $1 and id = $2`
		_, err = tx.ExecContext(ctx, update, c.Tenant, fresh, c.Conversation, sealed)
		return found, err
	})
}

// CommandBegun reports whether a command with the request's key was begun less than a day ago.
func (db *DB) CommandBegun(ctx context.Context, c conversation.CommandRequest) (begun bool, err error) {
	const query = `
		select exists (select from commands where tenant = $1 and token_id = $2 and method = $3 and path = $4 and key = $5
			and created_at >= now() - $6 * interval '1 millisecond')`
	err = db.sql.GetContext(ctx, &begun, query, c.Tenant, c.TokenID, c.Method, c.Path, c.Key, commandLife.Milliseconds())
	return begun, explain(ctx, "look for a command", err)
}

func (db *DB) beginCommand(ctx context.Context, tx *sqlx.Tx, c conversation.CommandRequest, fresh string) (conversation.CommandRecord, error) {
	const insert = `
		insert into commands (tenant, id, token_id, method, path, key, body_hash) values ($1, $2, $3, $4, $5, $6, $7)
		on conflict (tenant, token_id, method, path, key) do nothing`
	inserted, err := affected(tx.ExecContext(ctx, insert, c.Tenant, fresh, c.TokenID, c.Method, c.Path, c.Key, c.BodyHash[:]))
	if err != nil || inserted > 0 {
		return conversation.CommandRecord{ID: fresh}, err
	}
	const query = `
		select id, body_hash, coalesce(status, 0) as status, answer,
			created_at < now() - $6 * interval '1 millisecond' as expired
		from commands where tenant = $1 and token_id = $2 and method = $3 and path = $4 and key = $5
		for update`
	var row commandRow
	err = tx.GetContext(ctx, &row, query, c.Tenant, c.TokenID, c.Method, c.Path, c.Key, commandLife.Milliseconds())
	switch {
	case err != nil:
		return conversation.CommandRecord{}, err
	case row.Expired:
		return conversation.CommandRecord{ID: fresh}, beginAnew(ctx, tx, c, row.ID, fresh)
	case !bytes.Equal(row.BodyHash, c.BodyHash[:]):
		return conversation.CommandRecord{}, conversation.ErrKeyReused
	}
	return db.commandRecord(c.Tenant, row)
}

// beginAnew gives an expired key's row to a new command.
func beginAnew(ctx context.Context, tx *sqlx.Tx, c conversation.CommandRequest, old, fresh string) error {
	const update = `
		update commands set id = $3, body_hash = $4, status = null, answer = null, finished_at = null, created_at = now()
		where tenant = $1 and id = $2`
	_, err := tx.ExecContext(ctx, update, c.Tenant, old, fresh, c.BodyHash[:])
	return err
}

func (db *DB) commandRecord(t conversation.Tenant, row commandRow) (conversation.CommandRecord, error) {
	found := conversation.CommandRecord{ID: row.ID, Status: row.Status}
	if row.Status == 0 {
		return found, nil
	}
	answer, err := db.ring.Open(labelAnswer, place("commands", t, row.ID), row.Answer)
	if err != nil {
		return conversation.CommandRecord{}, fmt.Errorf("answer of command %s: %w", row.ID, err)
	}
	found.Answer = answer
	return found, nil
}

// FinishCommand keeps the answer, and returns the one that stands: the first, which finishing again does not change. ErrNotFound when
// there is no such command, or it has expired.
func (db *DB) FinishCommand(ctx context.Context, t conversation.Tenant, id string, status int, answer []byte) (conversation.CommandRecord, error) {
	return transact(ctx, db, "finish command "+id, func(tx *sqlx.Tx) (conversation.CommandRecord, error) {
		const query = `select id, coalesce(status, 0) as status, answer from commands where tenant = $1 and id = $2 for no key update`
		var row commandRow
		if err := tx.GetContext(ctx, &row, query, t, id); err != nil {
			return conversation.CommandRecord{}, err
		}
		if row.Status != 0 {
			return db.commandRecord(t, row)
		}
		const update = `update commands set status = $3, answer = $4, finished_at = now() where tenant = $1 and id = $2`
		_, err := tx.ExecContext(ctx, update, t, id, status, db.ring.Seal(labelAnswer, place("commands", t, id), answer))
		return conversation.CommandRecord{ID: id, Status: status, Answer: answer}, err
	})
}
