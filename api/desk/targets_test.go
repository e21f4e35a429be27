package desk_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/api/apitest"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// TRF-2
func TestTargets_forHolderAndSupervisors(t *testing.T) {
	t.Parallel()
	w := apitest.WithConversations(1)
	w.KnownTargets = routing.Targets{
		Queues: []routing.QueueTarget{{ID: apitest.QueueA, Name: "Returns"}},
		Needed: []routing.NeededSkill{{SkillID: apitest.QueueA, Rating: 3}},
		Agents: []routing.AgentTarget{{ID: apitest.AgentB, Name: "Bo", Presence: routing.Busy, Missing: 1}},
	}
	h, path := w.Handler(), "/v1/conversations/"+apitest.ConvA+"/targets"
	for _, role := range []string{"agent", "supervisor", "admin"} {
		answer := apitest.Call(t, h, role, http.MethodGet, path, "")
		require.Equal(t, http.StatusOK, answer.Code, answer.Body.String())
		require.JSONEq(t, `{"queues":[{"id":"`+apitest.QueueA+`","name":"Returns"}],"skills":[{"skill_id":"`+apitest.QueueA+`","rating":3}],"agents":[{"id":"`+apitest.AgentB+`","name":"Bo","presence":"busy","missing_skills":1}]}`, answer.Body.String())
	}
	w.KnownConversations[0].AgentID, w.KnownConversations[0].LastAgent = apitest.AgentB, apitest.AgentA
	apitest.RequireProblem(t, apitest.Call(t, h, "agent", http.MethodGet, path, ""), http.StatusConflict, "not-your-conversation")
	w.KnownConversations[0].AgentID, w.KnownConversations[0].Holder = apitest.AgentA, conversation.HolderQueue
	apitest.RequireProblem(t, apitest.Call(t, h, "agent", http.MethodGet, path, ""), http.StatusConflict, "not-your-conversation")
	w.KnownConversations[0].State = conversation.StateClosed
	apitest.RequireProblem(t, apitest.Call(t, h, "supervisor", http.MethodGet, path, ""), http.StatusConflict, "conversation-closed")
}
