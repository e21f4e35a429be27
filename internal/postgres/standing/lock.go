package standing

import (
	"context"
	"encoding/json"
	"time"

	"github.com/lib/pq"

	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres"
	"wxdesk/internal/routing"
)

// Lock reads and locks a customer and their conversation, in this order, in one statement. sql.ErrNoRows where there is no such
// conversation.
func (db *DB) Lock(ctx context.Context, tx *postgres.Tx, c conversation.Ref) (*Locked, error) {
	const query = `
		select c.state, c.holder, c.epoch, c.revision, coalesce(c.queue_id::text, '') as queue_id, coalesce(c.agent_id::text, '') as agent_id,
			c.since, c.waiting_since, c.wait_until, coalesce(c.close_reason, '') as close_reason,
			coalesce(c.hand_over, '') as hand_over, coalesce(c.hand_over_turn::text, '') as hand_over_turn,
			coalesce(c.hand_over_queue::text, '') as hand_over_queue, coalesce(c.ending, '') as ending,
			c.last_seq, c.context, a.language, coalesce(w.auto_close_ms, a.idle_close_ms) as auto_close_ms, t.max_conversations,
			coalesce(q.overflow, '{}') as overflow, w.id as workstream_id, w.mode, w.pick_from_push, w.transfer_to_agents, w.agents_set_skills,
			w.units, w.wrap_up, w.wrap_up_ms, w.presences, w.skill_match, w.affinity, w.affinity_always, w.affinity_age_ms, w.offer_ms,
			w.missed_inactive, w.reject_dnd, w.decline_pause_ms, coalesce(w.max_per_agent, 0) as max_per_agent, w.open_limit_ms, w.active_limit_ms, w.wrap_up_limit_ms, w.variables,
			u.id as "customer.id", u.data_key as "customer.data_key", u.openid as "customer.openid", u.following as "customer.following",
			u.message_until as "customer.message_until", u.message_left as "customer.message_left",
			u.tap_until as "customer.tap_until", u.tap_left as "customer.tap_left", clock_timestamp() as "customer.now"
		from conversations c
		join customers u on u.tenant = c.tenant and u.id = c.customer_id
		join accounts a on a.tenant = c.tenant and a.id = c.account_id
		join tenants t on t.id = c.tenant
		left join queues q on q.tenant = c.tenant and q.id = c.queue_id ` + WorkstreamOf + `
		where c.tenant = $1 and c.id = $2 for no key update of u, c`
	var row lockedRow
	if err := tx.GetContext(ctx, &row, query, c.Tenant, c.Conversation); err != nil {
		return nil, err
	}
	return &Locked{db: db, Tx: tx, Ref: c, Now: row.Customer.Now, customer: row.Customer, context: row.Context, Snapshot: row.snapshot()}, nil
}

// lockedRow is the conversation's row, with what its workstream, its tenant and its queue say.
type lockedRow struct {
	State        conversation.State            `db:"state"`
	Holder       conversation.Holder           `db:"holder"`
	Epoch        conversation.Epoch            `db:"epoch"`
	Revision     int64                         `db:"revision"`
	Queue        conversation.QueueID          `db:"queue_id"`
	Agent        conversation.AgentID          `db:"agent_id"`
	Since        time.Time                     `db:"since"`
	WaitingSince *time.Time                    `db:"waiting_since"`
	Until        *time.Time                    `db:"wait_until"`
	Reason       conversation.CloseReason      `db:"close_reason"`
	HandOver     conversation.EscalationReason `db:"hand_over"`
	Turn         conversation.MessageID        `db:"hand_over_turn"`
	WishedQueue  conversation.QueueID          `db:"hand_over_queue"`
	Ending       conversation.CloseReason      `db:"ending"`
	LastSeq      int64                         `db:"last_seq"`
	Context      []byte                        `db:"context"`
	Language     conversation.Language         `db:"language"`
	AutoCloseMS  int64                         `db:"auto_close_ms"`
	Most         int                           `db:"max_conversations"`
	Overflow     []byte                        `db:"overflow"`

	Workstream       conversation.WorkstreamID `db:"workstream_id"`
	Mode             routing.Mode              `db:"mode"`
	PickFromPush     bool                      `db:"pick_from_push"`
	TransferToAgents bool                      `db:"transfer_to_agents"`
	AgentsSetSkills  bool                      `db:"agents_set_skills"`
	Units            int                       `db:"units"`
	WrapUp           routing.WrapUp            `db:"wrap_up"`
	WrapUpMS         int64                     `db:"wrap_up_ms"`
	Presences        pq.StringArray            `db:"presences"`
	SkillMatch       routing.SkillMatch        `db:"skill_match"`
	Affinity         bool                      `db:"affinity"`
	AffinityAlways   bool                      `db:"affinity_always"`
	AffinityAgeMS    int64                     `db:"affinity_age_ms"`
	OfferMS          int64                     `db:"offer_ms"`
	MissedInactive   bool                      `db:"missed_inactive"`
	RejectDND        bool                      `db:"reject_dnd"`
	DeclinePauseMS   int64                     `db:"decline_pause_ms"`
	MaxPerAgent      int                       `db:"max_per_agent"`
	OpenLimitMS      int64                     `db:"open_limit_ms"`
	ActiveLimitMS    int64                     `db:"active_limit_ms"`
	WrapUpLimitMS    int64                     `db:"wrap_up_limit_ms"`
	Variables        []byte                    `db:"variables"`

	Customer CustomerRow `db:"customer"`
}

