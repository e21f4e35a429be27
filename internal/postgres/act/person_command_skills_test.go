package act_test

import (
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/access"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/postgrestest"
)

// skill makes a skill that an agent has, if one is given.
func skill(d *postgrestest.Office, name string, rating int, of ...access.Principal) string {
	d.T.Helper()
	id := uuid.NewString()
	d.Exec(d.T, `insert into skills (tenant, id, name) values ('default', $1, $2)`, id, name)
	for _, a := range of {
		d.Exec(d.T, `insert into agent_skills (tenant, agent_id, skill_id, rating) values ('default', $1, $2, $3)`, a.AgentID, id, rating)
	}
	return id
}

func needing(skill string, rating int) string {
	return fmt.Sprintf(`[{"skill_id":%q,"rating":%d}]`, skill, rating)
}

// SKL-5
func TestSetSkills_countAtTheNextTransfer(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li, zhao, wu := d.NewAgent("Li"), d.NewAgent("Zhao"), d.NewAgent("Wu")
	english, thai := skill(d, "English", 9, zhao), skill(d, "Thai", 9, wu)
	d.Stream("agents_set_skills = true")
	ref := d.Had("wang", li)
	other := d.Had("qian", li)
	d.Exec(t, `update work_items set skills = $1 where conversation_id = $2`, needing(english, 5), ref.Conversation)
	d.Exec(t, `delete from distribution_triggers`)

	require.Equal(t, command.RefusedUnknownSkill, d.Command(ref, li, command.SetSkills, needing(uuid.NewString(), 5)).Refused)
	got := d.Command(ref, li, command.SetSkills, needing(thai, 5))
	require.Empty(t, got.Refused)
	d.Stands(got.Standing, conversation.StateActive, conversation.HolderAgent, li.AgentID)
	d.ItemIs(ref, `skills = $2::jsonb and demand <> (select demand from work_items where conversation_id = $3)`, needing(thai, 5), other.Conversation)
	require.Equal(t, "Wu", d.MustTargets(ref, li).Agents[0].Name)
	require.Equal(t, 1, d.Count(t, "routing_traces", `stage = 'command' and body @> jsonb_build_object('command', 'set-skills', 'by', $1::text)`, string(li.AgentID)))

	d.Done(ref, li, command.Transfer, postgrestest.ToQueue(d.TheQueue))
	done, err := d.Distribute(t.Context(), postgrestest.Tenant)
	require.NoError(t, err)
	require.Equal(t, 1, done.Assigned)
	require.Equal(t, 1, d.Count(t, "assignments", "conversation_id = $1 and state = 'offered' and agent_id = $2", ref.Conversation, wu.AgentID))
}

// SKL-5
func TestSetSkills_onlyWhereAllowed(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li, zhao := d.NewAgent("Li"), d.NewAgent("Zhao")
	english := skill(d, "English", 9, zhao)
	ref := d.Had("wang", li)
	d.Refused(command.RefusedNotAllowed, ref, li, command.SetSkills)
	require.Empty(t, d.Command(ref, d.Supervisor, command.SetSkills, needing(english, 5)).Refused)
	d.Stream("agents_set_skills = true")
	require.Empty(t, d.Command(ref, li, command.SetSkills, `[]`).Refused)
	d.ItemIs(ref, `skills = '[]'`)

	// A supervisor corrects what waits: whoever fits now is looked for at once.
	waits := d.Waiting("zhou")
	d.Exec(t, `update agents set presence = 'offline' where id = $1`, li.AgentID)
	d.Exec(t, `delete from distribution_triggers`)
	require.Empty(t, d.Command(waits, d.Supervisor, command.SetSkills, needing(english, 9)).Refused)
	d.RequireTriggered()
	require.Equal(t, command.RefusedNotYours, d.Command(waits, zhao, command.SetSkills, `[]`).Refused)
}
