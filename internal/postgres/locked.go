package postgres

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/lib/pq"

	"wxdesk/internal/access"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/routing"
	"wxdesk/internal/secret"
)

// locked is a conversation whose rows are locked, as far as they were loaded. The rule book judges by it, and its changes are
// written with it. Locks are taken in the order of doc.go: customer, conversation, work item, agents by id.
type locked struct {
	lifecycle.Snapshot
	db  *DB
	tx  *transaction
	ref conversation.Ref

	now      time.Time
	customer customerRow
	context  []byte // sealed
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

	Customer customerRow `db:"customer"`
}

// workstreamOf joins the workstream of a conversation c of an account a: its own, the account's, or the tenant's default.
const workstreamOf = `
	join workstreams w on w.tenant = c.tenant and w.id = coalesce(c.workstream_id, a.workstream_id,
		(select id from workstreams where tenant = c.tenant and is_default))`

// lock reads and locks a customer and their conversation, in this order, in one statement. sql.ErrNoRows where there is no such
// conversation.
func (db *DB) lock(ctx context.Context, tx *transaction, c conversation.Ref) (*locked, error) {
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
		left join queues q on q.tenant = c.tenant and q.id = c.queue_id ` + workstreamOf + `
		where c.tenant = $1 and c.id = $2 for no key update of u, c`
	var row lockedRow
	if err := tx.GetContext(ctx, &row, query, c.Tenant, c.Conversation); err != nil {
		return nil, err
	}
	return &locked{db: db, tx: tx, ref: c, now: row.Customer.Now, customer: row.Customer, context: row.Context, Snapshot: row.snapshot()}, nil
}

func (r lockedRow) snapshot() lifecycle.Snapshot {
	s := lifecycle.Snapshot{
		Standing: lifecycle.Standing{
			State: r.State, Holder: r.Holder, Epoch: r.Epoch, Queue: r.Queue, Agent: r.Agent, Since: r.Since,
			WaitingSince: orEmpty(r.WaitingSince), Until: orEmpty(r.Until), Reason: r.Reason,
		},
		Revision: r.Revision, LastSeq: r.LastSeq, Language: r.Language, Allowance: r.Customer.allowance(),
		AutoClose: milliseconds(r.AutoCloseMS), MaxConversations: r.Most,
		New: lifecycle.NewIDs{
			Assignment: conversation.AssignmentID(newID()), Item: conversation.WorkItemID(newID()), Message: conversation.MessageID(newID()),
		},
		Agents: map[conversation.AgentID]lifecycle.Agent{},
		Workstream: routing.Workstream{
			ID: r.Workstream, Mode: r.Mode, PickFromPush: r.PickFromPush, TransferToAgents: r.TransferToAgents,
			AgentsSetSkills: r.AgentsSetSkills, Units: r.Units, WrapUp: r.WrapUp, WrapUpFor: milliseconds(r.WrapUpMS),
			Presences: idsOf[routing.Presence](r.Presences), SkillMatch: r.SkillMatch, Affinity: r.Affinity, AffinityAlways: r.AffinityAlways,
			AffinityAge: milliseconds(r.AffinityAgeMS), OfferFor: milliseconds(r.OfferMS),
			MissedInactive: r.MissedInactive, RejectDND: r.RejectDND, DeclinePause: milliseconds(r.DeclinePauseMS), MaxPerAgent: r.MaxPerAgent,
			OpenLimit: milliseconds(r.OpenLimitMS), ActiveLimit: milliseconds(r.ActiveLimitMS), WrapUpLimit: milliseconds(r.WrapUpLimitMS),
		},
	}
	if r.State != conversation.StateClosed {
		s.Wishes = lifecycle.Wishes{HandOver: r.HandOver, Turn: r.Turn, Queue: r.WishedQueue, Ending: r.Ending}
	}
	// What cannot be read counts as none: it must not stop the conversation.
	_, _ = json.Unmarshal(r.Overflow, &s.Overflow), json.Unmarshal(r.Variables, &s.Workstream.Variables)
	return s
}

func milliseconds(n int64) time.Duration { return time.Duration(n) * time.Millisecond }

// loadWork reads and locks the work item, the live assignment, its agent and further agents, and counts the unsent messages.
func (l *locked) loadWork(ctx context.Context, agents ...conversation.AgentID) error {
	if err := l.loadItem(ctx); err != nil {
		return err
	}
	if err := l.loadLive(ctx); err != nil {
		return err
	}
	if l.Live != nil {
		agents = append(agents, l.Live.Agent)
	}
	if err := l.loadAgents(ctx, agents); err != nil {
		return err
	}
	return l.loadUnsent(ctx)
}

func (l *locked) loadItem(ctx context.Context) error {
	const query = `
		select id, queue_id, state, mode, units, profiles, skills, skill_match, presences, overflow, queued_at, since,
			coalesce(affinity_agent::text, '') as affinity_agent, kept_until, declined, paused
		from work_items where tenant = $1 and conversation_id = $2 and state <> 'done' for no key update`
	var row struct {
		ID         conversation.WorkItemID `db:"id"`
		Queue      conversation.QueueID    `db:"queue_id"`
		State      lifecycle.ItemState     `db:"state"`
		Mode       routing.Mode            `db:"mode"`
		Units      int                     `db:"units"`
		Profiles   pq.StringArray          `db:"profiles"`
		Skills     []byte                  `db:"skills"`
		SkillMatch routing.SkillMatch      `db:"skill_match"`
		Presences  pq.StringArray          `db:"presences"`
		Overflow   []byte                  `db:"overflow"`
		QueuedAt   time.Time               `db:"queued_at"`
		Since      time.Time               `db:"since"`
		KeptFor    conversation.AgentID    `db:"affinity_agent"`
		KeptUntil  *time.Time              `db:"kept_until"`
		Declined   []byte                  `db:"declined"`
		Paused     []byte                  `db:"paused"`
	}
	err := l.tx.GetContext(ctx, &row, query, l.ref.Tenant, l.ref.Conversation)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	i := &lifecycle.Item{
		ID: row.ID, Queue: row.Queue, State: row.State, Mode: row.Mode, Units: row.Units, Profiles: idsOf[routing.ProfileID](row.Profiles),
		SkillMatch: row.SkillMatch, Presences: idsOf[routing.Presence](row.Presences), QueuedAt: row.QueuedAt, Since: row.Since, KeptFor: row.KeptFor,
		KeptUntil: orEmpty(row.KeptUntil),
	}
	if row.Overflow != nil {
		i.Overflow = new(routing.Overflow)
		_ = json.Unmarshal(row.Overflow, i.Overflow) // one that cannot be read counts as none
	}
	if err := errors.Join(json.Unmarshal(row.Skills, &i.Skills), json.Unmarshal(row.Declined, &i.Declined), json.Unmarshal(row.Paused, &i.Paused)); err != nil {
		return fmt.Errorf("work item %s: %w", i.ID, err)
	}
	l.Item = i
	return nil
}

func (l *locked) loadLive(ctx context.Context) error {
	const query = `
		select id, work_item_id, queue_id, agent_id, how, state, units, profiles, offered_at, deadline, accepted_at, holds_until
		from assignments where tenant = $1 and conversation_id = $2 and state in ('offered', 'accepted') for no key update`
	var row struct {
		ID         conversation.AssignmentID `db:"id"`
		Item       conversation.WorkItemID   `db:"work_item_id"`
		Queue      conversation.QueueID      `db:"queue_id"`
		Agent      conversation.AgentID      `db:"agent_id"`
		How        lifecycle.Method          `db:"how"`
		State      lifecycle.AssignmentState `db:"state"`
		Units      int                       `db:"units"`
		Profiles   pq.StringArray            `db:"profiles"`
		OfferedAt  time.Time                 `db:"offered_at"`
		Deadline   *time.Time                `db:"deadline"`
		AcceptedAt *time.Time                `db:"accepted_at"`
		HoldsUntil *time.Time                `db:"holds_until"`
	}
	err := l.tx.GetContext(ctx, &row, query, l.ref.Tenant, l.ref.Conversation)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	l.Live = &lifecycle.Assignment{
		ID: row.ID, Item: row.Item, Queue: row.Queue, Agent: row.Agent, How: row.How, State: row.State, Units: row.Units,
		Profiles: idsOf[routing.ProfileID](row.Profiles), OfferedAt: row.OfferedAt, Deadline: orEmpty(row.Deadline),
		AcceptedAt: orEmpty(row.AcceptedAt), HoldsUntil: orEmpty(row.HoldsUntil),
	}
	return err
}

// loadAgents locks agents, and then reads what they have beside this conversation: what others have assigned to them meanwhile
// is seen only by a statement that begins after the lock.
func (l *locked) loadAgents(ctx context.Context, agents []conversation.AgentID) error {
	agents = slices.DeleteFunc(agents, func(a conversation.AgentID) bool { return a == "" })
	if len(agents) == 0 {
		return nil
	}
	if err := lockAgents(ctx, l.tx, l.ref.Tenant, agents); err != nil {
		return err
	}
	const query = `
		select g.id, g.disabled or g.deleted_at is not null as disabled, g.presence, g.presence_manual, g.lost_at is not null as lost, g.units, in_use.load, in_use.sessions, in_use.profile_uses,
			date_trunc('day', clock_timestamp() at time zone g.time_zone) at time zone g.time_zone as day_began,
			(select jsonb_object_agg(skill_id, rating) from agent_skills s where s.tenant = g.tenant and s.agent_id = g.id and not s.disabled) as skills,
			(select jsonb_object_agg(p.id, (select count(*) from assignments e
					where e.tenant = g.tenant and e.agent_id = g.id and e.conversation_id = $3 and e.id::text <> $4 and p.id = any(e.profiles)
						and e.accepted_at >= date_trunc('day', clock_timestamp() at time zone g.time_zone) at time zone g.time_zone))
				from agent_profiles mine join capacity_profiles p on p.tenant = mine.tenant and p.id = mine.profile_id
				where mine.tenant = g.tenant and mine.agent_id = g.id and p.reset = 'end_of_day') as daily,
			case when $6 then (select count(*) from assignments s join conversations c on c.tenant = s.tenant and c.id = s.conversation_id
				where s.tenant = g.tenant and s.agent_id = g.id and s.state in ('offered', 'accepted') and c.id <> $3
					and c.workstream_id = $5 and c.state <> 'waiting') else 0 end as held
		from agents g cross join lateral capacity_in_use(g.tenant, g.id, g.time_zone, $3) in_use
		where g.tenant = $1 and g.id = any($2::uuid[])`
	var live string
	if l.Live != nil {
		live = string(l.Live.ID)
	}
	var rows []lockedAgent
	if err := l.tx.SelectContext(ctx, &rows, query, l.ref.Tenant, texts(agents), l.ref.Conversation, live, l.Workstream.ID, l.Workstream.MaxPerAgent > 0); err != nil {
		return err
	}
	for _, r := range rows {
		a, err := r.agent()
		if err != nil {
			return err
		}
		l.Agents[a.ID] = a
	}
	return nil
}

// lockedAgent is an agent whose row is locked, and what they have.
type lockedAgent struct {
	ID          conversation.AgentID `db:"id"`
	Disabled    bool                 `db:"disabled"`
	Presence    routing.Presence     `db:"presence"`
	Manual      bool                 `db:"presence_manual"`
	Lost        bool                 `db:"lost"`
	Units       int                  `db:"units"`
	Load        int                  `db:"load"`
	Sessions    int                  `db:"sessions"`
	ProfileUses []byte               `db:"profile_uses"` // of profileUse
	DayBegan    time.Time            `db:"day_began"`
	Skills      []byte               `db:"skills"`
	Daily       []byte               `db:"daily"` // how often each profile that lasts for the day took this conversation before
	Held        int                  `db:"held"`
}

func (r lockedAgent) agent() (lifecycle.Agent, error) {
	a := lifecycle.Agent{
		ID: r.ID, Disabled: r.Disabled, Presence: r.Presence, Manual: r.Manual, Lost: r.Lost, Units: r.Units, Load: r.Load, Sessions: r.Sessions,
		Held: r.Held, DayBegan: r.DayBegan,
	}
	var uses []profileUse
	var daily map[routing.ProfileID]int
	for text, into := range map[*[]byte]any{&r.ProfileUses: &uses, &r.Skills: &a.Skills, &r.Daily: &daily} {
		if *text == nil {
			continue
		}
		if err := json.Unmarshal(*text, into); err != nil {
			return a, fmt.Errorf("agent %s: %w", r.ID, err)
		}
	}
	for _, use := range uses {
		earlier, lasts := daily[use.Profile]
		a.Profiles = append(a.Profiles, lifecycle.Profile{
			ID: use.Profile, Limit: use.Limit, Used: use.Used, Blocking: use.Blocking, Daily: lasts, Earlier: earlier,
		})
	}
	return a, nil
}

// loadUnsent counts the messages that have not ended.
func (l *locked) loadUnsent(ctx context.Context) error {
	const query = `
		select clock_timestamp() as now, count(*) filter (where status = 'queued') as queued,
			count(*) filter (where status = 'queued' and epoch is null) as automated, count(*) filter (where status = 'sending') as sending
		from deliveries where tenant = $1 and conversation_id = $2 and status in ('queued', 'sending')`
	var row struct {
		Now       time.Time `db:"now"`
		Queued    int       `db:"queued"`
		Automated int       `db:"automated"`
		Sending   int       `db:"sending"`
	}
	if err := l.tx.GetContext(ctx, &row, query, l.ref.Tenant, l.ref.Conversation); err != nil {
		return err
	}
	l.now, l.Unsent = row.Now, lifecycle.Unsent{Queued: row.Queued, Automated: row.Automated, Sending: row.Sending}
	return nil
}

// loadInvolvement reads what an agent has to do with the conversation. Of the one who has it nothing else need be known.
func (l *locked) loadInvolvement(ctx context.Context, agent conversation.AgentID) error {
	if agent == "" || l.Holder == conversation.HolderAgent && l.Agent == agent {
		return nil
	}
	const query = `
		select exists (select from queue_members where tenant = $1 and queue_id = nullif($4, '')::uuid and agent_id = $3) as member,
			count(*) > 0 as asked, coalesce(bool_or(state = 'offered' or accepted_at is not null), false) as accepted
		from assignments where tenant = $1 and conversation_id = $2 and agent_id = $3`
	var row struct {
		Member   bool `db:"member"`
		Asked    bool `db:"asked"`
		Accepted bool `db:"accepted"`
	}
	err := l.tx.GetContext(ctx, &row, query, l.ref.Tenant, l.ref.Conversation, agent, string(l.Queue))
	l.Member, l.Asked, l.Accepted = row.Member, row.Asked, row.Accepted
	return err
}

// loadNamed reads what an act names: a queue, a message, skills.
func (l *locked) loadNamed(ctx context.Context, want lifecycle.Act) error {
	if want.Queue != "" {
		if err := l.loadTarget(ctx, want.Queue); err != nil {
			return err
		}
	}
	if want.Message != "" {
		const query = `select status from deliveries where tenant = $1 and conversation_id = $2 and message_id = $3`
		err := l.tx.GetContext(ctx, &l.Message, query, l.ref.Tenant, l.ref.Conversation, want.Message)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
	}
	needed, _ := want.SkillsWanted()
	if len(needed) == 0 {
		return nil
	}
	const held = `select id from ` + liveSkills + ` and tenant = $1 and id = any($2::uuid[]) order by id for key share`
	return l.tx.SelectContext(ctx, &l.Skills, held, l.ref.Tenant, texts(each(needed, func(n routing.NeededSkill) routing.SkillID { return n.SkillID })))
}

func (l *locked) loadTarget(ctx context.Context, id conversation.QueueID) error {
	const query = `
		select h.time_zone, h.weekly, h.holidays, count(g.id) filter (where g.id::text <> $3) as others
		from queues q
		left join operating_hours h on h.tenant = q.tenant and h.id = q.hours_id
		left join queue_members m on m.tenant = q.tenant and m.queue_id = q.id
		left join agents g on g.tenant = m.tenant and g.id = m.agent_id and not g.disabled and g.deleted_at is null
		where q.tenant = $1 and q.id = $2 and q.deleted_at is null
		group by h.tenant, h.id`
	var row struct {
		Others   int     `db:"others"`
		TimeZone *string `db:"time_zone"`
		Weekly   []byte  `db:"weekly"`
		Holidays []byte  `db:"holidays"`
	}
	err := l.tx.GetContext(ctx, &row, query, l.ref.Tenant, id, string(l.Agent))
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err != nil:
		return err
	}
	hours, err := hoursOf(row.TimeZone, row.Weekly, row.Holidays)
	l.Target = &lifecycle.Target{ID: id, Hours: hours, Others: row.Others}
	return err
}

// loadOverflow reads what decides where a conversation goes that has waited too long in its queue.
func (l *locked) loadOverflow(ctx context.Context) error {
	const query = `select count(*) from routing_traces where tenant = $1 and conversation_id = $2 and stage = $3 and body ? 'to'`
	if err := l.tx.GetContext(ctx, &l.Hops, query, l.ref.Tenant, l.ref.Conversation, lifecycle.StageOverflow); err != nil {
		return err
	}
	_, err := l.seal()
	if err != nil && !errors.Is(err, secret.ErrUnavailable) {
		return err
	}
	l.Mute = err != nil
	var now routing.Question
	err = loadQueues(ctx, l.tx, l.ref, "", &now)
	l.Queues = now.Queues
	return err
}

// loadHandOver reads what a new work item is made of: whom the customer prefers, and who had their last conversation and still
// works here.
func (l *locked) loadHandOver(ctx context.Context) error {
	const query = `
		select u.preferred_agents, c.last_customer_at, coalesce(g.id::text, '') as last_agent, last.closed_at
		from conversations c join customers u on u.tenant = c.tenant and u.id = c.customer_id
		left join lateral (
			select p.agent_id, p.closed_at from conversations p
			where p.tenant = c.tenant and p.customer_id = c.customer_id and p.state = 'closed' order by p.closed_at desc limit 1) last on true
		left join agents g on g.tenant = c.tenant and g.id = last.agent_id and not g.disabled and g.deleted_at is null
		where c.tenant = $1 and c.id = $2`
	var row struct {
		Preferred pq.StringArray       `db:"preferred_agents"`
		LastAt    sql.NullTime         `db:"last_customer_at"`
		LastAgent conversation.AgentID `db:"last_agent"`
		LastEnded sql.NullTime         `db:"closed_at"`
	}
	err := l.tx.GetContext(ctx, &row, query, l.ref.Tenant, l.ref.Conversation)
	l.Preferred, l.LastCustomerAt = idsOf[conversation.AgentID](row.Preferred), row.LastAt.Time
	l.LastAgent, l.LastEnded = row.LastAgent, row.LastEnded.Time
	return err
}

// decide locks a conversation, reads what an act on it is judged by, and has it judged. A refusal of a reply costs no more than
// it must: its row is asked first, and what is unsent can only make it less welcome.
func (db *DB) decide(ctx context.Context, tx *transaction, c conversation.Ref, who access.Principal, want lifecycle.Act) (*locked, lifecycle.Change, command.Refusal, error) {
	l, err := db.lock(ctx, tx, c)
	if err != nil {
		return nil, lifecycle.Change{}, "", err
	}
	if err := l.loadInvolvement(ctx, who.AgentID); err != nil {
		return nil, lifecycle.Change{}, "", err
	}
	if want.OfRow() {
		if _, refused := lifecycle.Decide(l.now, l.Snapshot, who, want); refused != "" {
			return l, lifecycle.Change{}, refused, nil
		}
		err = l.loadUnsent(ctx)
	} else if err = l.loadWork(ctx, who.AgentID, want.Agent); err == nil {
		err = l.loadNamed(ctx, want)
	}
	if err != nil {
		return nil, lifecycle.Change{}, "", err
	}
	change, refused := lifecycle.Decide(l.now, l.Snapshot, who, want)
	return l, change, refused, nil
}

// follow locks a conversation with its work, and writes what a rule says follows. sql.ErrNoRows where there is no such
// conversation.
func (db *DB) follow(ctx context.Context, tx *transaction, c conversation.Ref, rule func(time.Time, lifecycle.Snapshot) lifecycle.Change) error {
	l, err := db.lock(ctx, tx, c)
	if err != nil {
		return err
	}
	if err := l.loadWork(ctx); err != nil {
		return err
	}
	_, err = l.apply(ctx, rule(l.now, l.Snapshot))
	return err
}

// changed writes a change, and reads how the conversation stands then and what it owes.
func (l *locked) changed(ctx context.Context, c lifecycle.Change) (conversation.Situation, error) {
	if _, err := l.apply(ctx, c); err != nil {
		return conversation.Situation{}, err
	}
	return readSituation(ctx, l.tx, l.ref)
}

// seal is the customer's.
func (l *locked) seal() (customerSeal, error) {
	return l.db.customerSeal(l.ref.Tenant, string(l.customer.ID), l.customer.DataKey)
}
