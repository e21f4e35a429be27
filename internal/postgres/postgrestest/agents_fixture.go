package postgrestest

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

// Office is a database with a queue, agents who work in it, and a supervisor.
type Office struct {
	*Fixture
	T          testing.TB
	Supervisor access.Principal
	TheQueue   conversation.QueueID
}

const (
	// DefaultStream is the workstream that every tenant has.
	DefaultStream = "00000000-0000-7000-8000-000000000003"
)

// NewOffice makes an Office with a database of its own.
func NewOffice(t testing.TB) *Office {
	t.Helper()
	d := &Office{Fixture: NewFixture(t), T: t, TheQueue: DefaultQueue}
	_, principal, err := d.CreateToken(t.Context(), CLI, "supervisor", access.RoleSupervisor, "", time.Hour)
	require.NoError(t, err)
	d.Supervisor = principal
	return d
}

// NewAgent signs in: a member of the desk's queue, available, with room for four conversations.
func (d *Office) NewAgent(name string) access.Principal {
	d.T.Helper()
	id := uuid.NewString()
	d.Exec(d.T, `insert into agents (tenant, id, name, presence) values ('default', $1, $2, 'available')`, id, name)
	d.Exec(d.T, `insert into queue_members (tenant, queue_id, agent_id) values ('default', $1, $2)`, d.TheQueue, id)
	_, principal, err := d.CreateToken(d.T.Context(), CLI, name, access.RoleAgent, conversation.AgentID(id), time.Hour)
	require.NoError(d.T, err)
	return principal
}

// NewQueue makes a queue that is always open, with the agents in it.
func (d *Office) NewQueue(name string, members ...access.Principal) conversation.QueueID {
	d.T.Helper()
	id := uuid.NewString()
	d.Exec(d.T, `insert into queues (tenant, id, name) values ('default', $1, $2)`, id, name)
	for _, m := range members {
		d.Exec(d.T, `insert into queue_members (tenant, queue_id, agent_id) values ('default', $1, $2)`, id, m.AgentID)
	}
	return conversation.QueueID(id)
}

// Stream changes settings of all workstreams.
func (d *Office) Stream(set string, args ...any) {
	d.T.Helper()
	d.Exec(d.T, `update workstreams set `+set, args...)
}

// Waiting is a conversation that the bot has given up: it waits in the desk's queue.
func (d *Office) Waiting(customer string) conversation.Ref {
	d.T.Helper()
	ref := conversation.Ref{Tenant: Tenant, Conversation: NewConversation()}
	d.MustReceive(d.T, d.Batch(ref.Conversation, customer, Says(uuid.NewString(), "a person, please")))
	d.MustRequestHandOver(d.T, ref)
	d.MustHandOver(d.T, ref, ToDefaultQueue())
	return ref
}

// Offered is a conversation that an agent is asked to take, as the distribution writes it.
func (d *Office) Offered(customer string, to access.Principal) conversation.Ref {
	d.T.Helper()
	ref := d.Waiting(customer)
	d.Offer(ref, to)
	return ref
}

// Offer has an agent asked to take a conversation, as the distribution writes it.
func (d *Office) Offer(ref conversation.Ref, to access.Principal) {
	d.T.Helper()
	d.Exec(d.T, `
		with item as (update work_items set state = 'offered' where conversation_id = $1 and state = 'waiting' returning id, queue_id, units, profiles),
		active as (update conversations set state = 'active', since = now(), revision = revision + 1 where id = $1)
		insert into assignments (tenant, id, work_item_id, conversation_id, queue_id, agent_id, how, state, units, profiles, deadline)
		select 'default', $2, id, $1, queue_id, $3, 'offer', 'offered', units, profiles, now() + interval '2 minutes' from item`,
		ref.Conversation, uuid.NewString(), to.AgentID)
}

// Had is a conversation that the agent has accepted.
func (d *Office) Had(customer string, by access.Principal) conversation.Ref {
	d.T.Helper()
	ref := d.Offered(customer, by)
	d.Done(ref, by, command.Accept)
	return ref
}

// With changes a command before it is given.
type With func(*command.Command)

// ToQueue names the queue of a transfer.
func ToQueue(q conversation.QueueID) With {
	return func(c *command.Command) { c.QueueID = q }
}

// ToAgent names the agent of a transfer.
func ToAgent(a access.Principal) With {
	return func(c *command.Command) { c.AgentID = a.AgentID }
}

