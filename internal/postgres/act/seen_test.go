package act_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/access"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/postgrestest"
)

// atDesk begins the shift of a person who is an agent.
func atDesk(t *testing.T, d *postgrestest.Office, agent access.Principal) access.Principal {
	t.Helper()
	who, _ := d.Enters(t, d.NewUser(t, "person", access.RoleAgent, agent.AgentID))
	require.NoError(t, d.BeginShift(t.Context(), who))
	return who
}

// seen says that an agent's desk shows the offer of a conversation; "" for whichever stands.
func seen(t *testing.T, d *postgrestest.Office, who access.Principal, ref conversation.Ref, offer conversation.AssignmentID) command.Refusal {
	t.Helper()
	refused, err := d.Seen(t.Context(), command.Command{Kind: command.Seen, Conversation: ref.Conversation, By: who, AssignmentID: offer})
	require.NoError(t, err)
	return refused
}

// DSK-6
func TestSeen_keepsTheOffer(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := atDesk(t, d, d.NewAgent("Li"))
	ref := d.Waiting("wang")
	d.MustDistribute()
	s, err := d.ReadSituation(t.Context(), ref)
	require.NoError(t, err)
	require.Equal(t, []conversation.DueKind{conversation.DueUnseen, conversation.DueOffer}, []conversation.DueKind{s.Due[0].What, s.Due[1].What})
	for range 2 {
		require.Empty(t, seen(t, d, li, ref, s.Offer.ID))
	}
	s, err = d.ReadSituation(t.Context(), ref)
	require.NoError(t, err)
	require.Equal(t, conversation.DueOffer, s.Due[0].What)
	d.Stands(d.MustDue(ref).Standing, postgrestest.Active, postgrestest.ByQueue, "")
	d.Done(ref, li, command.Accept)
	require.Equal(t, command.RefusedOfferOver, seen(t, d, li, ref, s.Offer.ID), "too late")
	_, err = d.Seen(t.Context(), command.Command{Kind: command.Seen, Conversation: ref.Conversation, By: d.NewAgent("Bo")})
	require.ErrorIs(t, err, conversation.ErrNotFound)
}

// DSK-6
func TestSeen_missingAsksTheNextAgent(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	d.Stream("missed_inactive = true")
	li, zhao := atDesk(t, d, d.NewAgent("Li")), d.NewAgent("Zhao")
	d.Exec(t, `update agents set presence = 'away' where id = $1`, zhao.AgentID)
	ref := d.Waiting("wang")
	d.MustDistribute()
	require.Equal(t, 1, d.Count(t, "assignments", "agent_id = $1 and show_by between offered_at + interval '4 seconds' and offered_at + interval '6 seconds'", li.AgentID))
	d.Exec(t, `update assignments set show_by = now() - interval '1 second'`)
	d.Stands(d.MustDue(ref).Standing, postgrestest.Queued, postgrestest.ByQueue, "")
	require.Equal(t, 1, d.Count(t, "assignments", "state = 'unseen' and agent_id = $1", li.AgentID))
	require.Equal(t, 1, d.Count(t, "agents", "id = $1 and presence = 'available'", li.AgentID))
	d.ItemIs(ref, "(declined ->> $2)::int = 0 and (paused ->> $2)::timestamptz > now()", string(li.AgentID))
	require.Equal(t, 1, d.Count(t, "feed", "kind = 'offer-over' and agent_id = $1 and body ->> 'outcome' = 'unseen'", li.AgentID))

	d.MustDistribute()
	require.Equal(t, 1, d.Count(t, "assignments", "true"), "not the same agent at once")
	d.Exec(t, `update agents set presence = 'available' where id = $1`, zhao.AgentID)
	d.MustDistribute()
	require.Equal(t, 1, d.Count(t, "assignments", "state = 'offered' and agent_id = $1 and show_by is null", zhao.AgentID), "a program need not say it")
	require.Equal(t, command.RefusedOfferOver, seen(t, d, li, ref, ""))
}
