package postgres_test

import (
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/access"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

func (d *office) targets(ref conversation.Ref, who access.Principal) routing.Targets {
	d.t.Helper()
	found, err := d.Targets(d.t.Context(), who.Viewer(), ref.Conversation)
	require.NoError(d.t, err)
	return found
}

// It tries every queue that there is: what is listed takes the conversation, what is not refuses it.
func TestTRF1_everyQueueThatIsListedTakesIt(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li := d.agent("Li")
	zhao := d.agent("Zhao")
	off := d.agent("Gone home")
	d.exec(t, `update agents set presence = 'offline' where id = $1`, off.AgentID)
	out := d.agent("Disabled")
	d.exec(t, `update agents set disabled = true where id = $1`, out.AgentID)
	never := uuid.NewString()
	d.exec(t, `insert into operating_hours (tenant, id, name, time_zone) values ('default', $1, 'Never', 'Asia/Shanghai')`, never)
	queues := map[string]conversation.QueueID{
		"Default": d.queue, "Both": d.newQueue("Both", li, zhao), "Only Li's": d.newQueue("Only Li's", li), "Empty": d.newQueue("Empty"),
		"Shut": d.newQueue("Shut", zhao), "Removed": d.newQueue("Removed", zhao), "Of one who is offline": d.newQueue("Of one who is offline", off),
		"Of one who is disabled": d.newQueue("Of one who is disabled", out),
	}
	d.exec(t, `update queues set hours_id = $1 where name = 'Shut'`, never)
	d.exec(t, `update queues set deleted_at = now() where name = 'Removed'`)

	listed := map[string]bool{}
	found := d.targets(d.had("mei", li), li).Queues
	require.True(t, slices.IsSortedFunc(found, func(a, b routing.QueueTarget) int {
		if a.Name < b.Name {
			return -1
		}
		return 1
	}), "by name")
	for _, q := range found {
		listed[string(q.ID)] = true
	}
	require.Len(t, listed, 3)
	for name, q := range queues {
		ref := d.had("wang "+name, li)
		if !listed[string(q)] {
			d.refused(command.RefusedTarget, ref, li, command.Transfer, toQueue(q))
			continue
		}
		d.done(ref, li, command.Transfer, toQueue(q))
	}
}

func TestTRF2_agentsAreListedByHowWellTheirSkillsFit(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li := d.agent("Li")
	english := uuid.NewString()
	d.exec(t, `insert into skills (tenant, id, name) values ('default', $1, 'English')`, english)
	for name, set := range map[string]struct {
		presence string
		rating   int
		disabled bool
	}{
		"Ada": {"available", 0, false}, "Bea": {"busy", 7, false}, "Cy": {"available", 9, true}, "Dan": {"available", 4, false},
		"Eve": {"dnd", 9, false}, "Fox": {"away", 9, false}, "Gil": {"offline", 9, false}, "Hal": {"inactive", 9, false},
	} {
		a := d.agent(name)
		d.exec(t, `update agents set presence = $1 where id = $2`, set.presence, a.AgentID)
		if set.rating > 0 {
			d.exec(t, `insert into agent_skills (tenant, agent_id, skill_id, rating, disabled) values ('default', $1, $2, $3, $4)`,
				a.AgentID, english, set.rating, set.disabled)
		}
	}
	ref := d.had("wang", li)
	names := func(found routing.Targets) (list []string) {
		for _, a := range found.Agents {
			list = append(list, a.Name)
		}
		return list
	}
	require.Equal(t, []string{"Ada", "Bea", "Cy", "Dan"}, names(d.targets(ref, li)), "it needs no skill")
	d.exec(t, `update work_items set skills = jsonb_build_array(jsonb_build_object('skill_id', $1::text, 'rating', 5)) where conversation_id = $2`, english, ref.Conversation)
	found := d.targets(ref, li)
	require.Equal(t, []string{"Bea", "Dan", "Ada", "Cy"}, names(found), "a disabled skill does not count, a low rating is better than none")
	require.Equal(t, []int{0, 1}, []int{found.Agents[0].Missing, found.Agents[1].Missing})
	require.Equal(t, names(found), names(d.targets(ref, d.supervisor)))
}

func TestTRF2_whereAWorkstreamSaysSoOnlySupervisorsTransferToAnAgent(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li, zhao := d.agent("Li"), d.agent("Zhao")
	ref := d.had("wang", li)
	d.stream("transfer_to_agents = false")
	d.refused(command.RefusedNotAllowed, ref, li, command.Transfer, toAgent(zhao))
	require.Empty(t, d.targets(ref, li).Agents)
	require.NotEmpty(t, d.targets(ref, li).Queues)
	require.Len(t, d.targets(ref, d.supervisor).Agents, 1)
	d.done(ref, d.supervisor, command.Transfer, toAgent(zhao))
}