// Order is what a person asks, under a key of its own.
func (d *Office) Order(ref conversation.Ref, by access.Principal, kind command.Kind, text string, change ...With) command.Request {
	d.T.Helper()
	r := command.Request{
		HTTPRequest: command.HTTPRequest{Tenant: Tenant, ActorID: by.ActorID(), Method: "POST", Path: "/" + string(kind), Key: uuid.NewString()},
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

// Command does something twice: the second time it must answer the same and change nothing, though what was refused is tried
// again.
func (d *Office) Command(ref conversation.Ref, by access.Principal, kind command.Kind, text string, change ...With) commanded {
	d.T.Helper()
	order := d.Order(ref, by, kind, text, change...)
	first, err := d.Act(d.T.Context(), order)
	if errors.Is(err, conversation.ErrNotFound) {
		return commanded{Refused: Unseen}
	}
	require.NoError(d.T, err)
	rows := d.Rows()
	again, err := d.Act(d.T.Context(), order)
	require.NoError(d.T, err)
	if first.Refused != "" {
		require.Equal(d.T, first.Refused, again.Refused)
		require.Zero(d.T, d.Count(d.T, "commands", "key = $1", order.Key), "the key is free")
	} else {
		require.Nil(d.T, again.Notice, "nobody is told twice")
		again.Notice = first.Notice
		require.Equal(d.T, first, again)
	}
	require.Equal(d.T, rows, d.Rows())
	c := first.Conversation
	return commanded{first.Refused, first.MessageID, conversation.Standing{
		Revision: c.Revision, State: c.State, Holder: c.Holder, Epoch: c.Epoch, QueueID: c.QueueID, AgentID: c.AgentID, Offer: c.Offer,
		WaitingSince: c.WaitingSince, Due: c.Due,
	}}
}

// Unseen stands for the answer to whoever may not see the conversation (S5).
const Unseen command.Refusal = "not found"

// Done gives a command that must not be refused.
func (d *Office) Done(ref conversation.Ref, by access.Principal, kind command.Kind, change ...With) commanded {
	d.T.Helper()
	got := d.Command(ref, by, kind, "", change...)
	require.Empty(d.T, got.Refused)
	return got
}

// Refused gives a command that must be refused and change nothing.
func (d *Office) Refused(want command.Refusal, ref conversation.Ref, by access.Principal, kind command.Kind, change ...With) {
	d.T.Helper()
	rows := d.Rows()
	require.Equal(d.T, want, d.Command(ref, by, kind, "", change...).Refused)
	require.Equal(d.T, rows, d.Rows())
}

// Rows is everything about conversations and people, to see whether anything changed.
func (d *Office) Rows() (rows []string) {
	d.T.Helper()
	for _, table := range []string{"conversations", "work_items", "assignments", "agents", "messages", "deliveries", "notes", "steps", "distribution_triggers", "feed", "routing_traces", "outbox"} {
		var some []string
		require.NoError(d.T, d.Raw.Select(&some, `select t::text from `+table+` t order by 1`))
		rows = append(rows, some...)
	}
	return rows
}

// duly is what became of a conversation in which something was due.
type duly struct {
	conversation.Situation
	Closing   conversation.CloseReason // why it is wished to end, "" if it is not
	MessageID conversation.MessageID   // the last automated message
}

// MustDue has what is due done, twice: the second time nothing changes.
func (d *Office) MustDue(ref conversation.Ref) (got duly) {
	d.T.Helper()
	var err error
	got.Situation, err = d.Due(d.T.Context(), ref)
	require.NoError(d.T, err)
	rows := d.Rows()
	again, err := d.Due(d.T.Context(), ref)
	require.NoError(d.T, err)
	require.Equal(d.T, got.Standing, again.Standing)
	require.Equal(d.T, rows, d.Rows())
	got.Closing = d.WishedEnd(d.T, ref)
	require.Equal(d.T, got.Closing != "" && got.State != conversation.StateClosed, got.End)
	require.NoError(d.T, d.Raw.Get(&got.MessageID, `
		select coalesce((select id::text from messages where conversation_id = $1 and author = 'system' order by seq desc limit 1), '')`, ref.Conversation))
	return got
}

// Load is how many units of an agent are taken.
func (d *Office) Load(a access.Principal) (units int) {
	d.T.Helper()
	require.NoError(d.T, d.Raw.Get(&units, `
		select coalesce(sum(units), 0) from assignments where agent_id = $1 and state in ('offered', 'accepted')
			and (holds_until is null or holds_until > clock_timestamp())`, a.AgentID))
	return units
}

// Writes has a customer write to a conversation.
func (d *Office) Writes(ref conversation.Ref, customer, text string) callback.Result {
	d.T.Helper()
	return d.MustReceive(d.T, d.Batch(ref.Conversation, customer, Says(uuid.NewString(), text)))
}

// Stands checks how a conversation stands.
func (d *Office) Stands(s conversation.Standing, state conversation.State, holder conversation.Holder, agent conversation.AgentID) {
	d.T.Helper()
	require.Equal(d.T, []any{state, holder, agent}, []any{s.State, s.Holder, s.AgentID})
}

// RequireTriggered checks that a distribution trigger was written since it was last called.
func (d *Office) RequireTriggered() {
	d.T.Helper()
	require.Positive(d.T, d.Count(d.T, "distribution_triggers", "true"), "a distribution trigger")
	d.Exec(d.T, "delete from distribution_triggers")
}

// ItemIs checks how a work item stands.
func (d *Office) ItemIs(ref conversation.Ref, where string, args ...any) {
	d.T.Helper()
	require.Equal(d.T, 1, d.Count(d.T, "work_items", "conversation_id = $1 and "+where, append([]any{ref.Conversation}, args...)...), where)
}
