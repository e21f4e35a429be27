package act

import (
	"context"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/feed"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/notify"
	"wxdesk/internal/postgres/view"
)

// MarkRead records up to which entry of its timeline the viewer has read a conversation, and has their streams told. A mark never goes
// back, and never beyond the last entry. It returns ErrNotFound when there is no such conversation that the viewer may see.
func (db *DB) MarkRead(ctx context.Context, v access.Viewer, id conversation.ID, seq int64) error {
	args, may := []any{v.Tenant, id, v.Reader, seq}, ""
	if v.AgentID != "" {
		args, may = append(args, v.AgentID), view.SeenEach(`$5::uuid`)
	}
	// One statement, which finds nothing left to do when it runs again: the driver may repeat it.
	mark := `
		with seen as (select c.last_seq from conversations c where c.tenant = $1 and c.id = $2` + may + `),
		marked as (
			insert into read_marks as m (tenant, conversation_id, reader, seq)
			select $1, $2, $3::text, least($4::bigint, last_seq) from seen
			on conflict (tenant, conversation_id, reader) do update set seq = excluded.seq where m.seq < excluded.seq
			returning m.tenant, m.conversation_id, m.seq),
		told as (
			insert into feed (tenant, kind, conversation_id, body)
			select tenant, '` + feed.KindRead + `', conversation_id, jsonb_build_object('seq', seq, '` + feed.ReaderMember + `', $3::text) from marked)
		select (select count(*) from seen) as seen, (select count(*) from marked) as marked`
	var found struct {
		Seen   int `db:"seen"`
		Marked int `db:"marked"`
	}
	err := db.pool.GetContext(ctx, &found, mark, args...)
	switch {
	case err != nil:
		return postgres.Explain(ctx, "mark a conversation as read", err)
	case found.Seen == 0:
		return conversation.ErrNotFound
	case found.Marked > 0:
		db.pool.Notify(notify.Channel)
	}
	return nil
}
