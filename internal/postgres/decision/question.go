package decision

import (
	"context"
	"hash/fnv"
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/setup"
	"wxdesk/internal/postgres/standing"
	"wxdesk/internal/routing"
)

// RoutingQuestion loads everything that decides where a conversation goes whose hand-over is wished: what is known of it, its
// workstream, the rules that are published, and all queues as they stand. The message that asked for people is the source of
// chance, so that a retry asks the same. It returns ErrClosed if it has ended or no hand-over is wished; ErrNotFound if there
// is no such conversation.
func (db *DB) RoutingQuestion(ctx context.Context, c conversation.Ref) (routing.Question, error) {
	act := "find who wants people for conversation " + string(c.Conversation)
	w, err := standing.ReadWish(ctx, db.pool, c)
	switch {
	case err != nil:
		return routing.Question{}, postgres.Explain(ctx, act, err)
	case w.HandOver == "":
		return routing.Question{}, postgres.Explain(ctx, act, conversation.ErrClosed)
	}
	return db.TrialQuestion(ctx, c, w.Turn, w.Queue)
}

// TrialQuestion loads the same whether or not a hand-over is wished, as if that message asked for them and the bot named the queue (""
// for none). It returns ErrNotFound when the tenant has no such conversation, or the conversation no such message.
func (db *DB) TrialQuestion(ctx context.Context, c conversation.Ref, turn conversation.MessageID, queue conversation.QueueID) (routing.Question, error) {
	q := routing.Question{Roll: roll(turn), Wish: postgres.KnownForm(queue)}
	return db.question(ctx, c, turn, q, loadWorkstream, db.loadFacts, loadRules, setup.LoadQueues)
}

// load adds to a question.
type load func(context.Context, *postgres.Tx, conversation.Ref, conversation.MessageID, *routing.Question) error

func (db *DB) question(ctx context.Context, c conversation.Ref, turn conversation.MessageID, q routing.Question, parts ...load) (routing.Question, error) {
	return postgres.Transact(ctx, db.pool, "load what decides where conversation "+string(c.Conversation)+" goes", func(tx *postgres.Tx) (routing.Question, error) {
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

func loadWorkstream(ctx context.Context, tx *postgres.Tx, c conversation.Ref, _ conversation.MessageID, q *routing.Question) error {
	query := `
		select ` + setup.WorkstreamResource.Columns + `, clock_timestamp() as now,
			(select count(*) from routing_traces where tenant = $1 and conversation_id = $2 and stage = '` + lifecycle.StageOverflow + `' and body ? 'to') as hops,
			(select classified from conversations where tenant = $1 and id = $2) as classified
		from workstreams where tenant = $1 and id = (
			select w.id from conversations c join accounts a on a.tenant = c.tenant and a.id = c.account_id ` + standing.WorkstreamOf + `
			where c.tenant = $1 and c.id = $2)`
	var row struct {
		setup.WorkstreamRow
		Now        time.Time                     `db:"now"`
		Hops       int                           `db:"hops"`
		Classified *postgres.JSON[routing.Needs] `db:"classified"`
	}
	if err := tx.GetContext(ctx, &row, query, c.Tenant, c.Conversation); err != nil {
		return err
	}
	q.Now, q.Hops, q.Workstream = row.Now.UTC(), row.Hops, row.Workstream()
	if row.Classified != nil {
		q.Before = &row.Classified.V
		postgres.RestoreIntegers(q.Before.Attributes)
	}
	return nil
}

// loadRules loads the published versions of the workstream's rulesets: classifications in their order, and the route.
func loadRules(ctx context.Context, tx *postgres.Tx, c conversation.Ref, _ conversation.MessageID, q *routing.Question) error {
	versions, err := setup.RulesInForce(ctx, tx, c.Tenant, `r.workstream_id = $2`, q.Workstream.ID)
	if err != nil {
		return err
	}
	for _, v := range versions {
		version := v.Version()
		if v.Kind == routing.RouteToQueue {
			q.Route = &version
			continue
		}
		q.Classifications = append(q.Classifications, version)
	}
	return nil
}
