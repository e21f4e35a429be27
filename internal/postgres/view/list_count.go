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

// CountConversations counts the conversations of a list by state, whatever states it is narrowed by, each up to MostCounted. Of the
// conversations that an agent had it looks at the newest MostCounted, unless the list is of a customer or of ids.
func (db *DB) CountConversations(ctx context.Context, v access.Viewer, f conversation.Filter) (map[conversation.State]int, error) {
	args := []any{v.Tenant}
	arg := func(value any) string {
		args = append(args, value)
		return fmt.Sprintf("$%d", len(args))
	}
	narrow, most := narrowingBeside(f, arg), arg(MostCounted)+`::bigint`
	from, open := `conversations c where c.tenant = $1`, ` and c.state <> 'closed'`
	if v.AgentID != "" {
		agent := arg(v.AgentID) + `::uuid`
		switch {
		case f.OpenOnly():
			narrow += ` and c.id in (` + openTo(agent) + `)`
		case ofFew(f):
			narrow, open = narrow+SeenEach(agent), ""
		default:
			from, open = newestOf(agent, most), ""
		}
	}
	query := `
		select c.state, least(count(*), ` + most + `) as n from ` + from + open + narrow + ` group by c.state`
	if v.AgentID == "" && !f.OpenOnly() {
		query += `
		union all
		select 'closed', count(*) from (
			select from conversations c where c.tenant = $1 and c.closed_at is not null` + narrow + ` limit ` + most + `) closed`
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

// newestOf are the conversations c that an agent has, is offered and may take, and the newest that the agent had. They are looked up one by
// one: a join might read all conversations of the tenant.
func newestOf(agent, most string) string {
	return `(` + openTo(agent) + `
			union
			(select conversation_id from assignments where tenant = $1 and agent_id = ` + agent + ` and accepted_at is not null
			order by opened_at desc, conversation_id desc limit ` + most + `)) seen
		cross join lateral (select * from conversations where tenant = $1 and id = seen.id limit 1) c where true`
}
