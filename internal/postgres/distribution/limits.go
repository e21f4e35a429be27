package distribution

import (
	"context"
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/capacity"
)

// Two limits that a workstream may set (WS-14): how many of its conversations an agent has at a time, and for how long an agent who
// declined one is not asked about it again.

// heldBy are the conversations that are offered to an agent or accepted by them, wrapped up ones among them, without those that are
// put aside (CAP-8), as in their sessions (CAP-9).
const heldBy = `
	from assignments s join conversations c on c.tenant = s.tenant and c.id = s.conversation_id and c.state <> 'waiting'
	where s.tenant = $1 and s.state in ('offered', 'accepted') and s.agent_id`

// readHeld reads how many conversations of each workstream agents have, if that matters for what waits.
func (d *distribution) readHeld(ctx context.Context, tx *postgres.Tx, who capacity.Among, agents map[conversation.AgentID]*capacity.Candidate) error {
	if !d.limit {
		return nil
	}
	query := `select s.agent_id, c.workstream_id, count(*) as held ` + heldBy + who.SQL + ` and c.workstream_id is not null group by 1, 2`
	var rows []struct {
		Agent      conversation.AgentID      `db:"agent_id"`
		Workstream conversation.WorkstreamID `db:"workstream_id"`
		Held       int                       `db:"held"`
	}
	if err := who.Ask(ctx, tx, d.tenant, &rows, query); err != nil {
		return err
	}
	for _, r := range rows {
		a, ok := agents[r.Agent]
		if !ok {
			continue // disabled
		}
		if a.Held == nil {
			a.Held = map[conversation.WorkstreamID]int{}
		}
		a.Held[r.Workstream] = r.Held
	}
	return nil
}

// pauseEnds triggers the distribution for the end of the first pause of an agent who declined a conversation that still waits.
func (d *distribution) pauseEnds() {
	var first time.Time
	for _, trace := range d.chosen.Traces {
		if trace.Agent != "" {
			continue
		}
		for _, until := range d.items[trace.Item].pauses {
			if until.After(d.now) && (first.IsZero() || until.Before(first)) {
				first = until
			}
		}
	}
	if !first.IsZero() {
		d.moments = append(d.moments, first)
	}
}
