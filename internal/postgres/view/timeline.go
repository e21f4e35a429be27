package view

import (
	"context"
	"math"
	"slices"
	"time"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/sealing"
)

// The timeline is one sequence of what was said, noted and done. Messages, notes and steps have tables of their own, which share one counter and
// have an index in its order. A page reads as many rows of each table as it may hold, and keeps the nearest.

// timelineRow is an entry of any kind.
type timelineRow struct {
	Seq        int64                        `db:"seq"`
	At         time.Time                    `db:"at"`
	Kind       string                       `db:"kind"`
	ID         string                       `db:"id"`
	Author     conversation.WriterKind      `db:"author"` // "" for a note
	AuthorID   string                       `db:"author_id"`
	AuthorName string                       `db:"author_name"`
	What       string                       `db:"what"` // the kind of a message, or what a step is
	Body       []byte                       `db:"body"`
	Status     *conversation.DeliveryStatus `db:"status"`
	Reason     string                       `db:"reason"`
	QueueID    conversation.QueueID         `db:"queue_id"`
	AgentID    conversation.AgentID         `db:"agent_id"`
	Until      *time.Time                   `db:"until"`
	IsAgent    bool                         `db:"is_agent"`
	IsUser     bool                         `db:"is_user"`
	Key        string                       `db:"key"` // of the viewer's command that wrote it
}

// timelineUp reads at most $4 entries of conversation $2 with numbers above $3, and the keys of actor $5; timelineDown those below it. Both
// answer oldest first.
var (
	timelineUp   = timelineQuery(`>`, `asc`)
	timelineDown = timelineQuery(`<`, `desc`)
)

func timelineQuery(beyond, order string) string {
	page := ` seq ` + beyond + ` $3 order by seq ` + order + ` limit $4)`
	return `
		select t.seq, t.at, t.kind, coalesce(t.id::text, '') as id, t.author, coalesce(t.author_id, '') as author_id, t.what, t.body,
			d.status, coalesce(d.reason, t.reason) as reason, coalesce(t.queue_id::text, '') as queue_id,
			coalesce(t.agent_id::text, '') as agent_id, t.until, g.id is not null as is_agent, u.id is not null as is_user,
			coalesce(g.name, u.name, k.name, case when t.author = 'bot' then b.name end, '') as author_name,
			coalesce(o.key, '') as key
		from (
			(select seq, created_at as at, 'message' as kind, id, author, agent_id::text as author_id, kind as what, body, '' as reason,
				null::uuid as queue_id, null::uuid as agent_id, null::timestamptz as until
			from messages where tenant = $1 and conversation_id = $2 and` + page + `
			union all
			(select seq, created_at, 'note', id, '', author, '', body, '', null, null, null
			from notes where tenant = $1 and conversation_id = $2 and` + page + `
			union all
			(select seq, at, 'step', null, author, author_id, what, null, reason, queue_id, agent_id, until
			from steps where tenant = $1 and conversation_id = $2 and` + page + `
			union all
			select 0, opened_at, 'step', null, 'customer', '', '` + conversation.StepOpened + `', null, '', null, null, null
			from conversations where tenant = $1 and id = $2 and 0 ` + beyond + ` $3
			order by seq ` + order + ` limit $4) t
		join conversations c on c.tenant = $1 and c.id = $2
		join accounts a on a.tenant = c.tenant and a.id = c.account_id
		left join bots b on b.tenant = a.tenant and b.id = a.bot_id
		left join deliveries d on t.kind = 'message' and d.tenant = $1 and d.message_id = t.id
		left join agents g on g.tenant = $1 and g.id = case when length(t.author_id) = 36 then t.author_id::uuid end
		left join users u on u.tenant = $1 and u.id = case when length(t.author_id) = 36 then t.author_id::uuid end
		left join ` + writtenBy("t.id", "$5") + `
		left join api_tokens k on k.tenant = $1 and k.id = case when length(t.author_id) = 36 then t.author_id::uuid end
		order by t.seq`
}

