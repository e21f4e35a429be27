package postgres_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/access"
	"wxdesk/internal/callback"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
)

// office is a database with a queue, agents who work in it, and a supervisor.
type office struct {
	*fixture
	t          testing.TB
	supervisor access.Principal
	queue      conversation.QueueID
}

const (
	defaultStream = "00000000-0000-7000-8000-000000000003"
)

func newOffice(t testing.TB) *office {
	t.Helper()
	d := &office{fixture: newFixture(t), t: t, queue: defaultQueue}
	_, principal, err := d.CreateToken(t.Context(), cli, "supervisor", access.RoleSupervisor, "", time.Hour)
	require.NoError(t, err)
	d.supervisor = principal
	return d
}

// agent signs in: a member of the desk's queue, available, with room for four conversations.
func (d *office) agent(name string) access.Principal {
	d.t.Helper()
	id := uuid.NewString()
	d.exec(d.t, `insert into agents (tenant, id, name, presence) values ('default', $1, $2, 'available')`, id, name)
	d.exec(d.t, `insert into queue_members (tenant, queue_id, agent_id) values ('default', $1, $2)`, d.queue, id)
	_, principal, err := d.CreateToken(d.t.Context(), cli, name, access.RoleAgent, conversation.AgentID(id), time.Hour)
	require.NoError(d.t, err)
	return principal
}

// newQueue makes a queue that is always open, with the agents in it.
func (d *office) newQueue(name string, members ...access.Principal) conversation.QueueID {
	d.t.Helper()
	id := uuid.NewString()
	d.exec(d.t, `insert into queues (tenant, id, name) values ('default', $1, $2)`, id, name)
	for _, m := range members {
		d.exec(d.t, `insert into queue_members (tenant, queue_id, agent_id) values ('default', $1, $2)`, id, m.AgentID)
	}
	return conversation.QueueID(id)
}

func (d *office) stream(set string, args ...any) {
	d.t.Helper()
	d.exec(d.t, `update workstreams set `+set, args...)
}

// waiting is a conversation that the bot has given up: it waits in the desk's queue.
func (d *office) waiting(customer string) conversation.Ref {
	d.t.Helper()
	ref := conversation.Ref{Tenant: tenant, Conversation: newConversation()}
	d.receive(d.t, d.batch(ref.Conversation, customer, says(uuid.NewString(), "a person, please")))
	d.requestHandOver(d.t, ref)
	d.handOver(d.t, ref, toDefaultQueue())
	return ref
}

// offered is a conversation that an agent is asked to take, as the distribution writes it.
func (d *office) offered(customer string, to access.Principal) conversation.Ref {
	d.t.Helper()
	ref := d.waiting(customer)
	d.offer(ref, to)
	return ref
}

func (d *office) offer(ref conversation.Ref, to access.Principal) {
	d.t.Helper()
	d.exec(d.t, `
		with item as (update work_items set state = 'offered' where conversation_id = $1 and state = 'waiting' returning id, queue_id, units, profiles),
		active as (update conversations set state = 'active', since = now(), revision = revision + 1 where id = $1)
		insert into assignments (tenant, id, work_item_id, conversation_id, queue_id, agent_id, how, state, units, profiles, deadline)
		select 'default', $2, id, $1, queue_id, $3, 'offer', 'offered', units, profiles, now() + interval '2 minutes' from item`,
		ref.Conversation, uuid.NewString(), to.AgentID)
}

// had is a conversation that the agent has accepted.
func (d *office) had(customer string, by access.Principal) conversation.Ref {
	d.t.Helper()
	ref := d.offered(customer, by)
	d.done(ref, by, command.Accept)
	return ref
}

// with changes a command before it is given.
type with func(*command.Command)

func toQueue(q conversation.QueueID) with {
	return func(c *command.Command) { c.QueueID = q }
}

func toAgent(a access.Principal) with {
	return func(c *command.Command) { c.AgentID = a.AgentID }
}

func until(at time.Time) with { return func(c *command.Command) { c.Until = at } }

// order is what a person asks, under a key of its own.
func (d *office) order(ref conversation.Ref, by access.Principal, kind command.Kind, text string, change ...with) command.Request {
	d.t.Helper()
	r := command.Request{
		HTTPRequest: command.HTTPRequest{Tenant: tenant, TokenID: by.TokenID, Method: "POST", Path: "/" + string(kind), Key: uuid.NewString()},
		Command:     command.Command{Kind: kind, Conversation: ref.Conversation, By: by},
		Text:        text,
	}
	for _, c := range change {
		c(&r.Command)
	}
	return r
}

// commanded is what an act came to, and how the conversation stands after it.
type commanded struct {
	Refused   command.Refusal
	MessageID conversation.MessageID
	Standing  conversation.Standing
}

