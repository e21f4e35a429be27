package view

import (
	"context"

	"github.com/lib/pq"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
)

// mostUnread is how many entries after a read mark are looked at.
const mostUnread = 100

// reader is the pool, or a transaction.
type reader interface {
	SelectContext(ctx context.Context, dest any, query string, args ...any) error
}

// addUnread counts what customers wrote that the viewer has not read, in one query for all conversations.
//
// Nothing is kept for it but the marks, so a message costs nothing more to receive. It is counted when a row is shown, by the index of the
// transcript: of each conversation the newest messages after the viewer's mark, mostUnread at most, whoever wrote them. So a row costs the
// same however long its conversation is, and unread is no more than mostUnread.
func addUnread(ctx context.Context, db reader, v access.Viewer, list []conversation.Conversation) error {
	if len(list) == 0 || v.Reader == "" {
		return nil
	}
	const query = `
		select c.id, (select count(*) from (
			select m.author from messages m where m.tenant = $1 and m.conversation_id = c.id and m.seq > coalesce(r.seq, 0)
			order by m.seq desc limit $4) newest where newest.author = 'customer') as n
		from unnest($2::uuid[]) c (id)
		left join read_marks r on r.tenant = $1 and r.conversation_id = c.id and r.reader = $3`
	var rows []struct {
		ID conversation.ID `db:"id"`
		N  int             `db:"n"`
	}
	ids := postgres.Each(list, func(c conversation.Conversation) conversation.ID { return c.ID })
	if err := db.SelectContext(ctx, &rows, query, v.Tenant, pq.Array(ids), v.Reader, mostUnread); err != nil {
		return err
	}
	unread := map[conversation.ID]int{}
	for _, r := range rows {
		unread[r.ID] = r.N
	}
	for i := range list {
		list[i].Unread = unread[list[i].ID]
	}
	return nil
}

// WithUnread returns a conversation that was read in a transaction with what the viewer has not read of it.
func WithUnread(ctx context.Context, tx *postgres.Tx, v access.Viewer, c conversation.Conversation) (conversation.Conversation, error) {
	one := []conversation.Conversation{c}
	err := addUnread(ctx, tx, v, one)
	return one[0], err
}
