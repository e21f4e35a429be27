package view

import (
	"context"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
)

// workShown is how many conversations of a sort an agent is shown at once.
const workShown = 100

// Work returns an agent's offers, the agent's conversations, and those that wait in the agent's queues: at most 100 of each.
func (db *DB) Work(ctx context.Context, v access.Viewer) (w conversation.Work, err error) {
	for _, part := range []struct {
		list         *[]conversation.Conversation
		more         *bool
		shown, order string
	}{
		{&w.Offers, &w.More.Offers, `
			select conversation_id from assignments where tenant = $1 and agent_id = nullif($2, '')::uuid and state = 'offered'
			order by deadline, conversation_id limit $3`, `o.deadline, c.id`},
		{&w.Mine, &w.More.Mine, `
			select id from conversations where tenant = $1 and agent_id = nullif($2, '')::uuid and state <> 'closed' and ending is null
			order by since, id limit $3`, `c.since, c.id`},
		{&w.Open, &w.More.Open, `
			select w.id from queue_members m cross join lateral (
				select id, waiting_since from conversations
				where tenant = m.tenant and queue_id = m.queue_id and state = 'open' and holder = 'queue' and ending is null
				order by waiting_since, id limit $3) w
			where m.tenant = $1 and m.agent_id = nullif($2, '')::uuid order by w.waiting_since, w.id limit $3`, `c.waiting_since, c.id`},
	} {
		query := listedAll + ` and c.id = any(array(` + part.shown + `)) order by ` + part.order
		if *part.list, err = db.list(ctx, v, query, v.Tenant, v.AgentID, workShown+1); err != nil {
			return conversation.Work{}, postgres.Explain(ctx, "list an agent's work", err)
		}
		if *part.more = len(*part.list) > workShown; *part.more {
			*part.list = (*part.list)[:workShown]
		}
	}
	return w, nil
}
