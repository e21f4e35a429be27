package presence

import (
	"context"
	"time"

	"github.com/lib/pq"

	"wxdesk/internal/conversation"
	"wxdesk/internal/feed"
	"wxdesk/internal/postgres"
	"wxdesk/internal/routing"
)

// An agent connection is an event stream of an agent. It is a row that belongs to an API process. Locks are taken in the order
// process, agent, connection.

// Heartbeat records that an API process is there and which connections it has. The process repeats it every few seconds. It
// returns where the ledger's rows differ.
func (db *DB) Heartbeat(ctx context.Context, process string, connections []string) (feed.ConnectionDiff, error) {
	connections = append([]string{}, connections...) // nil would be null, which is unlike everything
	return postgres.Transact(ctx, db.pool, "record that an API process is there", func(tx *postgres.Tx) (diff feed.ConnectionDiff, err error) {
		if err := beat(ctx, tx, process); err != nil {
			return diff, err
		}
		const selectUnknown = `select c from unnest($2::text[]) c where not exists (select from connections where id = c::uuid and process_id = $1)`
		if err := tx.SelectContext(ctx, &diff.Unknown, selectUnknown, process, pq.Array(connections)); err != nil {
			return diff, err
		}
		const selectStray = `
			select ` + connectionColumns + ` from connections where process_id = $1 and id <> all($2::text[]::uuid[])`
		var rows []connectionRow
		if err := tx.SelectContext(ctx, &rows, selectStray, process, pq.Array(connections)); err != nil {
			return diff, err
		}
		for _, r := range rows {
			diff.Stray = append(diff.Stray, feed.Connection(r))
		}
		const countAlive = `select count(*) from api_processes where beat_at >= now() - make_interval(secs => $1)`
		return diff, tx.GetContext(ctx, &diff.Processes, countAlive, feed.ProcessSilence.Seconds())
	})
}

type connectionRow struct {
	ID        string               `db:"id"`
	Tenant    conversation.Tenant  `db:"tenant"`
	AgentID   conversation.AgentID `db:"agent_id"`
	TokenID   string               `db:"token_id"`
	UserID    string               `db:"user_id"`
	SessionID string               `db:"session_id"`
}

const connectionColumns = `id, tenant, agent_id, coalesce(token_id::text, '') as token_id, coalesce(user_id::text, '') as user_id,
	coalesce(session_id::text, '') as session_id`

func beat(ctx context.Context, tx *postgres.Tx, process string) error {
	const upsert = `insert into api_processes (id) values ($1) on conflict (id) do update set beat_at = now()`
	_, err := tx.ExecContext(ctx, upsert, process)
	return err
}

// Connect records a connection, and the agent's work stays with them. The first connection signs the agent in: back to the presence
// that they had when they lost the last one, if that was less than the grace ago (PRE-7); otherwise to their default (PRE-3). If
// nobody has been told that they lost it, nobody is told that they are back. A
// connection of a person does not count before their shift begins. It returns ErrNotFound when there is no such agent, or the agent is
// disabled.
func (db *DB) Connect(ctx context.Context, process string, c feed.Connection) error {
	return db.pool.InTx(ctx, "connect an agent", func(tx *postgres.Tx) error {
		if err := beat(ctx, tx, process); err != nil {
			return err
		}
		agent, err := lockPresence(ctx, tx, c.Tenant, c.AgentID)
		if err != nil {
			return err
		}
		first, err := isFirstAtWork(ctx, tx, agent)
		if err != nil {
			return err
		}
		const insert = `
			insert into connections (id, tenant, agent_id, process_id, token_id, user_id, session_id, at_work)
			values ($1, $2, $3, $4, nullif($5, '')::uuid, nullif($6, '')::uuid, nullif($7, '')::uuid, $6 = '' or exists (
				select from users where tenant = $2 and id = nullif($6, '')::uuid and agent_id = $3 and shift_since is not null))
			on conflict (id) do nothing returning at_work`
		var atWork []bool
		err = tx.SelectContext(ctx, &atWork, insert, c.ID, c.Tenant, c.AgentID, process, c.TokenID, c.UserID, c.SessionID)
		if err != nil || len(atWork) == 0 || !atWork[0] {
			return err
		}
		return db.isAtWork(ctx, tx, agent, first)
	})
}

// isFirstAtWork reports whether an agent, whose row is locked, has no connection yet that counts.
func isFirstAtWork(ctx context.Context, tx *postgres.Tx, agent presenceRow) (first bool, err error) {
	const query = `select not exists (select from connections where tenant = $1 and agent_id = $2 and at_work)`
	err = tx.GetContext(ctx, &first, query, agent.Tenant, agent.ID)
	return first, err
}

// isAtWork does what follows from a connection that counts, of an agent whose row is locked: nobody waits for them any more, and the
// first one signs them in.
func (db *DB) isAtWork(ctx context.Context, tx *postgres.Tx, agent presenceRow, first bool) error {
	for _, kind := range []string{DueAgentLost, DueAgentGone} {
		if err := cancelDue(ctx, tx, kind, agent.Tenant, agent.ID); err != nil {
			return err
		}
	}
	switch {
	case !first:
		return nil
	case agent.LostAt != nil && agent.Lost < db.grace:
		return comeBack(ctx, tx, agent)
	case agent.LostAt == nil && agent.Presence != routing.Offline: // there without a stream, by choice
		return nil
	}
	presence, manual, custom := agent.atSignIn(db.grace)
	return putPresence(ctx, tx, agent, presence, manual, custom)
}

