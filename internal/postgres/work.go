package postgres

import (
	"context"

	"wxdesk/internal/conversation"
)

// workShown is how many conversations of a sort an agent is shown at once.
const workShown = 100

// Work lists what concerns an agent now, the first 100 of each sort.
func (db *DB) Work(ctx context.Context, v conversation.Viewer) (w conversation.Work, err error) {
	for _, part := range []struct {
		list  *[]conversation.Conversation
		which string
	}{
		{&w.Offers, ` and o.agent_id = nullif($2, '')::uuid order by o.deadline, c.id limit $3`},
		{&w.Mine, ` and c.agent_id = nullif($2, '')::uuid and c.state <> 'closed' and c.ending is null order by c.since, c.id limit $3`},
		{&w.Open, ` and c.state = 'open' and c.ending is null and c.holder = 'queue' and c.queue_id in (
			select queue_id from queue_members where tenant = $1 and agent_id = nullif($2, '')::uuid) order by c.waiting_since, c.id limit $3`},
	} {
		if *part.list, err = db.list(ctx, v, listed(v)+part.which, workShown); err != nil {
			return conversation.Work{}, explain(ctx, "list an agent's work", err)
		}
	}
	return w, nil
}
