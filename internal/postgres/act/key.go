package act

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"time"

	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/sealing"
	"wxdesk/internal/postgres/standing"
	"wxdesk/internal/secret"
)

// keepActed stores the result of an act for repeats of it, and returns the result as a repeat will read it. If the customer's key
// does not open, the result cannot be sealed; then a repeat reads the conversation as it is at that time.
func keepActed(ctx context.Context, l *standing.Locked, command string, acted command.Result) (command.Result, error) {
	seal, err := l.Seal()
	switch {
	case errors.Is(err, secret.ErrUnavailable):
		return acted, nil
	case err != nil:
		return acted, err
	}
	sealed, err := seal.SealActed(command, acted)
	if err != nil {
		return acted, err
	}
	const update = `update commands set acted = $3 where tenant = $1 and id = $2`
	if _, err := l.Tx.ExecContext(ctx, update, l.Ref.Tenant, command, sealed); err != nil {
		return acted, err
	}
	return seal.OpenActed(command, sealed)
}

// KeyLifetime is how long an Idempotency-Key and what its act came to are kept; afterwards the key begins a new act.
const KeyLifetime = 24 * time.Hour

// TakeKey writes the key of a request, or of one that is more than a day old anew; false where it is there already.
func (db *DB) takeKey(ctx context.Context, tx *postgres.Tx, r command.Request) (free bool, err error) {
	const insert = `
		insert into commands as known (tenant, id, actor_id, method, path, key, conversation_id, request) values ($1, $2, $3, $4, $5, $6, $7, $8)
		on conflict (tenant, actor_id, method, path, key) do update
			set id = excluded.id, conversation_id = excluded.conversation_id, request = excluded.request, acted = null, created_at = now()
			where known.created_at < now() - $9 * interval '1 millisecond'`
	taken, err := postgres.Affected(tx.ExecContext(ctx, insert, r.Tenant, r.ID, r.ActorID, r.Method, r.Path, r.Key, r.Conversation,
		requestHash(db.ring.Derive(sealing.LabelRequest), r), KeyLifetime.Milliseconds()))
	return taken > 0, err
}

// actedBefore answers a request whose key is known.
func (db *DB) actedBefore(ctx context.Context, tx *postgres.Tx, r command.Request) (command.Result, error) {
	const query = `
		select k.id, k.request, k.acted, u.id as customer_id, u.data_key
		from commands k
		join conversations c on c.tenant = k.tenant and c.id = k.conversation_id
		join customers u on u.tenant = c.tenant and u.id = c.customer_id
		where k.tenant = $1 and k.actor_id = $2 and k.method = $3 and k.path = $4 and k.key = $5`
	var row struct {
		ID         string                  `db:"id"`
		Request    []byte                  `db:"request"`
		Acted      []byte                  `db:"acted"`
		CustomerID conversation.CustomerID `db:"customer_id"`
		DataKey    []byte                  `db:"data_key"`
	}
	if err := tx.GetContext(ctx, &row, query, r.Tenant, r.ActorID, r.Method, r.Path, r.Key); err != nil {
		return command.Result{}, err
	}
	switch {
	case !db.sameRequest(row.Request, r):
		return command.Result{}, command.ErrKeyReused
	case row.Acted == nil: // the customer's key did not open then
		return db.actedNow(ctx, tx, r)
	}
	seal, err := sealing.OpenCustomer(db.ring, r.Tenant, string(row.CustomerID), row.DataKey)
	if err != nil {
		return command.Result{}, err
	}
	return seal.OpenActed(row.ID, row.Acted)
}

// requestHash is the hash of a request that the ledger keeps. It has a key, because a text is easily guessed from a plain hash.
func requestHash(key []byte, r command.Request) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(r.BodyHash[:])
	return mac.Sum(nil)
}

// sameRequest reports whether a kept hash is that of the request, under whichever master key it was made.
func (db *DB) sameRequest(kept []byte, r command.Request) bool {
	for _, key := range db.ring.DeriveAll(sealing.LabelRequest) {
		if hmac.Equal(kept, requestHash(key, r)) {
			return true
		}
	}
	return false
}

// actedNow is how the conversation stands, with the time.
func (db *DB) actedNow(ctx context.Context, tx *postgres.Tx, r command.Request) (acted command.Result, err error) {
	if err := tx.GetContext(ctx, &acted.At, `select clock_timestamp()`); err != nil {
		return acted, err
	}
	acted.Conversation, err = db.readConversation(ctx, tx, r)
	return acted, err
}