// Timeline reads a part of what was said, noted and done in a conversation, oldest first. A text that cannot be opened reads as Unavailable.
// It returns ErrNotFound when there is no such conversation that the viewer may see.
func (db *DB) Timeline(ctx context.Context, v access.Viewer, id conversation.ID, r conversation.TimelineRange) (conversation.Timeline, error) {
	about, err := db.seen(ctx, v, id)
	if err != nil {
		return conversation.Timeline{}, postgres.Explain(ctx, "read a timeline", err)
	}
	read := func(query string, from int64, limit int) (rows []timelineRow, more bool, err error) {
		if err := db.pool.SelectContext(ctx, &rows, query, v.Tenant, id, from, limit+1, v.ActorID); err != nil {
			return nil, false, postgres.Explain(ctx, "read a timeline", err)
		}
		if more = len(rows) > limit; !more {
			return rows, false, nil
		}
		if query == timelineDown {
			return rows[1:], true, nil
		}
		return rows[:limit], true, nil
	}
	var t conversation.Timeline
	var rows []timelineRow
	switch {
	case r.After != nil:
		rows, t.After, err = read(timelineUp, *r.After, r.Limit)
		t.Before = *r.After >= 0 // the first entry is there at least
	case r.Around != nil:
		around := min(*r.Around, math.MaxInt64-1) // no entry has a higher number
		var later []timelineRow
		if rows, t.Before, err = read(timelineDown, around+1, (r.Limit+1)/2); err == nil {
			later, t.After, err = read(timelineUp, around, r.Limit-len(rows))
			rows = slices.Concat(rows, later)
		}
	case r.Before != nil:
		if rows, t.Before, err = read(timelineDown, *r.Before, r.Limit); err == nil {
			_, t.After, err = read(timelineUp, *r.Before-1, 0)
		}
	default:
		rows, t.Before, err = read(timelineDown, math.MaxInt64, r.Limit)
	}
	if err != nil {
		return conversation.Timeline{}, err
	}
	seal, sealErr := sealing.OpenCustomer(db.ring, v.Tenant, string(about.CustomerID), about.DataKey)
	t.Entries = postgres.Each(rows, func(row timelineRow) conversation.Entry { return row.entry(about.CustomerID, seal, sealErr == nil) })
	return t, nil
}

// entry returns the row as an entry, with its text opened; opens is false if the customer's key cannot be used.
func (r timelineRow) entry(customer conversation.CustomerID, seal sealing.Customer, opens bool) conversation.Entry {
	e := conversation.Entry{Seq: r.Seq, At: r.At, By: conversation.Writer{Kind: r.Author, ID: r.AuthorID, Name: r.AuthorName}}
	switch {
	case r.Author == conversation.WriterCustomer:
		e.By.ID, e.By.Name = string(customer), conversation.Customer{ID: customer}.Label()
	case r.Kind == "note" && r.IsAgent:
		e.By.Kind = conversation.WriterAgent
	case r.Kind == "note" && r.IsUser:
		e.By.Kind = conversation.WriterUser
	case r.Kind == "note":
		e.By.Kind = conversation.WriterToken
	}
	switch r.Kind {
	case "message":
		e.Message = r.message(seal, opens)
	case "note":
		e.Note = &conversation.Note{ID: r.ID, Author: r.AuthorID, Text: sealing.Unavailable, CreatedAt: r.At, Key: r.Key}
		if opens {
			e.Note.Text = seal.OpenNote(r.ID, r.Body)
		}
	default:
		e.Step = &conversation.TimelineStep{What: r.What, QueueID: r.QueueID, AgentID: r.AgentID, Reason: r.Reason, Until: postgres.OrEmpty(r.Until)}
	}
	return e
}

func (r timelineRow) message(seal sealing.Customer, opens bool) *conversation.Message {
	m := &conversation.Message{
		ID: conversation.MessageID(r.ID), Seq: r.Seq, Author: conversation.Author(r.Author), AgentID: conversation.AgentID(r.AuthorID),
		Kind: r.What, Text: sealing.Unavailable, CreatedAt: r.At, Key: r.Key,
	}
	if opens {
		if said, err := seal.OpenBody(r.ID, r.Body); err == nil {
			m.Text, m.Fields = said.Text, said.FieldValues()
		}
	}
	if r.Status != nil {
		m.Delivery = &conversation.Delivery{Status: *r.Status, Reason: r.Reason}
	}
	return m
}
