package postgres

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// A desk is an event stream of an agent, a row that belongs to an API process. Offline means that no desk is left. Locks
// are taken in the order process, agent, connection.

// DeskBeat says that an API process is there, and which desks it has; it is repeated every few seconds. It answers where
// the ledger's rows differ.
func (db *DB) DeskBeat(ctx context.Context, process string, desks []string) (conversation.DeskBeat, error) {
	desks = append([]string{}, desks...) // nil would be null, which is unlike everything
	return transact(ctx, db, "record that an API process is there", func(tx *sqlx.Tx) (found conversation.DeskBeat, err error) {
		if err := beat(ctx, tx, process); err != nil {
			return found, err
		}
		const unknown = `select d from unnest($2::text[]) d where not exists (select from connections where id = d::uuid and process_id = $1)`
		if err := tx.SelectContext(ctx, &found.Unknown, unknown, process, pq.Array(desks)); err != nil {
			return found, err
		}
		const stray = `
			select id, tenant, agent_id from connections where process_id = $1 and id <> all($2::text[]::uuid[])`
		var rows []deskRow
		if err := tx.SelectContext(ctx, &rows, stray, process, pq.Array(desks)); err != nil {
			return found, err
		}
		for _, r := range rows {
			found.Stray = append(found.Stray, conversation.Desk(r))
		}
		return found, nil
	})
}

type deskRow struct {
	ID      string               `db:"id"`
	Tenant  conversation.Tenant  `db:"tenant"`
	AgentID conversation.AgentID `db:"agent_id"`
}

func beat(ctx context.Context, tx *sqlx.Tx, process string) error {
	const upsert = `insert into api_processes (id) values ($1) on conflict (id) do update set beat_at = now()`
	_, err := tx.ExecContext(ctx, upsert, process)
	return err
}

// Connect records a desk. The first one signs its agent in: back to the presence that he had when he lost his last desk,
// if that was less than the grace ago (PRE-7); otherwise to his own default (PRE-3). ErrNotFound when there is no such
// agent, or he is disabled.
func (db *DB) Connect(ctx context.Context, process string, d conversation.Desk) error {
	return db.inTx(ctx, "connect a desk", func(tx *sqlx.Tx) error {
		if err := beat(ctx, tx, process); err != nil {
			return err
		}
		agent, err := lockPresence(ctx, tx, d.Tenant, d.AgentID)
		if err != nil {
			return err
		}
		const first = `select not exists (select from connections where tenant = $1 and agent_id = $2)`
		var signsIn bool
		if err := tx.GetContext(ctx, &signsIn, first, d.Tenant, d.AgentID); err != nil {
			return err
		}
		const insert = `insert into connections (id, tenant, agent_id, process_id) values ($1, $2, $3, $4) on conflict (id) do nothing`
		if _, err := tx.ExecContext(ctx, insert, d.ID, d.Tenant, d.AgentID, process); err != nil || !signsIn || agent.Presence != routing.Offline {
			return err
		}
		presence, manual, custom := agent.atSignIn(db.grace)
		return putPresence(ctx, tx, agent, presence, manual, custom)
	})
}

// atSignIn is the presence with which an agent who is offline signs in: what it was, within the grace.
func (r presenceRow) atSignIn(grace time.Duration) (p routing.Presence, manual bool, custom routing.PresenceID) {
	switch {
	case r.Before != nil && r.Lost < grace:
		return *r.Before, r.Manual, orEmpty(r.Custom)
	case r.Default == routing.Offline || r.Default == routing.Away:
		return r.Default, true, ""
	}
	return routing.Available, false, "" // and from there to what his load says
}

// Disconnect forgets a desk. Where it was its agent's last one he is offline at once. lost reports whether he has none
// left, and at since when; a repeat answers the same.
func (db *DB) Disconnect(ctx context.Context, d conversation.Desk) (lost bool, at time.Time, err error) {
	agents, err := transact(ctx, db, "disconnect a desk", func(tx *sqlx.Tx) ([]conversation.AgentLost, error) {
		return loseDesks(ctx, tx, []deskRow{deskRow(d)})
	})
	if err != nil || len(agents) == 0 {
		return false, time.Time{}, err
	}
	return true, agents[0].At, nil
}

// LoseDesks forgets the desks of API processes that have been silent for conversation.ProcessSilence, and lists the
// agents who have none left now.
func (db *DB) LoseDesks(ctx context.Context) ([]conversation.AgentLost, error) {
	return transact(ctx, db, "forget the desks of silent API processes", func(tx *sqlx.Tx) ([]conversation.AgentLost, error) {
		const silent = `
			select id from api_processes where beat_at < now() - make_interval(secs => $1)
			order by id for update skip locked`
		var processes []string
		if err := tx.SelectContext(ctx, &processes, silent, conversation.ProcessSilence.Seconds()); err != nil || len(processes) == 0 {
			return nil, err
		}
		const theirs = `select id, tenant, agent_id from connections where process_id = any($1::text[]::uuid[]) order by tenant, agent_id, id`
		var desks []deskRow
		if err := tx.SelectContext(ctx, &desks, theirs, pq.Array(processes)); err != nil {
			return nil, err
		}
		lost, err := loseDesks(ctx, tx, desks)
		if err != nil {
			return nil, err
		}
		_, err = tx.ExecContext(ctx, `delete from api_processes where id = any($1::text[]::uuid[])`, pq.Array(processes))
		return lost, err
	})
}

// loseDesks forgets desks, sorted by agent, and puts agents offline who have none left.
func loseDesks(ctx context.Context, tx *sqlx.Tx, desks []deskRow) (lost []conversation.AgentLost, err error) {
	for i, d := range desks {
		agent, err := readPresence(ctx, tx, d.Tenant, d.AgentID)
		if err != nil {
			return nil, err
		}
		gone, err := affected(tx.ExecContext(ctx, `delete from connections where id = $1`, d.ID))
		if err != nil {
			return nil, err
		}
		if i+1 < len(desks) && desks[i+1].AgentID == d.AgentID {
			continue
		}
		var left bool
		const others = `select exists (select from connections where tenant = $1 and agent_id = $2)`
		if err := tx.GetContext(ctx, &left, others, d.Tenant, d.AgentID); err != nil {
			return nil, err
		}
		if left {
			continue
		}
		if gone > 0 {
			if err := signOut(ctx, tx, agent); err != nil {
				return nil, err
			}
		}
		lost = append(lost, conversation.AgentLost{Tenant: d.Tenant, AgentID: d.AgentID, At: agent.Now})
	}
	return lost, nil
}

// signOut puts an agent offline and keeps what he was, for the grace.
func signOut(ctx context.Context, tx *sqlx.Tx, agent presenceRow) error {
	const update = `
		update agents set presence_before = presence, presence = 'offline', presence_at = now() where tenant = $1 and id = $2`
	if _, err := tx.ExecContext(ctx, update, agent.Tenant, agent.ID); err != nil {
		return err
	}
	after, err := readPresence(ctx, tx, agent.Tenant, agent.ID)
	if err != nil {
		return err
	}
	return tellPresence(ctx, tx, after)
}
