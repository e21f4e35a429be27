package postgres

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"wxdesk/internal/access"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/secret"
)

// commandLifetime is how long an Idempotency-Key and what its act came to are kept; afterwards the key begins a new act.
const commandLifetime = 24 * time.Hour

// Act does what a person asks of a conversation. It is one transaction, in this order: the key of the request is written; where
// it is there already, the answer is the one of then (ErrKeyReused where the request was another one), and a call that finds it
// being written waits for its outcome; ErrNotFound where the person may not see the conversation; the conversation as it was
// seen (If-Match); the rules. What is refused changes nothing, and its key stays free.
//
// ErrBusy where another transaction holds the key or the conversation for too long. secret.ErrUnavailable where the act needs
// the customer's key and that does not open.
func (db *DB) Act(ctx context.Context, r command.Request) (command.Result, error) {
	r.ID = newID()
	acted, err := transact(ctx, db, string(r.Kind)+" conversation "+string(r.Conversation), func(tx *transaction) (command.Result, error) {
		free, err := db.takeKey(ctx, tx, r)
		switch {
		case err != nil:
			return command.Result{}, err
		case !free:
			return db.actedBefore(ctx, tx, r)
		}
		return db.act(ctx, tx, r)
	})
	if refused, ok := errors.AsType[*actRefused](err); ok {
		return refused.acted, nil
	}
	return acted, err
}

// actRefused rolls the transaction of a refused act back.
type actRefused struct{ acted command.Result }

// Error implements error.
func (r *actRefused) Error() string { return "refused: " + string(r.acted.Refused) }

// takeKey writes the key of a request, or of one that is more than a day old anew; false where it is there already.
func (db *DB) takeKey(ctx context.Context, tx *transaction, r command.Request) (free bool, err error) {
	const insert = `
		insert into commands as known (tenant, id, token_id, method, path, key, conversation_id, request) values ($1, $2, $3, $4, $5, $6, $7, $8)
		on conflict (tenant, token_id, method, path, key) do update
			set id = excluded.id, conversation_id = excluded.conversation_id, request = excluded.request, acted = null, created_at = now()
			where known.created_at < now() - $9 * interval '1 millisecond'`
	taken, err := affected(tx.ExecContext(ctx, insert, r.Tenant, r.ID, r.TokenID, r.Method, r.Path, r.Key, r.Conversation,
		requestHash(db.ring.Derive(labelRequest), r), commandLifetime.Milliseconds()))
	return taken > 0, err
}

// actedBefore answers a request whose key is known.
func (db *DB) actedBefore(ctx context.Context, tx *transaction, r command.Request) (command.Result, error) {
	const query = `
		select k.id, k.request, k.acted, u.id as customer_id, u.data_key
		from commands k
		join conversations c on c.tenant = k.tenant and c.id = k.conversation_id
		join customers u on u.tenant = c.tenant and u.id = c.customer_id
		where k.tenant = $1 and k.token_id = $2 and k.method = $3 and k.path = $4 and k.key = $5`
	var row struct {
		ID         string                  `db:"id"`
		Request    []byte                  `db:"request"`
		Acted      []byte                  `db:"acted"`
		CustomerID conversation.CustomerID `db:"customer_id"`
		DataKey    []byte                  `db:"data_key"`
	}
	if err := tx.GetContext(ctx, &row, query, r.Tenant, r.TokenID, r.Method, r.Path, r.Key); err != nil {
		return command.Result{}, err
	}
	switch {
	case !db.sameRequest(row.Request, r):
		return command.Result{}, command.ErrKeyReused
	case row.Acted == nil: // the customer's key did not open then
		return db.actedNow(ctx, tx, r)
	}
	seal, err := db.customerSeal(r.Tenant, string(row.CustomerID), row.DataKey)
	if err != nil {
		return command.Result{}, err
	}
	return seal.openActed(row.ID, row.Acted)
}

