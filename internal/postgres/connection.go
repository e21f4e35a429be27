package postgres

import (
	"context"
	"time"

	"github.com/lib/pq"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// An agent connection is an event stream of an agent. It is a row that belongs to an API process. Locks are taken in the order
// process, agent, connection.

// Heartbeat records that an API process is there and which connections it has. The process repeats it every few seconds. It
// returns where the ledger's rows differ.
func (db *DB) Heartbeat(ctx context.Context, process string, connections []string) (conversation.ConnectionDiff, error) {
	connections = append([]string{}, connections...) // nil would be null, which is unlike everything
	return transact(ctx, db, "record that an API process is there", func(tx *transaction) (diff conversation.ConnectionDiff, err error) {
		if err := beat(ctx, tx, process); err != nil {
			return diff, err
		}
		const unknown = `select c from unnest($2::text[]) c where not exists (select from connections where id = c::uuid and process_id = $1)`
		if err := tx.SelectContext(ctx, &diff.Unknown, unknown, process, pq.Array(connections)); err != nil {
			return diff, err
		}
		const stray = `
			select id, tenant, agent_id from connections where process_id = $1 and id <> all($2::text[]::uuid[])`
		var rows []connectionRow
		if err := tx.SelectContext(ctx, &rows, stray, process, pq.Array(connections)); err != nil {
			return diff, err
		}
		for _, r := range rows {
			diff.Stray = append(diff.Stray, conversation.AgentConnection(r))
		}
		const alive = `select count(*) from api_processes where beat_at >= now() - make_interval(secs => $1)`
		return diff, tx.GetContext(ctx, &diff.Processes, alive, conversation.ProcessSilence.Seconds())
	})
}

type connectionRow struct {
	ID      string               `db:"id"`
	Tenant  conversation.Tenant  `db:"tenant"`
	AgentID conversation.AgentID `db:"agent_id"`
}

func beat(ctx context.Context, tx *transaction, process string) error {
	const upsert = `insert into api_processes (id) values ($1) on conflict (id) do update set beat_at = now()`
	_, err := tx.ExecContext(ctx, upsert, process)
	return err
}

// Connect records a connection, and the agent's work stays with them. The first connection signs the agent in: back to the
// presence that they had when they lost the last one, if that was less than the grace ago (PRE-7); otherwise to their default
// (PRE-3). ErrNotFound when there is no such agent, or the agent is disabled.
func (db *DB) Connect(ctx context.Context, process string, c conversation.AgentConnection) error {
	return db.inTx(ctx, "connect an agent", func(tx *transaction) error {
		if err := beat(ctx, tx, process); err != nil {
			return err
		}
		agent, err := lockPresence(ctx, tx, c.Tenant, c.AgentID)
		if err != nil {
			return err
		}
		if err := cancelDue(ctx, tx, dueAgentGone, c.Tenant, c.AgentID); err != nil {
			return err
		}
		const first = `select not exists (select from connections where tenant = $1 and agent_id = $2)`
		var signsIn bool
		if err := tx.GetContext(ctx, &signsIn, first, c.Tenant, c.AgentID); err != nil {
			return err
		}
		const insert = `insert into connections (id, tenant, agent_id, process_id) values ($1, $2, $3, $4) on conflict (id) do nothing`
		if _, err := tx.ExecContext(ctx, insert, c.ID, c.Tenant, c.AgentID, process); err != nil || !signsIn || agent.Presence != routing.Offline {
			return err
		}
		presence, manual, custom := agent.atSignIn(db.grace)
		return putPresence(ctx, tx, agent, presence, manual, custom)
	})
}

// atSignIn returns the presence with which an agent who is offline signs in: the one from before, within the grace.
func (r presenceRow) atSignIn(grace time.Duration) (p routing.Presence, manual bool, custom routing.PresenceID) {
	switch {
	case r.Before != nil && r.Lost < grace:
		return *r.Before, r.Manual, orEmpty(r.Custom)
	case r.Default == routing.Offline || r.Default == routing.Away:
		return r.Default, true, ""
	}
	return routing.Available, false, "" // and from there to what their load says
}

// Disconnect removes a connection. Where it was the agent's last one, the agent is offline at once, and their work goes back to
// its queues after the grace (DoAgentDue). A repeat changes nothing.
func (db *DB) Disconnect(ctx context.Context, c conversation.AgentConnection) error {
	return db.inTx(ctx, "disconnect an agent", func(tx *transaction) error {
		return db.loseConnections(ctx, tx, []string{c.ID})
	})
}

// droppedAtOnce is how many connections of a silent process one transaction removes. Agents who connect anew meanwhile wait for it.
const droppedAtOnce = 500

// DropSilentProcesses removes the API processes that have been silent for conversation.ProcessSilence, and their connections
// as Disconnect does: some at a time, and the process with the last ones.
func (db *DB) DropSilentProcesses(ctx context.Context) error {
	for {
		more, err := transact(ctx, db, "drop silent API processes", func(tx *transaction) (bool, error) {
			return db.dropSilent(ctx, tx)
		})
		if err != nil || !more {
			return err
		}
	}
}

// dropSilent removes connections of one silent process; more is false where no process is silent.
func (db *DB) dropSilent(ctx context.Context, tx *transaction) (more bool, err error) {
	const silent = `
		select id from api_processes where beat_at < now() - make_interval(secs => $1)
		order by id limit 1 for update skip locked`
	var processes []string
	if err := tx.SelectContext(ctx, &processes, silent, conversation.ProcessSilence.Seconds()); err != nil || len(processes) == 0 {
		return false, err
	}
	var connections []string
	const theirs = `select id from connections where process_id = $1 order by agent_id, id limit $2`
	if err := tx.SelectContext(ctx, &connections, theirs, processes[0], droppedAtOnce); err != nil {
		return false, err
	}
	if err := db.loseConnections(ctx, tx, connections); err != nil || len(connections) == droppedAtOnce {
		return true, err
	}
	_, err = tx.ExecContext(ctx, `delete from api_processes where id = $1`, processes[0])
	return true, err
}

// loseConnections removes connections. Agents who have none left go offline, and what they were is kept for the grace. However
// many connections there are, it takes the same few statements.
func (db *DB) loseConnections(ctx context.Context, tx *transaction, connections []string) error {
	if len(connections) == 0 {
		return nil
	}
	const lock = `
		select from agents g where exists (
			select from connections c where c.tenant = g.tenant and c.agent_id = g.id and c.id = any($1::text[]::uuid[]))
		order by g.tenant, g.id for no key update of g`
	if _, err := tx.ExecContext(ctx, lock, pq.Array(connections)); err != nil {
		return err
	}
	const signOut = `
		with lost as (
			delete from connections where id = any($1::text[]::uuid[]) returning tenant, agent_id
		), gone as (
			select distinct tenant, agent_id from lost l where not exists (
				select from connections c where c.tenant = l.tenant and c.agent_id = l.agent_id and c.id <> all($1::text[]::uuid[]))
		), timed as (
			insert into due (tenant, kind, agent_id, since, due_at)
			select tenant, '` + dueAgentGone + `', agent_id, now(), now() + make_interval(secs => $2) from gone
			on conflict do nothing
		)
		update agents set presence_before = presence, presence = 'offline', presence_at = now() from gone
		where agents.tenant = gone.tenant and agents.id = gone.agent_id
		returning agents.tenant, agents.id, presence, presence_manual, ` + shownPresence
	var gone []presenceRow
	if err := tx.SelectContext(ctx, &gone, signOut, pq.Array(connections), db.grace.Seconds()); err != nil {
		return err
	}
	news := map[conversation.Tenant][]feedRow{}
	for _, agent := range gone {
		news[agent.Tenant] = append(news[agent.Tenant], presenceNews(agent))
	}
	for t, rows := range news {
		if err := publish(ctx, tx, t, rows...); err != nil {
			return err
		}
	}
	return nil
}
