package view_test

import (
	"slices"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/postgrestest"
	"wxdesk/internal/routing"
)

// TRF-1
// It tries every queue that there is: what is listed takes the conversation, what is not refuses it.
func TestTargets_everyListedQueueTakesIt(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	zhao := d.NewAgent("Zhao")
	off := d.NewAgent("Gone home")
	d.Exec(t, `update agents set presence = 'offline' where id = $1`, off.AgentID)
	out := d.NewAgent("Disabled")
	d.Exec(t, `update agents set disabled = true where id = $1`, out.AgentID)
	never := uuid.NewString()
	d.Exec(t, `insert into operating_hours (tenant, id, name, time_zone) values ('default', $1, 'Never', 'Asia/Shanghai')`, never)
	queues := map[string]conversation.QueueID{
		"Default": d.TheQueue, "Both": d.NewQueue("Both", li, zhao), "Only Li's": d.NewQueue("Only Li's", li), "Empty": d.NewQueue("Empty"),
		"Shut": d.NewQueue("Shut", zhao), "Removed": d.NewQueue("Removed", zhao), "Of one who is offline": d.NewQueue("Of one who is offline", off),
		"Of one who is disabled": d.NewQueue("Of one who is disabled", out),
	}
	d.Exec(t, `update queues set hours_id = $1 where name = 'Shut'`, never)
	d.Exec(t, `update queues set deleted_at = now() where name = 'Removed'`)

	listed := map[string]bool{}
	found := d.MustTargets(d.Had("mei", li), li).Queues
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
		ref := d.Had("wang "+name, li)
		if !listed[string(q)] {
			d.Refused(command.RefusedTarget, ref, li, command.Transfer, postgrestest.ToQueue(q))
			continue
		}
		d.Done(ref, li, command.Transfer, postgrestest.ToQueue(q))
	}
}

// TRF-2
func TestTargets_agentsBySkill(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	english := uuid.NewString()
	d.Exec(t, `insert into skills (tenant, id, name) values ('default', $1, 'English')`, english)
	for name, set := range map[string]struct {
		presence string
		rating   int
		disabled bool
	}{
		"Ada": {"available", 0, false}, "Bea": {"busy", 7, false}, "Cy": {"available", 9, true}, "Dan": {"available", 4, false},
		"Eve": {"dnd", 9, false}, "Fox": {"away", 9, false}, "Gil": {"offline", 9, false}, "Hal": {"inactive", 9, false},
	} {
		a := d.NewAgent(name)
		d.Exec(t, `update agents set presence = $1 where id = $2`, set.presence, a.AgentID)
		if set.rating > 0 {
			d.Exec(t, `insert into agent_skills (tenant, agent_id, skill_id, rating, disabled) values ('default', $1, $2, $3, $4)`,
				a.AgentID, english, set.rating, set.disabled)
		}
	}
	ref := d.Had("wang", li)
	names := func(found routing.Targets) (list []string) {
		for _, a := range found.Agents {
			list = append(list, a.Name)
		}
		return list
	}
	require.Equal(t, []string{"Ada", "Bea", "Cy", "Dan"}, names(d.MustTargets(ref, li)), "it needs no skill")
	d.Exec(t, `update work_items set skills = jsonb_build_array(jsonb_build_object('skill_id', $1::text, 'rating', 5)) where conversation_id = $2`, english, ref.Conversation)
	found := d.MustTargets(ref, li)
	require.Equal(t, []string{"Bea", "Dan", "Ada", "Cy"}, names(found), "a disabled skill does not count, a low rating is better than none")
	require.Equal(t, []int{0, 1}, []int{found.Agents[0].Missing, found.Agents[1].Missing})
	require.Equal(t, names(found), names(d.MustTargets(ref, d.Supervisor)))
}

// TRF-2
func TestTransfer_toAgentMayNeedASupervisor(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li, zhao := d.NewAgent("Li"), d.NewAgent("Zhao")
	ref := d.Had("wang", li)
	d.Stream("transfer_to_agents = false")
	d.Refused(command.RefusedNotAllowed, ref, li, command.Transfer, postgrestest.ToAgent(zhao))
	require.Empty(t, d.MustTargets(ref, li).Agents)
	require.NotEmpty(t, d.MustTargets(ref, li).Queues)
	require.Len(t, d.MustTargets(ref, d.Supervisor).Agents, 1)
	d.Done(ref, d.Supervisor, command.Transfer, postgrestest.ToAgent(zhao))
}