func (r lockedRow) snapshot() lifecycle.Snapshot {
	s := lifecycle.Snapshot{
		Standing: lifecycle.Standing{
			State: r.State, Holder: r.Holder, Epoch: r.Epoch, Queue: r.Queue, Agent: r.Agent, Since: r.Since,
			WaitingSince: postgres.OrEmpty(r.WaitingSince), Until: postgres.OrEmpty(r.Until), Reason: r.Reason,
		},
		Revision: r.Revision, LastSeq: r.LastSeq, Language: r.Language, Allowance: r.Customer.Allowance(),
		AutoClose: postgres.Milliseconds(r.AutoCloseMS), MaxConversations: r.Most,
		New: lifecycle.NewIDs{
			Assignment: conversation.AssignmentID(postgres.NewID()), Item: conversation.WorkItemID(postgres.NewID()), Message: conversation.MessageID(postgres.NewID()),
		},
		Agents: map[conversation.AgentID]lifecycle.Agent{},
		Workstream: routing.Workstream{
			ID: r.Workstream, Mode: r.Mode, PickFromPush: r.PickFromPush, TransferToAgents: r.TransferToAgents,
			AgentsSetSkills: r.AgentsSetSkills, Units: r.Units, WrapUp: r.WrapUp, WrapUpFor: postgres.Milliseconds(r.WrapUpMS),
			Presences: postgres.IDs[routing.Presence](r.Presences), SkillMatch: r.SkillMatch, Affinity: r.Affinity, AffinityAlways: r.AffinityAlways,
			AffinityAge: postgres.Milliseconds(r.AffinityAgeMS), OfferFor: postgres.Milliseconds(r.OfferMS),
			MissedInactive: r.MissedInactive, RejectDND: r.RejectDND, DeclinePause: postgres.Milliseconds(r.DeclinePauseMS), MaxPerAgent: r.MaxPerAgent,
			OpenLimit: postgres.Milliseconds(r.OpenLimitMS), ActiveLimit: postgres.Milliseconds(r.ActiveLimitMS), WrapUpLimit: postgres.Milliseconds(r.WrapUpLimitMS),
		},
	}
	if r.State != conversation.StateClosed {
		s.Wishes = lifecycle.Wishes{HandOver: r.HandOver, Turn: r.Turn, Queue: r.WishedQueue, Ending: r.Ending}
	}
	// What cannot be read counts as none: it must not stop the conversation.
	_, _ = json.Unmarshal(r.Overflow, &s.Overflow), json.Unmarshal(r.Variables, &s.Workstream.Variables)
	return s
}

// WorkstreamOf joins the workstream of a conversation c of an account a: its own, the account's, or the tenant's default.
const WorkstreamOf = `
	join workstreams w on w.tenant = c.tenant and w.id = coalesce(c.workstream_id, a.workstream_id,
		(select id from workstreams where tenant = c.tenant and is_default))`

// Fresh is a conversation of which there is no row yet; the caller writes it.
func (db *DB) Fresh(tx *postgres.Tx, c conversation.Ref, now time.Time, s lifecycle.Snapshot) *Locked {
	return &Locked{db: db, Tx: tx, Ref: c, Now: now, Snapshot: s}
}
