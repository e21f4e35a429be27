package api_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/conversation"
)

const presenceA = "/v1/agents/" + agentA + "/presence"

func TestPresence_SUP7_ownAndForSupervisorsAnybodys(t *testing.T) {
	t.Parallel()
	h := newWorld().handler()
	for _, role := range []string{"agent", "supervisor", "admin"} {
		answer := call(t, h, role, http.MethodPut, presenceA, `{"presence":"away"}`)
		require.Equal(t, http.StatusOK, answer.Code, answer.Body.String())
		require.Contains(t, answer.Body.String(), `"presence":"away"`)
		require.Equal(t, http.StatusOK, call(t, h, role, http.MethodGet, presenceA, "").Code)
	}
	for _, presence := range []string{"inactive", "", "Away", "gone"} {
		answer := call(t, h, "agent", http.MethodPut, presenceA, `{"presence":"`+presence+`"}`)
		requireProblem(t, answer, http.StatusUnprocessableEntity, "invalid")
	}
}

func TestPresence_PRE2_eitherOneOfTheHouseOrACustomOne(t *testing.T) {
	t.Parallel()
	h := newWorld().handler()
	require.Equal(t, http.StatusOK, call(t, h, "agent", http.MethodPut, presenceA, `{"custom_presence_id":"`+queueA+`"}`).Code)
	for _, body := range []string{`{}`, `{"presence":"away","custom_presence_id":"` + queueA + `"}`, `{"custom_presence_id":"lunch"}`} {
		requireProblem(t, call(t, h, "agent", http.MethodPut, presenceA, body), http.StatusUnprocessableEntity, "invalid")
	}
}

func TestMe_whoAsksAndHowHeStands(t *testing.T) {
	t.Parallel()
	w := withConversations(1)
	w.work.Mine = w.conversations
	h := w.handler()
	me := call(t, h, "agent", http.MethodGet, "/v1/me", "")
	require.Contains(t, me.Body.String(), `"role":"agent","agent":{"agent_id":"`+agentA+`"`)
	require.Contains(t, me.Body.String(), `"capacity":100,"load":25`)
	boss := call(t, h, "supervisor", http.MethodGet, "/v1/me", "")
	require.JSONEq(t, `{"name":"","role":"supervisor","agent":null}`, boss.Body.String())
	work := call(t, h, "agent", http.MethodGet, "/v1/me/work", "")
	require.Contains(t, work.Body.String(), `"offers":[],"mine":[{"id":"`+convA+`"`)
}

func TestGuard_anAgentsTokenWithoutAnAgentMayNothing(t *testing.T) {
	t.Parallel()
	w := withConversations(1)
	w.token = func([32]byte) (conversation.Principal, error) {
		return conversation.Principal{Tenant: conversation.DefaultTenant, TokenID: "t", Role: conversation.RoleAgent}, nil
	}
	requireProblem(t, call(t, w.handler(), "agent", http.MethodGet, "/v1/conversations", ""), http.StatusForbidden, "forbidden")
}
