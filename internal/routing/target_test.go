package routing_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// TRF-2
func TestRankTargets_bySkillsThenName(t *testing.T) {
	t.Parallel()
	agents := []routing.AgentTarget{
		{ID: "1", Name: "Zoe", Skills: map[routing.SkillID]int{"thai": 5}},
		{ID: "2", Name: "Abe"},
		{ID: "3", Name: "Mia", Skills: map[routing.SkillID]int{"thai": 3}},
		{ID: "4", Name: "Ann", Skills: map[routing.SkillID]int{"thai": 9}},
		{ID: "5", Name: "Pro", Skills: map[routing.SkillID]int{"thai": 9, "tax": 9}},
		{ID: "6", Name: "Abe"},
	}
	routing.RankTargets(agents, []routing.NeededSkill{{SkillID: "thai", Rating: 5}})
	var order []conversation.AgentID
	var missing []int
	for _, a := range agents {
		order, missing = append(order, a.ID), append(missing, a.Missing)
	}
	require.Equal(t, []conversation.AgentID{"4", "1", "5", "3", "2", "6"}, order)
	require.Equal(t, []int{0, 0, 0, 1, 1, 1}, missing)

	few := []routing.AgentTarget{
		{ID: "1", Name: "Abe", Skills: map[routing.SkillID]int{"thai": 4, "tax": 4}}, {ID: "2", Name: "Zoe", Skills: map[routing.SkillID]int{"thai": 5}},
	}
	routing.RankTargets(few, []routing.NeededSkill{{SkillID: "thai", Rating: 5}, {SkillID: "tax", Rating: 5}})
	require.Equal(t, "Zoe", few[0].Name, "Zoe lacks one, the other is short in both")

	routing.RankTargets(agents, nil)
	require.Equal(t, []string{"Abe", "Abe", "Ann", "Mia", "Pro", "Zoe"},
		[]string{agents[0].Name, agents[1].Name, agents[2].Name, agents[3].Name, agents[4].Name, agents[5].Name})
}
