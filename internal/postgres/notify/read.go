package notify

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/lib/pq"

	"wxdesk/internal/conversation"
	"wxdesk/internal/feed"
	"wxdesk/internal/postgres"
)

// Reading the feed. Its rows are in the order of (xid, id), which is not the order of commit: a transaction that began
// early may commit late. So a reader takes only rows below the oldest transaction that still runs, and never sees one
// appear behind its back.

// FeedEnd returns the position after the last event that any client can have received.
func (db *DB) FeedEnd(ctx context.Context) (feed.Position, error) {
	const query = `
		select g.generation, pg_snapshot_xmin(pg_current_snapshot())::text as xid, now() as now from feed_generation g`
	var row struct {
		Generation int64     `db:"generation"`
		XID        string    `db:"xid"`
		Now        time.Time `db:"now"`
	}
	if err := db.pool.GetContext(ctx, &row, query); err != nil {
		return feed.Position{}, postgres.Explain(ctx, "find the end of the feed", err)
	}
	xid, err := readXID(row.XID)
	return feed.Position{Generation: row.Generation, XID: xid, At: row.Now}, err // ids begin at 1
}

// Feed lists at most limit events after a position, and the position to go on from. If the database was restored since, that position
// has another generation, and clients must read everything again.
func (db *DB) Feed(ctx context.Context, after feed.Position, limit int) (feed.Page, error) {
	const query = `
		select g.generation, now() as now, f.id, f.tenant, f.xid::text as xid, f.xid < pg_snapshot_xmin(pg_current_snapshot()) as settled,
			f.kind, f.at, coalesce(f.conversation_id::text, '') as conversation_id, coalesce(f.queue_id::text, '') as queue_id,
			coalesce(f.agent_id::text, '') as agent_id, f.body
		from feed_generation g left join lateral (
			select * from feed where (xid, id) > ($1::text::xid8, $2::bigint) order by xid, id limit $3) f on true
		order by f.xid, f.id`
	var rows []feedEventRow
	if err := db.pool.SelectContext(ctx, &rows, query, strconv.FormatUint(after.XID, 10), after.ID, limit); err != nil {
		return feed.Page{}, postgres.Explain(ctx, "read the feed", err)
	}
	news := feed.Page{UpTo: after, More: len(rows) == limit}
	for _, r := range rows {
		news.UpTo.Generation, news.UpTo.At = r.Generation, r.Now
		switch {
		case r.ID == nil: // nothing but the generation
			return news, nil
		case !*r.Settled:
			news.More = true
			return news, nil
		}
		told, err := r.event()
		if err != nil {
			return feed.Page{}, err
		}
		news.Events = append(news.Events, told)
		news.UpTo.XID, news.UpTo.ID = told.XID, told.ID
	}
	return news, nil
}

// feedEventRow is a row of the feed; all but the first two are null if there is none.
type feedEventRow struct {
	Generation   int64                 `db:"generation"`
	Now          time.Time             `db:"now"`
	ID           *int64                `db:"id"`
	Tenant       *conversation.Tenant  `db:"tenant"`
	XID          *string               `db:"xid"`
	Settled      *bool                 `db:"settled"`
	Kind         *string               `db:"kind"`
	At           *time.Time            `db:"at"`
	Conversation *conversation.ID      `db:"conversation_id"`
	QueueID      *conversation.QueueID `db:"queue_id"`
	AgentID      *conversation.AgentID `db:"agent_id"`
	Body         []byte                `db:"body"`
}

func (r feedEventRow) event() (feed.Event, error) {
	xid, err := readXID(*r.XID)
	return feed.Event{
		Position: feed.Position{Generation: r.Generation, XID: xid, ID: *r.ID, At: *r.At},
		Tenant:   *r.Tenant, Kind: *r.Kind, Conversation: *r.Conversation, QueueID: *r.QueueID, AgentID: *r.AgentID, Body: r.Body,
	}, err
}

func readXID(text string) (uint64, error) {
	xid, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("read a transaction's id: %w", err)
	}
	return xid, nil
}

// FeedNews sends a value when there may be something new in the feed, until ctx ends.
func (db *DB) FeedNews(ctx context.Context) <-chan struct{} { return db.pool.Listen(ctx, Channel) }

// QueuesOf lists the queues of a tenant's agents; one who has none is not in the answer.
func (db *DB) QueuesOf(ctx context.Context, t conversation.Tenant, agents []conversation.AgentID) (map[conversation.AgentID][]conversation.QueueID, error) {
	const query = `
		select agent_id, queue_id from queue_members where tenant = $1 and agent_id = any($2::text[]::uuid[])
		order by agent_id, queue_id`
	var rows []struct {
		AgentID conversation.AgentID `db:"agent_id"`
		QueueID conversation.QueueID `db:"queue_id"`
	}
	if err := db.pool.SelectContext(ctx, &rows, query, t, pq.Array(agents)); err != nil {
		return nil, postgres.Explain(ctx, "read queue memberships", err)
	}
	queues := map[conversation.AgentID][]conversation.QueueID{}
	for _, r := range rows {
		queues[r.AgentID] = append(queues[r.AgentID], r.QueueID)
	}
	return queues, nil
}
