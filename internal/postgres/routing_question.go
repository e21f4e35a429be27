package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/fnv"
	"math"
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/routing"
)

// RoutingQuestion loads everything that decides where a conversation goes whose hand-over is wished: what is known of it, its
// workstream, the rules that are published, and all queues as they stand. The line that asked for people is the source of
// chance, so that a retry asks the same. ErrClosed where it has ended or nobody wishes people; ErrNotFound where there is no such
// conversation.
func (db *DB) RoutingQuestion(ctx context.Context, c conversation.Ref) (routing.Question, error) {
	act := "find who wants people for conversation " + string(c.Conversation)
	w, err := readWish(ctx, db.sql, c)
	switch {
	case err != nil:
		return routing.Question{}, explain(ctx, act, err)
	case w.HandOver == "":
		return routing.Question{}, explain(ctx, act, conversation.ErrClosed)
	}
	return db.TrialQuestion(ctx, c, w.Turn, w.Queue)
}

// TrialQuestion loads the same whether or not people are wished, as if that line asked for them and the bot named the queue ("" for
// none). ErrNotFound when the tenant has no such conversation, or the conversation no such line.
func (db *DB) TrialQuestion(ctx context.Context, c conversation.Ref, turn conversation.MessageID, queue conversation.QueueID) (routing.Question, error) {
	q := routing.Question{Roll: roll(turn), Wish: knownForm(queue)}
	return db.question(ctx, c, turn, q, loadWorkstream, db.loadFacts, loadRules, loadQueues)
}

// load adds to a question.
type load func(context.Context, *transaction, conversation.Ref, conversation.MessageID, *routing.Question) error

func (db *DB) question(ctx context.Context, c conversation.Ref, turn conversation.MessageID, q routing.Question, parts ...load) (routing.Question, error) {
	return transact(ctx, db, "load what decides where conversation "+string(c.Conversation)+" goes", func(tx *transaction) (routing.Question, error) {
		q := q // of this try
		for _, load := range parts {
			if err := load(ctx, tx, c, turn, &q); err != nil {
				return routing.Question{}, err
			}
		}
		return q, nil
	})
}

// roll throws a die of a hundred faces, the same for the same turn.
func roll(turn conversation.MessageID) int {
	h := fnv.New32a()
	_, _ = h.Write([]byte(turn)) // never fails
	return int(h.Sum32() % 100)
}

func loadWorkstream(ctx context.Context, tx *transaction, c conversation.Ref, _ conversation.MessageID, q *routing.Question) error {
	query := `
		select ` + workstreamResource.columns + `, clock_timestamp() as now,
			(select count(*) from routing_traces where tenant = $1 and conversation_id = $2 and stage = '` + lifecycle.StageOverflow + `' and body ? 'to') as hops,
			(select classified from conversations where tenant = $1 and id = $2) as classified
		from workstreams where tenant = $1 and id = (
			select w.id from conversations c join accounts a on a.tenant = c.tenant and a.id = c.account_id ` + workstreamOf + `
			where c.tenant = $1 and c.id = $2)`
	var row struct {
		workstreamRow
		Now        time.Time              `db:"now"`
		Hops       int                    `db:"hops"`
		Classified *asJSON[routing.Needs] `db:"classified"`
	}
	if err := tx.GetContext(ctx, &row, query, c.Tenant, c.Conversation); err != nil {
		return err
	}
	q.Now, q.Hops, q.Workstream = row.Now.UTC(), row.Hops, row.workstream()
	if row.Classified != nil {
		q.Before = &row.Classified.V
		wholeNumbers(q.Before.Attributes)
	}
	return nil
}

// loadRules loads the published versions of the workstream's rulesets: classifications in their order, and the route.
func loadRules(ctx context.Context, tx *transaction, c conversation.Ref, _ conversation.MessageID, q *routing.Question) error {
	versions, err := rulesInForce(ctx, tx, c.Tenant, `r.workstream_id = $2`, q.Workstream.ID)
	if err != nil {
		return err
	}
	for _, v := range versions {
		version := v.version()
		if v.Kind == routing.RouteToQueue {
			q.Route = &version
			continue
		}
		q.Classifications = append(q.Classifications, version)
	}
	return nil
}

// wholeNumbers makes int64 of the whole numbers that JSON has made floats of.
func wholeNumbers(values map[string]any) {
	for name, value := range values {
		switch n := value.(type) {
		case float64:
			if n == math.Trunc(n) {
				values[name] = int64(n)
			}
		case json.Number:
			if i, err := n.Int64(); err == nil {
				values[name] = i
			}
		}
	}
}

// loadQueues loads every queue with its hours, what waits in it and who works in it.
func loadQueues(ctx context.Context, tx *transaction, c conversation.Ref, _ conversation.MessageID, q *routing.Question) error {
	const query = `
		select q.id, q.name, q.priority, q.method, coalesce(q.hours_id::text, '') as hours_id, q.overflow, q.decline_limit, q.is_default,
			q.version, h.name as hours_name, h.time_zone, h.weekly, h.holidays,
			q.empty_alert_at is not null as alerted,
			(select count(*) from work_items i where i.tenant = q.tenant and i.queue_id = q.id and i.state = 'waiting') as waiting,
			(select count(*) from queue_members m join agents g on g.tenant = m.tenant and g.id = m.agent_id
				where m.tenant = q.tenant and m.queue_id = q.id and not g.disabled and g.deleted_at is null) as members
		from queues q left join operating_hours h on h.tenant = q.tenant and h.id = q.hours_id
		where q.tenant = $1 and q.deleted_at is null order by q.id`
	var rows []struct {
		ID           conversation.QueueID `db:"id"`
		Name         string               `db:"name"`
		Priority     int                  `db:"priority"`
		Method       routing.Method       `db:"method"`
		HoursID      routing.HoursID      `db:"hours_id"`
		Overflow     []byte               `db:"overflow"`
		DeclineLimit int                  `db:"decline_limit"`
		Default      bool                 `db:"is_default"`
		Version      int64                `db:"version"`
		HoursName    *string              `db:"hours_name"`
		TimeZone     *string              `db:"time_zone"`
		Weekly       []byte               `db:"weekly"`
		Holidays     []byte               `db:"holidays"`
		Waiting      int                  `db:"waiting"`
		Members      int                  `db:"members"`
		Alerted      bool                 `db:"alerted"`
	}
	if err := tx.SelectContext(ctx, &rows, query, c.Tenant); err != nil {
		return err
	}
	for _, r := range rows {
		now := routing.QueueNow{Queue: routing.Queue{
			Stamp: routing.Stamp{Tenant: c.Tenant, Version: r.Version},
			ID:    r.ID, Name: r.Name, Priority: r.Priority, Method: r.Method, HoursID: r.HoursID, DeclineLimit: r.DeclineLimit, Default: r.Default,
		}, Waiting: r.Waiting, Members: r.Members, Alerted: r.Alerted}
		if err := json.Unmarshal(r.Overflow, &now.Overflow); err != nil {
			return fmt.Errorf("overflow of queue %s: %w", r.ID, err)
		}
		var err error
		if now.Hours, err = hoursOf(r.TimeZone, r.Weekly, r.Holidays); err != nil {
			return err
		}
		if now.Hours != nil {
			now.Hours.Stamp.Tenant, now.Hours.ID, now.Hours.Name = c.Tenant, r.HoursID, *r.HoursName
		}
		q.Queues = append(q.Queues, now)
	}
	return nil
}
