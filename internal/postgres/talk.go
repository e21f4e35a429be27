package postgres

import (
	"context"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// talk is a conversation whose standing is about to change, with its live work item and its live assignment. All rows are
// locked, in the order of the house: customer, conversation, work item, agents by id.
type talk struct {
	db  *DB
	tx  *sqlx.Tx
	ref conversation.Ref

	talkRow
	customer customerRow
	item     *talkItem       // nil where it asks nothing of people
	live     *talkAssignment // nil where it is neither offered to anybody nor anybody's
	people   map[conversation.AgentID]person
	dropped  []conversation.MessageID // unsent messages that the change fails
}

// talkRow is the conversation's row, and what its workstream says.
type talkRow struct {
	State    conversation.State     `db:"state"`
	Holder   conversation.Holder    `db:"holder"`
	Epoch    conversation.Epoch     `db:"epoch"`
	Revision int64                  `db:"revision"`
	Queue    conversation.QueueID   `db:"queue_id"`
	Agent    conversation.AgentID   `db:"agent_id"`
	LastSeq  int64                  `db:"last_seq"`
	Context  []byte                 `db:"context"`
	Account  conversation.AccountID `db:"account_id"`
	Language conversation.Language  `db:"language"`

	Ending conversation.CloseReason `db:"ending"` // "" where nobody wishes the end

	PickFromPush     bool           `db:"pick_from_push"`
	TransferToAgents bool           `db:"transfer_to_agents"`
	WrapUp           routing.WrapUp `db:"wrap_up"`
	WrapUpMS         int64          `db:"wrap_up_ms"`
	Affinity         bool           `db:"affinity"`
	OfferMS          int64          `db:"offer_ms"`
	MissedInactive   bool           `db:"missed_inactive"`
	RejectDND        bool           `db:"reject_dnd"`
	DeclinePauseMS   int64          `db:"decline_pause_ms"`
	MaxPerAgent      int            `db:"max_per_agent"` // 0: no limit
	AgentsSetSkills  bool           `db:"agents_set_skills"`
	Variables        []byte         `db:"variables"`
	Now              time.Time      `db:"now"`
}

// talkItem is the conversation's work item that is not done.
type talkItem struct {
	ID         conversation.WorkItemID `db:"id"`
	Queue      conversation.QueueID    `db:"queue_id"`
	State      string                  `db:"state"`
	Mode       routing.Mode            `db:"mode"`
	Units      int                     `db:"units"`
	Profiles   pq.StringArray          `db:"profiles"`
	Skills     []byte                  `db:"skills"` // routing.NeededSkill
	SkillMatch routing.SkillMatch      `db:"skill_match"`
	Presences  pq.StringArray          `db:"presences"`
}

// talkAssignment is the conversation's assignment that is not over.
type talkAssignment struct {
	ID    conversation.AssignmentID `db:"id"`
	Agent conversation.AgentID      `db:"agent_id"`
	How   string                    `db:"how"`
	State string                    `db:"state"`
}

func (a *talkAssignment) offered() bool { return a != nil && a.State == "offered" }

// person is an agent whom the change may concern.
type person struct {
	ID       conversation.AgentID `db:"id"`
	Presence routing.Presence     `db:"presence"`
	Units    int                  `db:"units"`
	Disabled bool                 `db:"disabled"` // or deleted
}

// workstreamOf joins the workstream of a conversation c of an account a: its own, the account's, or the tenant's default.
const workstreamOf = `
	join workstreams w on w.tenant = c.tenant and w.id = coalesce(c.workstream_id, a.workstream_id,
		(select id from workstreams where tenant = c.tenant and is_default))`

// lockTalk reads and locks a conversation and what people do with it; agents are those whom the change may concern, beside
// who has it or is asked. sql.ErrNoRows where there is no such conversation.
func (db *DB) lockTalk(ctx context.Context, tx *sqlx.Tx, c conversation.Ref, agents ...conversation.AgentID) (*talk, error) {
	t, err := db.lockConversing(ctx, tx, c)
	if err != nil {
		return nil, err
	}
	return t, t.lockRest(ctx, agents...)
}

// lockConversing reads and locks the first part of it: the customer, then the conversation, in this order, in one statement.
func (db *DB) lockConversing(ctx context.Context, tx *sqlx.Tx, c conversation.Ref) (*talk, error) {
	const query = `
		select c.state, c.holder, c.epoch, c.revision, coalesce(c.queue_id::text, '') as queue_id,
			coalesce(c.agent_id::text, '') as agent_id, c.last_seq, c.context, c.account_id, coalesce(c.ending, '') as ending, a.language,
			w.pick_from_push, w.transfer_to_agents, w.agents_set_skills, w.wrap_up, w.wrap_up_ms, w.affinity, w.offer_ms, w.missed_inactive,
			w.reject_dnd, w.decline_pause_ms, coalesce(w.max_per_agent, 0) as max_per_agent, w.variables, clock_timestamp() as now,
			u.id as "customer.id", u.data_key as "customer.data_key", u.openid as "customer.openid", u.following as "customer.following",
			u.message_until as "customer.message_until", u.message_left as "customer.message_left",
			u.tap_until as "customer.tap_until", u.tap_left as "customer.tap_left", clock_timestamp() as "customer.now"
		from conversations c
		join customers u on u.tenant = c.tenant and u.id = c.customer_id
		join accounts a on a.tenant = c.tenant and a.id = c.account_id ` + workstreamOf + `
		where c.tenant = $1 and c.id = $2 for no key update of u, c`
	var row struct {
		talkRow
		Customer customerRow `db:"customer"`
	}
	if err := tx.GetContext(ctx, &row, query, c.Tenant, c.Conversation); err != nil {
		return nil, err
	}
	return &talk{db: db, tx: tx, ref: c, talkRow: row.talkRow, customer: row.Customer, people: map[conversation.AgentID]person{}}, nil
}

// lockRest reads and locks the conversation's work, and agents.
func (t *talk) lockRest(ctx context.Context, agents ...conversation.AgentID) error {
	if err := t.lockWork(ctx); err != nil {
		return err
	}
	if t.live != nil {
		agents = append(agents, t.live.Agent)
	}
	return t.lockPeople(ctx, agents)
}

func (t *talk) lockWork(ctx context.Context) error {
	const item = `
		select id, queue_id, state, mode, units, profiles, skills, skill_match, presences
		from work_items where tenant = $1 and conversation_id = $2 and state <> 'done' for no key update`
	var items []*talkItem
	if err := t.tx.SelectContext(ctx, &items, item, t.ref.Tenant, t.ref.Conversation); err != nil {
		return err
	}
	const assignment = `
		select id, agent_id, how, state from assignments
		where tenant = $1 and conversation_id = $2 and state in ('offered', 'accepted') for no key update`
	var live []*talkAssignment
	if err := t.tx.SelectContext(ctx, &live, assignment, t.ref.Tenant, t.ref.Conversation); err != nil {
		return err
	}
	if len(items) > 0 {
		t.item = items[0]
	}
	if len(live) > 0 {
		t.live = live[0]
	}
	return nil
}

func (t *talk) lockPeople(ctx context.Context, agents []conversation.AgentID) error {
	agents = slices.DeleteFunc(agents, func(a conversation.AgentID) bool { return a == "" })
	if len(agents) == 0 {
		return nil
	}
	const query = `
		select id, presence, units, disabled or deleted_at is not null as disabled from agents
		where tenant = $1 and id = any($2::uuid[]) order by id for no key update`
	var rows []person
	if err := t.tx.SelectContext(ctx, &rows, query, t.ref.Tenant, pq.Array(agents)); err != nil {
		return err
	}
	for _, p := range rows {
		t.people[p.ID] = p
	}
	return nil
}
