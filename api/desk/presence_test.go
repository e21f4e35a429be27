package desk_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/api/apitest"
)

const presenceA = "/v1/agents/" + apitest.AgentA + "/presence"

// PRE-1, SUP-7
func TestSetPresence_ownOrAsSupervisorAny(t *testing.T) {
	t.Parallel()
	h := apitest.NewWorld().Handler()
	for _, role := range []string{"agent", "supervisor", "admin"} {
		answer := apitest.Call(t, h, role, http.MethodPut, presenceA, `{"presence":"away"}`)
		require.Equal(t, http.StatusOK, answer.Code, answer.Body.String())
		require.Contains(t, answer.Body.String(), `"presence":"away"`)
		require.Equal(t, http.StatusOK, apitest.Call(t, h, role, http.MethodGet, presenceA, "").Code)
	}
	for _, presence := range []string{"inactive", "", "Away", "gone"} {
		answer := apitest.Call(t, h, "agent", http.MethodPut, presenceA, `{"presence":"`+presence+`"}`)
		apitest.RequireProblem(t, answer, http.StatusUnprocessableEntity, "invalid")
	}
}

// PRE-2
func TestSetPresence_systemOrCustom(t *testing.T) {
	t.Parallel()
	h := apitest.NewWorld().Handler()
	require.Equal(t, http.StatusOK, apitest.Call(t, h, "agent", http.MethodPut, presenceA, `{"custom_presence_id":"`+apitest.QueueA+`"}`).Code)
	for _, body := range []string{`{}`, `{"presence":"away","custom_presence_id":"` + apitest.QueueA + `"}`, `{"custom_presence_id":"lunch"}`} {
		apitest.RequireProblem(t, apitest.Call(t, h, "agent", http.MethodPut, presenceA, body), http.StatusUnprocessableEntity, "invalid")
	}
}

// DSK-1
func TestMe_showsRoleAgentAndWork(t *testing.T) {
	t.Parallel()
	w := apitest.WithConversations(1)
	w.KnownWork.Mine = w.KnownConversations
	h := w.Handler()
	me := apitest.Call(t, h, "agent", http.MethodGet, "/v1/me", "")
	require.Contains(t, me.Body.String(), `"role":"agent","user_id":null,"agent":{"agent_id":"`+apitest.AgentA+`"`)
	require.Contains(t, me.Body.String(), `"capacity":100,"load":25`)
	boss := apitest.Call(t, h, "supervisor", http.MethodGet, "/v1/me", "")
	require.JSONEq(t, `{"name":"","role":"supervisor","user_id":null,"agent":null,"shift":false,"locale":"","preferences":{"locale":""}}`, boss.Body.String())
	w.KnownWork.More.Mine = true
	work := apitest.Call(t, h, "agent", http.MethodGet, "/v1/me/work", "")
	require.Contains(t, work.Body.String(), `"offers":[],"mine":[{"id":"`+apitest.ConvA+`"`)
	require.Contains(t, work.Body.String(), `"more":{"offers":false,"mine":true,"open":false}`)
}
