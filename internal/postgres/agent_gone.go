package postgres

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"wxdesk/internal/conversation"
)

// releaseWork gives everything that an agent has back to its queues, whatever its state, because the agent may not work any
// more; why is kept with each conversation's trace. It locks conversations and then the agent, so the caller has locked neither.
func releaseWork(ctx context.Context, tx *sqlx.Tx, t conversation.Tenant, agent conversation.AgentID, why string) error {
	const trace = `
		insert into routing_traces (tenant, conversation_id, stage, body)
		select tenant, conversation_id, 'command', jsonb_build_object('command', $3::text, 'agent_id', agent_id)
		from assignments where tenant = $1 and agent_id = $2 and state in ('offered', 'accepted')`
	if _, err := tx.ExecContext(ctx, trace, t, agent, why); err != nil {
		return err
	}
	talks, err := lockWorkOf(ctx, tx, t, agent, []conversation.State{conversation.StateActive, conversation.StateWaiting, conversation.StateWrapUp})
	if err != nil || len(talks) == 0 {
		return err
	}
	return giveBack(ctx, tx, t, agent, talks)
}

// lockWorkOf locks an agent's conversations in these states, their work items, and then the agent.
func lockWorkOf(ctx context.Context, tx *sqlx.Tx, t conversation.Tenant, agent conversation.AgentID, states []conversation.State) (talks []conversation.ID, err error) {
	const query = `
		select c.id from conversations c join assignments a on a.tenant = c.tenant and a.conversation_id = c.id
		where c.tenant = $1 and a.agent_id = $2 and a.state in ('offered', 'accepted') and c.state = any($3)
		order by c.id for no key update of c`
	if err := tx.SelectContext(ctx, &talks, query, t, agent, pq.Array(states)); err != nil {
		return nil, err
	}
	const items = `
		select id from work_items where tenant = $1 and conversation_id = any($2::uuid[]) and state <> 'done'
		order by id for no key update`
	if len(talks) > 0 {
		if _, err := tx.ExecContext(ctx, items, t, pq.Array(talks)); err != nil {
			return nil, err
		}
	}
	return talks, lockAgents(ctx, tx, t, []conversation.AgentID{agent})
}

// giveBack gives an agent's conversations, which are locked, back to the queues that they came from, kept for nobody.
func giveBack(ctx context.Context, tx *sqlx.Tx, t conversation.Tenant, agent conversation.AgentID, talks []conversation.ID) error {
	for _, id := range talks {
		if err := backToQueue(ctx, tx, conversation.Ref{Tenant: t, Conversation: id}, agent); err != nil {
			return err
		}
	}
	if err := settlePresence(ctx, tx, t, agent); err != nil {
		return err
	}
	return wake(ctx, tx, t, time.Time{})
}

// backToQueue takes a locked conversation from an agent, if they still have it or it is offered to them.
func backToQueue(ctx context.Context, tx *sqlx.Tx, c conversation.Ref, agent conversation.AgentID) error {
	live, err := liveAssignments(ctx, tx, c)
	if err != nil || len(live) == 0 || live[0].Agent != agent {
		return err
	}
	had, state := live[0].State == "accepted", "withdrawn"
	if had {
		state = "ended"
	}
	if err := endAssignment(ctx, tx, c, live[0], state); err != nil {
		return err
	}
	const item = `
		update work_items set state = 'waiting', affinity_agent = null, queued_at = case when $3 then now() else queued_at end
		where tenant = $1 and conversation_id = $2 and state <> 'done'`
	if _, err := tx.ExecContext(ctx, item, c.Tenant, c.Conversation, had); err != nil {
		return err
	}
	const talk = `
		update conversations set state = 'open', holder = 'queue', agent_id = null, wait_until = null, since = now(),
			epoch = epoch + $3::boolean::int, waiting_since = case when $3 then now() else coalesce(waiting_since, now()) end
		where tenant = $1 and id = $2`
	if _, err := tx.ExecContext(ctx, talk, c.Tenant, c.Conversation, had); err != nil {
		return err
	}
	var before conversation.AgentID
	if had {
		before = agent
		if _, err := dropUnsent(ctx, tx, c); err != nil {
			return err
		}
	}
	if _, err := changed(ctx, tx, c, before); err != nil {
		return err
	}
	return leaveWord(ctx, tx, c)
}

// lockAgents locks agents' rows, in the order of the house.
func lockAgents(ctx context.Context, tx *sqlx.Tx, t conversation.Tenant, agents []conversation.AgentID) error {
	if len(agents) == 0 {
		return nil
	}
	const lock = `select id from agents where tenant = $1 and id = any($2::uuid[]) order by id for no key update`
	_, err := tx.ExecContext(ctx, lock, t, pq.Array(agents))
	return err
}

// liveAssignment is an assignment that is not over.
type liveAssignment struct {
	ID    conversation.AssignmentID `db:"id"`
	Agent conversation.AgentID      `db:"agent_id"`
	State string                    `db:"state"`
}

// liveAssignments reads and locks a conversation's live assignment: one or none.
func liveAssignments(ctx context.Context, tx *sqlx.Tx, c conversation.Ref) (live []liveAssignment, err error) {
	const query = `
		select id, agent_id, state from assignments
		where tenant = $1 and conversation_id = $2 and state in ('offered', 'accepted') for no key update`
	err = tx.SelectContext(ctx, &live, query, c.Tenant, c.Conversation)
	return live, err
}

// endAssignment ends a live assignment; the agent is told where it was an offer.
func endAssignment(ctx context.Context, tx *sqlx.Tx, c conversation.Ref, a liveAssignment, state string) error {
	const end = `update assignments set state = $3, ended_at = now() where tenant = $1 and id = $2`
	if _, err := tx.ExecContext(ctx, end, c.Tenant, a.ID, state); err != nil || a.State != "offered" {
		return err
	}
	return publish(ctx, tx, c.Tenant, feedRow{
		Kind: feedOfferOver, Conversation: c.Conversation, Agent: a.Agent, Body: offerBody{AssignmentID: a.ID, Outcome: state},
	})
}
