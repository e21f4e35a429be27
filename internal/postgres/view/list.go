package view

import (
	"context"
	"fmt"
	"strings"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
)

// Lists of conversations. Which ones are shown is decided first, by an index in the order of the list; then those are read. A
// statement names only what a list is narrowed by, so that each has a plan of its own.

// Conversations lists newest first, after the given position, what the viewer may see. An openid that does not open reads
// as Unavailable. It returns ErrNotFound when the filter names a queue, an agent or an account by what is no UUID.
func (db *DB) Conversations(ctx context.Context, v access.Viewer, f conversation.Filter, after conversation.Position, limit int) ([]conversation.Conversation, error) {
	args := []any{v.Tenant}
	arg := func(value any) string {
		args = append(args, value)
		return fmt.Sprintf("$%d", len(args))
	}
	narrow := narrowing(f, arg)
	page := pageAfter(after, arg(limit), arg)
	shown := `select c.id from conversations c where c.tenant = $1` + narrow + page("c.opened_at", "c.id")
	if v.AgentID != "" {
		shown = seenBy(arg(v.AgentID)+`::uuid`, narrow, page)
	}
	list, err := db.list(ctx, v.Tenant, listedAll+` and c.id = any(array(`+shown+`)) order by c.opened_at desc, c.id desc`, args...)
	return list, postgres.Explain(ctx, "list conversations", err)
}

// narrowing are the conditions of a filter for conversations c.
func narrowing(f conversation.Filter, arg func(any) string) string {
	var and strings.Builder
	if f.State != "" {
		and.WriteString(` and c.state = ` + arg(f.State))
	}
	if f.State != "" && f.State != conversation.StateClosed {
		and.WriteString(` and c.state <> 'closed'`) // those have indexes of their own
	}
	if f.QueueID != "" {
		and.WriteString(` and c.queue_id = ` + arg(f.QueueID) + `::uuid`)
	}
	if f.AgentID != "" {
		and.WriteString(` and c.agent_id = ` + arg(f.AgentID) + `::uuid`)
	}
	if f.AccountID != "" {
		and.WriteString(` and c.account_id = ` + arg(f.AccountID) + `::uuid`)
	}
	return and.String()
}

// pageAfter says how a list goes on after a position: newest first, so many. at and id are the columns that it is in the order of.
func pageAfter(after conversation.Position, limit string, arg func(any) string) func(at, id string) string {
	position := ""
	if after.ID != "" {
		position = arg(after.OpenedAt) + `::timestamptz, ` + arg(after.ID) + `::uuid`
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

// workShown is how many conversations of a sort an agent is shown at once.
const workShown = 100

// Work returns an agent's offers, the agent's conversations, and those that wait in the agent's queues: at most 100 of each.
func (db *DB) Work(ctx context.Context, v access.Viewer) (w conversation.Work, err error) {
	for _, part := range []struct {
		list         *[]conversation.Conversation
		shown, order string
	}{
		{&w.Offers, `
			select conversation_id from assignments where tenant = $1 and agent_id = nullif($2, '')::uuid and state = 'offered'
			order by deadline, conversation_id limit $3`, `o.deadline, c.id`},
		{&w.Mine, `
			select id from conversations where tenant = $1 and agent_id = nullif($2, '')::uuid and state <> 'closed' and ending is null
			order by since, id limit $3`, `c.since, c.id`},
		{&w.Open, `
			select w.id from queue_members m cross join lateral (
				select id, waiting_since from conversations
				where tenant = m.tenant and queue_id = m.queue_id and state = 'open' and holder = 'queue' and ending is null
				order by waiting_since, id limit $3) w
			where m.tenant = $1 and m.agent_id = nullif($2, '')::uuid order by w.waiting_since, w.id limit $3`, `c.waiting_since, c.id`},
	} {
		query := listedAll + ` and c.id = any(array(` + part.shown + `)) order by ` + part.order
		if *part.list, err = db.list(ctx, v.Tenant, query, v.Tenant, v.AgentID, workShown); err != nil {
			return conversation.Work{}, postgres.Explain(ctx, "list an agent's work", err)
		}
	}
	return w, nil
}

// list runs a query that begins with listedAll.
func (db *DB) list(ctx context.Context, t conversation.Tenant, query string, args ...any) ([]conversation.Conversation, error) {
	var rows []ListedRow
	if err := db.pool.SelectContext(ctx, &rows, query, args...); err != nil {
		return nil, err
	}
	list := make([]conversation.Conversation, len(rows))
	for i, row := range rows {
		c, err := db.Open(t, row)
		if err != nil {
			return nil, err
		}
		list[i] = c
	}
	return list, nil
}
