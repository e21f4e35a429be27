package view_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/postgrestest"
	"wxdesk/internal/postgres/sealing"
	"wxdesk/internal/routing"
)

// assign has an agent asked, in an assignment of a state; ended ones are over.
func assign(f *postgrestest.Fixture, t *testing.T, c conversation.ID, agent conversation.AgentID, state string, accepted bool) {
	t.Helper()
	f.Exec(t, `
		insert into work_items (tenant, id, conversation_id, queue_id, state, mode, since, units, skill_match, presences, demand)
		select $1, $2, $3, $4, 'assigned', 'push', now(), 25, 'none', '{available}', ''
		where not exists (select from work_items where conversation_id = $3)`, postgrestest.Tenant, uuid.NewString(), c, postgrestest.FirstQueue)
	f.Exec(t, `
		insert into assignments (tenant, id, work_item_id, conversation_id, queue_id, agent_id, how, state, units, accepted_at, ended_at, deadline)
		select $1, $2, id, conversation_id, queue_id, $4, 'offer', $5, units, case when $6 then now() end,
			case when $5 not in ('offered', 'accepted') then now() end, now() + interval '1 minute'
		from work_items where conversation_id = $3`, postgrestest.Tenant, uuid.NewString(), c, agent, state, accepted)
}

// S5, BOT-6
// It walks every way to read a conversation.
func TestConversations_agentSeesOwnAndWaiting(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	mei := f.NewAgent(t, "Mei")
	f.Exec(t, `insert into queue_members (tenant, queue_id, agent_id) values ($1, $2, $3)`, postgrestest.Tenant, postgrestest.FirstQueue, mei)
	otherQueue := uuid.NewString()
	f.Exec(t, `insert into queues (tenant, id, name) values ($1, $2, 'Other')`, postgrestest.Tenant, otherQueue)
	begin := func(name, set string, args ...any) conversation.ID {
		id := postgrestest.NewConversation()
		f.MustReceive(t, f.Batch(id, name, postgrestest.Says(name, "hello")))
		f.Exec(t, `update conversations set `+set+` where id = $1`, append([]any{id}, args...)...)
		return id
	}
	const queued = `state = 'open', holder = 'queue', queue_id = $2`
	const offered = `state = 'active', holder = 'queue', queue_id = $2`
	const held = `state = 'active', holder = 'agent', agent_id = $2`
	cases := map[string]struct {
		id   conversation.ID
		seen bool
	}{
		"of a bot":               {begin("bot", `state = 'active'`), false},
		"that the agent has":     {begin("held", held, mei), true},
		"that a colleague has":   {begin("colleague", held, f.NewAgent(t, "Bo")), false},
		"in the agent's queue":   {begin("waits", queued, postgrestest.FirstQueue), true},
		"in another queue":       {begin("elsewhere", queued, otherQueue), false},
		"offered to the agent":   {begin("offered", offered, otherQueue), true},
		"the agent has had":      {begin("had", held, f.NewAgent(t, "Lu")), true},
		"the agent has rejected": {begin("rejected", queued, otherQueue), false},
		"offered to a colleague": {begin("to another", offered, otherQueue), false},
		"had, and elsewhere now": {begin("had once", queued, otherQueue), true},
		"closed in their queue":  {begin("over", `state = 'closed', closed_at = now(), holder = 'queue', queue_id = $2`, postgrestest.FirstQueue), false},
	}
	assign(f, t, cases["offered to the agent"].id, mei, "offered", false)
	assign(f, t, cases["offered to a colleague"].id, f.NewAgent(t, "Jo"), "offered", false)
	assign(f, t, cases["the agent has had"].id, mei, "ended", true)
	assign(f, t, cases["had, and elsewhere now"].id, mei, "ended", true)
	assign(f, t, cases["the agent has rejected"].id, mei, "rejected", false)

	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			for how, read := range map[string]func(v access.Viewer) error{
				"conversation": func(v access.Viewer) error { _, err := f.Conversation(t.Context(), v, c.id); return err },
				"messages":     func(v access.Viewer) error { _, err := f.Messages(t.Context(), v, c.id, 0, 10); return err },
				"notes":        func(v access.Viewer) error { _, err := f.Notes(t.Context(), v, c.id, "", 10); return err },
				"trace":        func(v access.Viewer) error { _, err := f.RoutingTrace(t.Context(), v, c.id, 0, 10); return err },
				"targets":      func(v access.Viewer) error { _, err := f.Targets(t.Context(), v, c.id); return err },
				"list": func(v access.Viewer) error {
					all, err := f.Conversations(t.Context(), v, conversation.Filter{}, conversation.Position{}, 100)
					for _, one := range all {
						if one.ID == c.id {
							return err
						}
					}
					return conversation.ErrNotFound
				},
			} {
				require.NoError(t, read(postgrestest.Everything), how)
				require.ErrorIs(t, read(access.Viewer{Tenant: "another"}), conversation.ErrNotFound, how)
				require.ErrorIs(t, read(access.Viewer{Tenant: "another", AgentID: mei}), conversation.ErrNotFound, how)
				if c.seen {
					require.NoError(t, read(postgrestest.Viewing(mei)), how)
					continue
				}
				require.ErrorIs(t, read(postgrestest.Viewing(mei)), conversation.ErrNotFound, how)
			}
		})
	}
	work, err := f.Work(t.Context(), postgrestest.Viewing(mei))
	require.NoError(t, err)
	require.Equal(t, cases["offered to the agent"].id, work.Offers[0].ID)
	require.Equal(t, mei, work.Offers[0].Offer.AgentID)
	require.Equal(t, cases["that the agent has"].id, work.Mine[0].ID)
	require.Equal(t, cases["in the agent's queue"].id, work.Open[0].ID)
	require.Equal(t, []int{1, 1, 1}, []int{len(work.Offers), len(work.Mine), len(work.Open)})
}

