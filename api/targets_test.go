package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

func TestTRF2_targetsAreForWhoHasTheConversationAndForSupervisors(t *testing.T) {
	t.Parallel()
	w := withConversations(1)
	w.targets = routing.Targets{
		Queues: []routing.QueueTarget{{ID: queueA, Name: "Returns"}},
		Needed: []routing.NeededSkill{{SkillID: queueA, Rating: 3}},
		Agents: []routing.AgentTarget{{ID: agentB, Name: "Bo", Presence: routing.Busy, Missing: 1}},
	}
	h, path := w.handler(), "/v1/conversations/"+convA+"/targets"
	for _, role := range []string{"agent", "supervisor", "admin"} {
		answer := call(t, h, role, http.MethodGet, path, "")
		require.Equal(t, http.StatusOK, answer.Code, answer.Body.String())
		require.JSONEq(t, `{"queues":[{"id":"`+queueA+`","name":"Returns"}],"skills":[{"skill_id":"`+queueA+`","rating":3}],"agents":[{"id":"`+agentB+`","name":"Bo","presence":"busy","missing_skills":1}]}`, answer.Body.String())
	}
	w.conversations[0].AgentID, w.conversations[0].LastAgent = agentB, agentA
	requireProblem(t, call(t, h, "agent", http.MethodGet, path, ""), http.StatusConflict, "not-your-conversation")
	w.conversations[0].AgentID, w.conversations[0].Holder = agentA, conversation.HolderQueue
	requireProblem(t, call(t, h, "agent", http.MethodGet, path, ""), http.StatusConflict, "not-your-conversation")
	w.conversations[0].State = conversation.StateClosed
	requireProblem(t, call(t, h, "supervisor", http.MethodGet, path, ""), http.StatusConflict, "conversation-closed")
}
