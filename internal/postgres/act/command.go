package act

import (
	"context"
	"errors"

	"wxdesk/internal/access"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/view"
)

// Act does what a person asks of a conversation, in one transaction. First it writes the key of the request. If the key is there
// already, it returns the stored answer, or ErrKeyReused if the request was another one. If another call is writing the key, it waits
// for that call. Then it checks that the person may see the conversation (ErrNotFound), that the conversation is as they have seen it
// (If-Match), and the rules. A refused command changes nothing, and its key stays free.
//
// It returns ErrBusy if another transaction holds the key or the conversation for too long, and secret.ErrUnavailable if the command
// needs the customer's key and that does not open.
func (db *DB) Act(ctx context.Context, r command.Request) (command.Result, error) {
	r.ID = postgres.NewID()
	acted, err := postgres.Transact(ctx, db.pool, string(r.Kind)+" conversation "+string(r.Conversation), func(tx *postgres.Tx) (command.Result, error) {
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

// act judges a command and carries it out. It returns actRefused if the command is refused.
func (db *DB) act(ctx context.Context, tx *postgres.Tx, r command.Request) (command.Result, error) {
	want := lifecycle.ActOf(r)
	want.Queue, want.Agent, want.Message = postgres.KnownForm(want.Queue), postgres.KnownForm(want.Agent), postgres.KnownForm(want.Message)
	l, change, refused, err := db.standing.Decide(ctx, tx, conversation.Ref{Tenant: r.Tenant, Conversation: r.Conversation}, r.By, want)
	switch {
	case err != nil:
		return command.Result{}, err
	case refused == lifecycle.Unseen:
		return command.Result{}, conversation.ErrNotFound
	case refused != "":
		acted := command.Result{At: l.Now.UTC()}
		if lifecycle.Shown(refused) {
			if acted, err = db.actedNow(ctx, tx, r); err != nil {
				return command.Result{}, err
			}
		}
		acted.Refused = refused
		return acted, &actRefused{acted}
	}
	notice, err := l.Apply(ctx, change)
	if err != nil {
		return command.Result{}, err
	}
	after, err := db.readConversation(ctx, tx, r)
	if err != nil {
		return command.Result{}, err
	}
	acted, err := keepActed(ctx, l, r.ID, command.Result{Conversation: after, MessageID: change.MessageID(), At: l.Now.UTC()})
	acted.Notice = notice
	return acted, err
}

// readConversation reads the conversation of a command inside its transaction, also where the person may see it no longer.
func (db *DB) readConversation(ctx context.Context, tx *postgres.Tx, r command.Request) (conversation.Conversation, error) {
	var row view.ListedRow
	if err := tx.GetContext(ctx, &row, view.Listed(access.Viewer{Tenant: r.Tenant})+` and c.id = $3`, r.Tenant, "", r.Conversation); err != nil {
		return conversation.Conversation{}, err
	}
	c, err := db.view.Open(r.Tenant, row)
	if err != nil {
		return c, err
	}
	return view.WithUnread(ctx, tx, r.By.Viewer(), c)
}
