package view

import (
	"context"
	"time"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/sealing"
	"wxdesk/internal/routing"
)

// Notes lists what was written about a conversation for colleagues after the note with the given id, "" for the first,
// oldest first. A text that does not open reads as Unavailable. It returns ErrNotFound when there is no such
// conversation that the viewer may see.
func (db *DB) Notes(ctx context.Context, v access.Viewer, id conversation.ID, after string, limit int) ([]conversation.Note, error) {
	about, err := db.seen(ctx, v, id)
	if err != nil {
		return nil, postgres.Explain(ctx, "read notes", err)
	}
	const query = `
		select id, author, body, created_at from notes
		where tenant = $1 and conversation_id = $2
			and seq > coalesce((select seq from notes where tenant = $1 and id = nullif($3, '')::uuid), 0)
		order by seq limit $4`
	var rows []struct {
		ID        string    `db:"id"`
		Author    string    `db:"author"`
		Body      []byte    `db:"body"`
		CreatedAt time.Time `db:"created_at"`
	}
	if err := db.pool.SelectContext(ctx, &rows, query, v.Tenant, id, after, limit); err != nil {
		return nil, postgres.Explain(ctx, "read notes", err)
	}
	seal, sealErr := sealing.OpenCustomer(db.ring, v.Tenant, string(about.CustomerID), about.DataKey)
	list := make([]conversation.Note, len(rows))
	for i, r := range rows {
		list[i] = conversation.Note{ID: r.ID, Author: r.Author, Text: sealing.Unavailable, CreatedAt: r.CreatedAt}
		if sealErr == nil {
			list[i].Text = seal.OpenNote(r.ID, r.Body)
		}
	}
	return list, nil
}

// RoutingTrace lists how a conversation was routed and distributed after the step with the given number, oldest first.
// It returns ErrNotFound when there is no such conversation that the viewer may see.
func (db *DB) RoutingTrace(ctx context.Context, v access.Viewer, id conversation.ID, after int64, limit int) ([]routing.TraceStep, error) {
	if _, err := db.seen(ctx, v, id); err != nil {
		return nil, postgres.Explain(ctx, "read a routing trace", err)
	}
	const query = `
		select id, stage, body, at from routing_traces
		where tenant = $1 and conversation_id = $2 and id > $3 order by id limit $4`
	var rows []struct {
		ID    int64     `db:"id"`
		Stage string    `db:"stage"`
		Body  []byte    `db:"body"`
		At    time.Time `db:"at"`
	}
	if err := db.pool.SelectContext(ctx, &rows, query, v.Tenant, id, after, limit); err != nil {
		return nil, postgres.Explain(ctx, "read a routing trace", err)
	}
	steps := make([]routing.TraceStep, len(rows))
	for i, r := range rows {
		steps[i] = routing.TraceStep{Number: r.ID, Stage: r.Stage, Body: r.Body, At: r.At}
	}
	return steps, nil
}