// D12
func TestTranscript_hasMessagesNotesAndTraces(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	id := postgrestest.NewConversation()
	f.MustReceive(t, f.Batch(id, "li", postgrestest.Says("k1", "hello")))
	f.Exec(t, `insert into routing_traces (tenant, conversation_id, stage, body) values ($1, $2, 'route', '{"rules": []}')`, postgrestest.Tenant, id)
	f.Exec(t, `insert into notes (tenant, id, conversation_id, author, seq, body) values ($1, $2, $3, 'x', 1000, 'not sealed')`, postgrestest.Tenant, uuid.NewString(), id)

	c, err := f.Conversation(t.Context(), postgrestest.Everything, id)
	require.NoError(t, err)
	require.Positive(t, c.Revision)
	require.Equal(t, conversation.MessageAllowance, c.Allowance.MessageLeft)
	steps, err := f.RoutingTrace(t.Context(), postgrestest.Everything, id, 0, 10)
	require.NoError(t, err)
	require.Len(t, steps, 1)
	require.JSONEq(t, `{"rules": []}`, string(steps[0].Body))
	more, err := f.RoutingTrace(t.Context(), postgrestest.Everything, id, steps[0].Number, 10)
	require.NoError(t, err)
	require.Empty(t, more)
	notes, err := f.Notes(t.Context(), postgrestest.Everything, id, "", 10)
	require.NoError(t, err)
	require.Equal(t, sealing.Unavailable, notes[0].Text, "what does not open is not shown")
}

// CAP-3, CAP-6
func TestAgentNow_sumsTheLoad(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	mei := f.NewAgent(t, "Mei")
	profile := uuid.NewString()
	f.Exec(t, `insert into capacity_profiles (tenant, id, name, item_limit, reset) values ($1, $2, 'Daily', 8, 'end_of_day')`, postgrestest.Tenant, profile)
	f.Exec(t, `insert into agent_profiles (tenant, agent_id, profile_id, item_limit) values ($1, $2, $3, 5)`, postgrestest.Tenant, mei, profile)
	for _, of := range []struct {
		state    string
		accepted bool
	}{{"offered", false}, {"accepted", true}, {"ended", true}, {"missed", false}} {
		id := postgrestest.NewConversation()
		f.MustReceive(t, f.Batch(id, of.state, postgrestest.Says(of.state, "hello")))
		assign(f, t, id, mei, of.state, of.accepted)
	}
	now, err := f.AgentNow(t.Context(), postgrestest.Tenant, mei)
	require.NoError(t, err)
	require.Equal(t, []int{100, 50, 2}, []int{now.Units, now.Load, now.Sessions})
	require.Equal(t, []routing.ProfileNow{{ID: routing.ProfileID(profile), Limit: 5}}, now.Profiles)

	f.Exec(t, `update assignments set holds_until = now() where state = 'accepted'`)
	f.Exec(t, `update assignments set profiles = array[$1::uuid], units = 0`, profile)
	now, err = f.AgentNow(t.Context(), postgrestest.Tenant, mei)
	require.NoError(t, err)
	require.Equal(t, 3, now.Profiles[0].Used, "offered, accepted and ended today: the day gives nothing back")
	_, err = f.AgentNow(t.Context(), "another", mei)
	require.ErrorIs(t, err, conversation.ErrNotFound)
}
