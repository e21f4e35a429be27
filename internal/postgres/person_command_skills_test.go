package postgres_test

import (
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/access"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
)

// skill makes a skill that an agent has, if one is given.
func (d *office) skill(name string, rating int, of ...access.Principal) string {
	d.t.Helper()
	id := uuid.NewString()
	d.exec(d.t, `insert into skills (tenant, id, name) values ('default', $1, $2)`, id, name)
	for _, a := range of {
		d.exec(d.t, `insert into agent_skills (tenant, agent_id, skill_id, rating) values ('default', $1, $2, $3)`, a.AgentID, id, rating)
	}
	return id
}

func needing(skill string, rating int) string {
	return fmt.Sprintf(`[{"skill_id":%q,"rating":%d}]`, skill, rating)
}

func TestSKL5_whatTheAgentSaysIsNeededCountsAtTheNextTransfer(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li, zhao, wu := d.agent("Li"), d.agent("Zhao"), d.agent("Wu")
	english, thai := d.skill("English", 9, zhao), d.skill("Thai", 9, wu)
	d.stream("agents_set_skills = true")
	ref := d.had("wang", li)
	other := d.had("qian", li)
	d.exec(t, `update work_items set skills = $1 where conversation_id = $2`, needing(english, 5), ref.Conversation)
	d.exec(t, `delete from distribution_triggers`)

	require.Equal(t, command.RefusedUnknownSkill, d.command(ref, li, command.SetSkills, needing(uuid.NewString(), 5)).Refused)
	got := d.command(ref, li, command.SetSkills, needing(thai, 5))
	require.Empty(t, got.Refused)
	d.stands(got.Standing, conversation.StateActive, conversation.HolderAgent, li.AgentID)
	d.itemIs(ref, `skills = $2::jsonb and demand <> (select demand from work_items where conversation_id = $3)`, needing(thai, 5), other.Conversation)
	require.Equal(t, "Wu", d.targets(ref, li).Agents[0].Name)
	require.Equal(t, 1, d.count(t, "routing_traces", `stage = 'command' and body @> jsonb_build_object('command', 'set-skills', 'by', $1::text)`, string(li.AgentID)))

	d.done(ref, li, command.Transfer, toQueue(d.queue))
	done, err := d.Distribute(t.Context(), tenant)
	require.NoError(t, err)
	require.Equal(t, 1, done.Assigned)
	require.Equal(t, 1, d.count(t, "assignments", "conversation_id = $1 and state = 'offered' and agent_id = $2", ref.Conversation, wu.AgentID))
}

func TestSKL5_onlyWhereTheWorkstreamAllowsIt(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li, zhao := d.agent("Li"), d.agent("Zhao")
	english := d.skill("English", 9, zhao)
	ref := d.had("wang", li)
	d.refused(command.RefusedNotAllowed, ref, li, command.SetSkills)
	require.Empty(t, d.command(ref, d.supervisor, command.SetSkills, needing(english, 5)).Refused)
	d.stream("agents_set_skills = true")
	require.Empty(t, d.command(ref, li, command.SetSkills, `[]`).Refused)
	d.itemIs(ref, `skills = '[]'`)

	// A supervisor corrects what waits: whoever fits now is looked for at once.
	waits := d.waiting("zhou")
	d.exec(t, `update agents set presence = 'offline' where id = $1`, li.AgentID)
	d.exec(t, `delete from distribution_triggers`)
	require.Empty(t, d.command(waits, d.supervisor, command.SetSkills, needing(english, 9)).Refused)
	d.requireTriggered()
	require.Equal(t, command.RefusedNotYours, d.command(waits, zhao, command.SetSkills, `[]`).Refused)
}
