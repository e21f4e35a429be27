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
	ctx, narrow := keptFor(ctx, f), narrowing(f, arg)
	if f.OpenOnly() {
		list, err := db.list(ctx, v, openPage(v, orders[f.Order], narrow, after, limit, arg), args...)
		return list, postgres.Explain(ctx, "list conversations", err)
	}
	page := pageAfter(after, arg(limit), arg)
	shown := `select c.id from conversations c where c.tenant = $1` + narrow
	switch {
	case v.AgentID == "":
		shown += page("c.opened_at", "c.id")
	case ofFew(f):
		shown += SeenEach(arg(v.AgentID)+`::uuid`) + page("c.opened_at", "c.id")
	default:
		shown = seenBy(arg(v.AgentID)+`::uuid`, narrow, page)
	}
	list, err := db.list(ctx, v, listedAll+` and c.id = any(array(`+shown+`)) order by c.opened_at desc, c.id desc`, args...)
	return list, postgres.Explain(ctx, "list conversations", err)
}

// ofFew says whether a filter names so few conversations that whether an agent may see them is looked up for each.
func ofFew(f conversation.Filter) bool { return len(f.IDs) > 0 || f.CustomerID != "" }

// keptFor returns the context of a statement that is narrowed by a filter. There are thousands of such statements, so only those with one
// condition at most are kept by a session.
func keptFor(ctx context.Context, f conversation.Filter) context.Context {
	conditions := 0
	for _, set := range []bool{
		len(f.States) > 0, f.QueueID != "", f.AgentID != "", f.AccountID != "", f.CustomerID != "", f.WorkstreamID != "", f.Holder != "",
		f.Unanswered, len(f.IDs) > 0, !f.From.IsZero(), !f.To.IsZero(),
	} {
		if set {
			conditions++
		}
	}
	if conditions > 1 {
		return postgres.SentWhole(ctx)
	}
	return ctx
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
		or exists (
			select from conversations n where n.tenant = $1 and n.customer_id = c.customer_id and n.agent_id = ` + agent + ` and n.state <> 'closed')
		or c.state <> 'closed' and c.holder = 'queue' and exists (
			select from queue_members m where m.tenant = $1 and m.agent_id = ` + agent + ` and m.queue_id = c.queue_id))`
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
