package view

import (
	"context"
	"fmt"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
)

// MostCounted is how far conversations of a state are counted.
const MostCounted = 10_000

// CountConversations counts the conversations of a list by state, whatever states it is narrowed by, each up to MostCounted. Of a
// customer's and of ids it counts all that an agent may see. Of others an agent's are, while they are not closed, what they have, are
// offered, and may take; and of closed ones what they had among the newest MostCounted.
func (db *DB) CountConversations(ctx context.Context, v access.Viewer, f conversation.Filter) (map[conversation.State]int, error) {
	args := []any{v.Tenant}
	arg := func(value any) string {
		args = append(args, value)
		return fmt.Sprintf("$%d", len(args))
	}
	narrow, most, agent := narrowingBeside(f, arg), arg(MostCounted)+`::bigint`, ""
	if v.AgentID != "" {
		agent = arg(v.AgentID) + `::uuid`
	}
	if agent != "" && ofFew(f) && !f.OpenOnly() {
		narrow, agent = narrow+SeenEach(agent), ""
	}
	query := countOpen(agent, narrow, most)
	if !f.OpenOnly() {
		query += ` union all ` + countClosed(agent, narrow, most)
	}
	var rows []struct {
		State conversation.State `db:"state"`
		N     int                `db:"n"`
	}
	if err := db.pool.SelectContext(keptFor(ctx, f), &rows, query, args...); err != nil {
		return nil, postgres.Explain(ctx, "count conversations", err)
	}
	counts := map[conversation.State]int{}
	for _, r := range rows {
		counts[r.State] = r.N
	}
	return counts, nil
}

func countOpen(agent, narrow, most string) string {
	if agent != "" {
		narrow += ` and c.id in (` + openTo(agent) + `)`
	}
	return `
		select c.state, least(count(*), ` + most + `) as n from conversations c
		where c.tenant = $1 and c.state <> 'closed'` + narrow + ` group by c.state`
}

// countClosed counts closed conversations. With an agent it counts those that the agent had.
func countClosed(agent, narrow, most string) string {
	if agent == "" {
		return `
		select 'closed', count(*) from (
			select from conversations c where c.tenant = $1 and c.closed_at is not null` + narrow + ` limit ` + most + `) closed`
	}
	return `
		select 'closed', count(distinct c.id) from (
			select conversation_id from assignments where tenant = $1 and agent_id = ` + agent + ` and accepted_at is not null
			order by opened_at desc, conversation_id desc limit ` + most + `) had
		join conversations c on c.tenant = $1 and c.id = had.conversation_id
		where c.closed_at is not null` + narrow
}