// command does something twice: the second time it must answer the same and change nothing, though what was refused is tried
// again.
func (d *office) command(ref conversation.Ref, by access.Principal, kind command.Kind, text string, change ...with) commanded {
	d.t.Helper()
	order := d.order(ref, by, kind, text, change...)
	first, err := d.Act(d.t.Context(), order)
	if errors.Is(err, conversation.ErrNotFound) {
		return commanded{Refused: unseen}
	}
	require.NoError(d.t, err)
	rows := d.rows()
	again, err := d.Act(d.t.Context(), order)
	require.NoError(d.t, err)
	if first.Refused != "" {
		require.Equal(d.t, first.Refused, again.Refused)
		require.Zero(d.t, d.count(d.t, "commands", "key = $1", order.Key), "the key is free")
	} else {
		require.Nil(d.t, again.Notice, "nobody is told twice")
		again.Notice = first.Notice
		require.Equal(d.t, first, again)
	}
	require.Equal(d.t, rows, d.rows())
	c := first.Conversation
	return commanded{first.Refused, first.MessageID, conversation.Standing{
		Revision: c.Revision, State: c.State, Holder: c.Holder, Epoch: c.Epoch, QueueID: c.QueueID, AgentID: c.AgentID, Offer: c.Offer,
		WaitingSince: c.WaitingSince, Due: c.Due,
	}}
}

// unseen stands for the answer to whoever may not see the conversation (S5).
const unseen command.Refusal = "not found"

// done gives a command that must not be refused.
func (d *office) done(ref conversation.Ref, by access.Principal, kind command.Kind, change ...with) commanded {
	d.t.Helper()
	got := d.command(ref, by, kind, "", change...)
	require.Empty(d.t, got.Refused)
	return got
}

// refused gives a command that must be refused and change nothing.
func (d *office) refused(want command.Refusal, ref conversation.Ref, by access.Principal, kind command.Kind, change ...with) {
	d.t.Helper()
	rows := d.rows()
	require.Equal(d.t, want, d.command(ref, by, kind, "", change...).Refused)
	require.Equal(d.t, rows, d.rows())
}

// rows is everything about conversations and people, to see whether anything changed.
func (d *office) rows() (rows []string) {
	d.t.Helper()
	for _, table := range []string{"conversations", "work_items", "assignments", "agents", "messages", "deliveries", "notes", "distribution_triggers", "feed", "routing_traces", "outbox"} {
		var some []string
		require.NoError(d.t, d.raw.Select(&some, `select t::text from `+table+` t order by 1`))
		rows = append(rows, some...)
	}
	return rows
}

// duly is what became of a conversation in which something was due.
type duly struct {
	conversation.Situation
	Closing   conversation.CloseReason // why it is wished to end, "" where it is not
	MessageID conversation.MessageID   // the last automated message
}

// due has what is due done, twice: the second time nothing changes.
func (d *office) due(ref conversation.Ref) (got duly) {
	d.t.Helper()
	var err error
	got.Situation, err = d.Due(d.t.Context(), ref)
	require.NoError(d.t, err)
	rows := d.rows()
	again, err := d.Due(d.t.Context(), ref)
	require.NoError(d.t, err)
	require.Equal(d.t, got.Standing, again.Standing)
	require.Equal(d.t, rows, d.rows())
	got.Closing = d.wishedEnd(d.t, ref)
	require.Equal(d.t, got.Closing != "" && got.State != conversation.StateClosed, got.End)
	require.NoError(d.t, d.raw.Get(&got.MessageID, `
		select coalesce((select id::text from messages where conversation_id = $1 and author = 'system' order by seq desc limit 1), '')`, ref.Conversation))
	return got
}

// load is how many units of an agent are taken.
func (d *office) load(a access.Principal) (units int) {
	d.t.Helper()
	require.NoError(d.t, d.raw.Get(&units, `
		select coalesce(sum(units), 0) from assignments where agent_id = $1 and state in ('offered', 'accepted')
			and (holds_until is null or holds_until > clock_timestamp())`, a.AgentID))
	return units
}

func (d *office) writes(ref conversation.Ref, customer, text string) callback.Result {
	d.t.Helper()
	return d.receive(d.t, d.batch(ref.Conversation, customer, says(uuid.NewString(), text)))
}

func (d *office) stands(s conversation.Standing, state conversation.State, holder conversation.Holder, agent conversation.AgentID) {
	d.t.Helper()
	require.Equal(d.t, []any{state, holder, agent}, []any{s.State, s.Holder, s.AgentID})
}

// requireTriggered checks that a distribution trigger was written since it was last called.
func (d *office) requireTriggered() {
	d.t.Helper()
	require.Positive(d.t, d.count(d.t, "distribution_triggers", "true"), "a distribution trigger")
	d.exec(d.t, "delete from distribution_triggers")
}

func (d *office) itemIs(ref conversation.Ref, where string, args ...any) {
	d.t.Helper()
	require.Equal(d.t, 1, d.count(d.t, "work_items", "conversation_id = $1 and "+where, append([]any{ref.Conversation}, args...)...), where)
}