// atSignIn returns the presence with which an agent who is offline signs in: the one from before, within the grace.
func (r presenceRow) atSignIn(grace time.Duration) (p routing.Presence, manual bool, custom routing.PresenceID) {
	switch {
	case r.Before != nil && r.Lost < grace:
		return *r.Before, r.Manual, postgres.OrEmpty(r.Custom)
	case r.Default == routing.Offline || r.Default == routing.Away:
		return r.Default, true, ""
	}
	return routing.Available, false, "" // and from there to what their load says
}

// Disconnect removes a connection. Where it was the agent's last one, they get no new work; unless they are back by then, they are
// offline after feed.ReconnectGrace, and their work goes back to its queues after the grace (DoAgentDue). Where the API
// token or the session of the connection counts no more they are offline at once. A repeat changes nothing.
func (db *DB) Disconnect(ctx context.Context, c feed.Connection) error {
	return db.pool.InTx(ctx, "disconnect an agent", func(tx *postgres.Tx) error {
		return db.loseConnections(ctx, tx, []string{c.ID})
	})
}

// droppedAtOnce is how many connections of a silent process one transaction removes. Agents who connect again at that moment wait for
// the transaction.
const droppedAtOnce = 500

// DropSilentProcesses removes the API processes that have been silent for feed.ProcessSilence, and their connections
// as Disconnect does: some at a time, and the process with the last ones.
func (db *DB) DropSilentProcesses(ctx context.Context) error {
	for {
		more, err := postgres.Transact(ctx, db.pool, "drop silent API processes", func(tx *postgres.Tx) (bool, error) {
			return db.dropSilent(ctx, tx)
		})
		if err != nil || !more {
			return err
		}
	}
}

// dropSilent removes connections of one silent process; more is false if no process is silent.
func (db *DB) dropSilent(ctx context.Context, tx *postgres.Tx) (more bool, err error) {
	const lockSilentProcess = `
		select id from api_processes where beat_at < now() - make_interval(secs => $1)
		order by id limit 1 for update skip locked`
	var processes []string
	if err := tx.SelectContext(ctx, &processes, lockSilentProcess, feed.ProcessSilence.Seconds()); err != nil || len(processes) == 0 {
		return false, err
	}
	var connections []string
	const selectConnections = `select id from connections where process_id = $1 order by agent_id, id limit $2`
	if err := tx.SelectContext(ctx, &connections, selectConnections, processes[0], droppedAtOnce); err != nil {
		return false, err
	}
	if err := db.loseConnections(ctx, tx, connections); err != nil || len(connections) == droppedAtOnce {
		return true, err
	}
	_, err = tx.ExecContext(ctx, `delete from api_processes where id = $1`, processes[0])
	return true, err
}

// loseConnections removes connections with a fixed number of statements, however many connections there are.
func (db *DB) loseConnections(ctx context.Context, tx *postgres.Tx, connections []string) error {
	if len(connections) == 0 {
		return nil
	}
	const lockConnectedAgents = `
		select from agents g where exists (
			select from connections c where c.tenant = g.tenant and c.agent_id = g.id and c.id = any($1::text[]::uuid[]))
		order by g.tenant, g.id for no key update of g`
	if _, err := tx.ExecContext(ctx, lockConnectedAgents, pq.Array(connections)); err != nil {
		return err
	}
	const deleteConnections = `
		with lost as (
			delete from connections where id = any($1::text[]::uuid[]) returning tenant, agent_id, token_id, session_id, at_work
		), last as (
			select l.tenant, l.agent_id, bool_and(g.disabled or exists (
				select from api_tokens k
				where k.tenant = l.tenant and k.id = l.token_id and (k.revoked_at is not null or k.expires_at <= now()))
				or l.session_id is not null and not exists (
				select from sessions s
				where s.tenant = l.tenant and s.id = l.session_id and s.until > now() and s.seen_at + s.idle > now())) as barred
			from lost l join agents g on g.tenant = l.tenant and g.id = l.agent_id where l.at_work and not exists (
				select from connections c
				where c.tenant = l.tenant and c.agent_id = l.agent_id and c.at_work and c.id <> all($1::text[]::uuid[]))
			group by l.tenant, l.agent_id
		), timed as (
			insert into due (tenant, kind, agent_id, since, due_at)
			select tenant, '` + DueAgentLost + `', agent_id, now(), now() + make_interval(secs => $2) from last where not barred
			on conflict do nothing
		)
		update agents set lost_at = now() from last where agents.tenant = last.tenant and agents.id = last.agent_id
		returning agents.tenant, agents.id, barred`
	var lost []struct {
		AgentKey
		Barred bool `db:"barred"` // cannot come back with that API token
	}
	if err := tx.SelectContext(ctx, &lost, deleteConnections, pq.Array(connections), db.reconnectGrace().Seconds()); err != nil {
		return err
	}
	var barred []AgentKey
	for _, l := range lost {
		if l.Barred {
			barred = append(barred, l.AgentKey)
		}
	}
	return db.SignOut(ctx, tx, barred...)
}