// act judges what a person asks, and does it. actRefused where it may not be.
func (db *DB) act(ctx context.Context, tx *transaction, r command.Request) (command.Result, error) {
	want := lifecycle.ActOf(r)
	want.Queue, want.Agent, want.Message = knownForm(want.Queue), knownForm(want.Agent), knownForm(want.Message)
	l, change, refused, err := db.decide(ctx, tx, conversation.Ref{Tenant: r.Tenant, Conversation: r.Conversation}, r.By, want)
	switch {
	case err != nil:
		return command.Result{}, err
	case refused == lifecycle.Unseen:
		return command.Result{}, conversation.ErrNotFound
	case refused != "":
		acted := command.Result{At: l.now.UTC()}
		if lifecycle.Shown(refused) {
			if acted, err = db.actedNow(ctx, tx, r); err != nil {
				return command.Result{}, err
			}
		}
		acted.Refused = refused
		return acted, &actRefused{acted}
	}
	notice, err := l.apply(ctx, change)
	if err != nil {
		return command.Result{}, err
	}
	after, err := db.readConversation(ctx, tx, l.ref)
	if err != nil {
		return command.Result{}, err
	}
	acted, err := l.keepActed(ctx, r.ID, command.Result{Conversation: after, MessageID: change.MessageID(), At: l.now.UTC()})
	acted.Notice = notice
	return acted, err
}

// requestHash stands for what is asked in the ledger. It is keyed: a text is easily guessed by its plain hash.
func requestHash(key []byte, r command.Request) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write(r.BodyHash[:])
	return mac.Sum(nil)
}

// sameRequest reports whether a kept hash is that of the request, under whichever master key it was made.
func (db *DB) sameRequest(kept []byte, r command.Request) bool {
	for _, key := range db.ring.DeriveAll(labelRequest) {
		if hmac.Equal(kept, requestHash(key, r)) {
			return true
		}
	}
	return false
}

// actedNow is how the conversation stands, with the time.
func (db *DB) actedNow(ctx context.Context, tx *transaction, r command.Request) (acted command.Result, err error) {
	if err := tx.GetContext(ctx, &acted.At, `select clock_timestamp()`); err != nil {
		return acted, err
	}
	acted.Conversation, err = db.readConversation(ctx, tx, conversation.Ref{Tenant: r.Tenant, Conversation: r.Conversation})
	return acted, err
}

// readConversation reads a conversation inside a transaction, whoever may see it.
func (db *DB) readConversation(ctx context.Context, tx *transaction, c conversation.Ref) (conversation.Conversation, error) {
	var row listedRow
	if err := tx.GetContext(ctx, &row, listed(access.Viewer{Tenant: c.Tenant})+` and c.id = $3`, c.Tenant, "", c.Conversation); err != nil {
		return conversation.Conversation{}, err
	}
	return db.conversation(c.Tenant, row)
}

// keepActed keeps what an act came to for its repeats, and returns it as they will read it. Where the customer's key does not
// open, there is nothing to seal it with: repeats read the conversation as it is then.
func (l *locked) keepActed(ctx context.Context, command string, acted command.Result) (command.Result, error) {
	seal, err := l.seal()
	switch {
	case errors.Is(err, secret.ErrUnavailable):
		return acted, nil
	case err != nil:
		return acted, err
	}
	sealed, err := seal.sealActed(command, acted)
	if err != nil {
		return acted, err
	}
	const update = `update commands set acted = $3 where tenant = $1 and id = $2`
	if _, err := l.tx.ExecContext(ctx, update, l.ref.Tenant, command, sealed); err != nil {
		return acted, err
	}
	return seal.openActed(command, sealed)
}

// sealActed keeps what an act came to.
func (s customerSeal) sealActed(command string, acted command.Result) ([]byte, error) {
	plain, err := json.Marshal(acted)
	if err != nil {
		return nil, fmt.Errorf("encode what command %s came to", command)
	}
	return s.key.Seal(place("commands", s.tenant, command, "acted"), plain), nil
}

func (s customerSeal) openActed(command string, sealed []byte) (acted command.Result, err error) {
	plain, err := s.key.Open(place("commands", s.tenant, command, "acted"), sealed)
	if err != nil {
		return acted, fmt.Errorf("what command %s came to: %w", command, err)
	}
	d := json.NewDecoder(bytes.NewReader(plain))
	d.UseNumber() // whole numbers of context variables stay whole
	if err := d.Decode(&acted); err != nil {
		return acted, fmt.Errorf("what command %s came to: %w", command, secret.ErrUnavailable)
	}
	return acted, nil
}
