package view

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/lib/pq"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
)

// Lists of conversations. Which ones are shown is decided first, by an index in the order of the list; then those are read. A
// statement names only what a list is narrowed by, so that each has a plan of its own.

// Conversations lists what the viewer may see, in the order of the filter and after the given position. With a filter that leaves out
// closed conversations, an agent's are what they have, are offered, and may take from their queues. An openid that does not open reads as
// Unavailable. It returns ErrNotFound when the filter names something by what is no UUID.
func (db *DB) Conversations(ctx context.Context, v access.Viewer, f conversation.Filter, after conversation.Position, limit int) ([]conversation.Conversation, error) {
	args := []any{v.Tenant}
	arg := func(value any) string {
		args = append(args, value)
		return fmt.Sprintf("$%d", len(args))
	}
	narrow := narrowing(f, arg)
	if f.OpenOnly() {
		list, err := db.list(ctx, v, openPage(v, orders[f.Order], narrow, after, limit, arg), args...)
		return list, postgres.Explain(ctx, "list conversations", err)
	}
	page := pageAfter(after, arg(limit), arg)
	shown := `select c.id from conversations c where c.tenant = $1` + narrow
	switch {
	case v.AgentID == "":
		shown += page("c.opened_at", "c.id")
	case len(f.IDs) > 0 || f.CustomerID != "":
		shown += SeenEach(arg(v.AgentID)+`::uuid`) + page("c.opened_at", "c.id")
	default:
		shown = seenBy(arg(v.AgentID)+`::uuid`, narrow, page)
	}
	list, err := db.list(ctx, v, listedAll+` and c.id = any(array(`+shown+`)) order by c.opened_at desc, c.id desc`, args...)
	return list, postgres.Explain(ctx, "list conversations", err)
}

// narrowing are the conditions of a filter for conversations c.
func narrowing(f conversation.Filter, arg func(any) string) string {
	and := narrowingBeside(f, arg)
	if f.OpenOnly() || len(f.States) > 0 && !slices.Contains(f.States, conversation.StateClosed) {
		and += ` and c.state <> 'closed'` // those have indexes of their own
	}
	switch len(f.States) {
	case 0:
	case 1:
		and += ` and c.state = ` + arg(f.States[0])
	default:
		and += ` and c.state = any(` + arg(pq.Array(f.States)) + `::text[])`
	}
	return and
}

// narrowingBeside are the conditions of a filter beside states.
func narrowingBeside(f conversation.Filter, arg func(any) string) string {
	var and strings.Builder
	for _, by := range []struct{ column, id string }{
		{"queue_id", string(f.QueueID)},
		{"agent_id", string(f.AgentID)},
		{"account_id", string(f.AccountID)},
		{"customer_id", string(f.CustomerID)},
		{"workstream_id", string(f.WorkstreamID)},
	} {
		if by.id != "" {
			and.WriteString(` and c.` + by.column + ` = ` + arg(by.id) + `::uuid`)
		}
	}
	if f.Holder != "" {
		and.WriteString(` and c.holder = ` + arg(f.Holder))
	}
	if f.Unanswered {
		and.WriteString(` and c.unanswered_since is not null`)
	}
	if len(f.IDs) > 0 {
		and.WriteString(` and c.id = any(` + arg(pq.Array(f.IDs)) + `::text[]::uuid[])`)
	}
	if !f.From.IsZero() {
		and.WriteString(` and c.opened_at >= ` + arg(f.From))
	}
	if !f.To.IsZero() {
		and.WriteString(` and c.opened_at < ` + arg(f.To))
	}
	return and.String()
}

// pageAfter says how a list goes on after a position: newest first, so many. at and id are the columns that it is in the order of.
func pageAfter(after conversation.Position, limit string, arg func(any) string) func(at, id string) string {
	position := ""
	if after.ID != "" {
		position = arg(after.At) + `::timestamptz, ` + arg(after.ID) + `::uuid`
	}
	return func(at, id string) (page string) {
		if position != "" {
			page = ` and (` + at + `, ` + id + `) < (` + position + `)`
		}
		return page + ` order by ` + at + ` desc, ` + id + ` desc limit ` + limit
	}
}

// seenBy selects the page of what an agent may see, as Listed does: what they have, what they had or are offered, and what waits in
// a queue of theirs.
func seenBy(agent, narrow string, page func(at, id string) string) string {
	newest := narrow + page("c.opened_at", "c.id")
	return `
		select id from (
			(select c.id, c.opened_at from conversations c where c.tenant = $1 and c.agent_id = ` + agent + ` and c.state <> 'closed'` + newest + `)
			union
			(select distinct a.conversation_id, a.opened_at from assignments a
			join conversations c on c.tenant = a.tenant and c.id = a.conversation_id
			where a.tenant = $1 and a.agent_id = ` + agent + ` and (a.state = 'offered' or a.accepted_at is not null)` +
		narrow + page("a.opened_at", "a.conversation_id") + `)
			union
			(select w.id, w.opened_at from queue_members m cross join lateral (
				select c.id, c.opened_at from conversations c
				where c.tenant = m.tenant and c.queue_id = m.queue_id and c.state <> 'closed' and c.holder = 'queue'` + newest + `) w
			where m.tenant = $1 and m.agent_id = ` + agent + `)) seen where true` + page("opened_at", "id")
}

// SeenEach is the condition that an agent may see conversation c of tenant $1, as Listed has it. It looks each conversation up, so it is
// for few. agent is the parameter that has the agent's id.
func SeenEach(agent string) string {
	return ` and (c.agent_id = ` + agent + ` and c.state <> 'closed'
		or exists (
			select from assignments a where a.tenant = $1 and a.agent_id = ` + agent + ` and a.conversation_id = c.id
				and (a.state = 'offered' or a.accepted_at is not null))
		or c.state <> 'closed' and c.holder = 'queue' and exists (
			select from queue_members m where m.tenant = $1 and m.agent_id = ` + agent + ` and m.queue_id = c.queue_id))`
}

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

// list runs a query that begins with listedAll.
func (db *DB) list(ctx context.Context, v access.Viewer, query string, args ...any) ([]conversation.Conversation, error) {
	var rows []ListedRow
	if err := db.pool.SelectContext(ctx, &rows, query, args...); err != nil {
		return nil, err
	}
	list := make([]conversation.Conversation, len(rows))
	for i, row := range rows {
		c, err := db.Open(v.Tenant, row)
		if err != nil {
			return nil, err
		}
		list[i] = c
	}
	return list, addUnread(ctx, db.pool, v, list)
}
