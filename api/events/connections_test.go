package events_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/api/apitest"
	"wxdesk/internal/conversation"
	"wxdesk/internal/feed"
)

func TestConnections_agentIsThereWhileStreamIsOpen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := apitest.NewWorld()
		h, _ := apitest.Run(t, w)
		apitest.OpenStream(t, h, "supervisor", "")
		require.Zero(t, w.Agents.Connected(), "only agents are connected")
		one, two := apitest.OpenStream(t, h, "agent", ""), apitest.OpenStream(t, h, "agent", "")
		require.Equal(t, 2, w.Agents.Connected())
		require.Equal(t, []string{"token-of-agent", "token-of-agent"}, w.Agents.Tokens(), "the ledger asks whether they still count")
		one.Leave()
		<-one.Ended
		require.Empty(t, w.Agents.HaveLost())
		two.Leave()
		<-two.Ended
		require.Zero(t, w.Agents.Connected())
		require.Equal(t, []conversation.AgentID{apitest.AgentA}, w.Agents.HaveLost())
	})
}

func TestConnections_heartbeatRepairsDifferences(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := apitest.NewWorld()
		h, _ := apitest.Run(t, w)
		apitest.OpenStream(t, h, "agent", "")
		w.Agents.Forget() // this process was silent, and another one dropped it
		stray := feed.Connection{ID: "left behind", Tenant: conversation.DefaultTenant, AgentID: apitest.AgentB}
		require.NoError(t, w.Agents.Connect(t.Context(), "", stray))
		time.Sleep(6 * time.Second)
		require.Equal(t, 1, w.Agents.Connected())
		require.Equal(t, []conversation.AgentID{apitest.AgentB}, w.Agents.HaveLost())
		w.Agents.Mu.Lock()
		defer w.Agents.Mu.Unlock()
		require.Equal(t, 2, w.Agents.Dropped, "every beat drops the silent processes")
	})
}

func TestConnections_disabledAgentIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := apitest.NewWorld()
		w.Agents.Refuse = conversation.ErrNotFound
		h, _ := apitest.Run(t, w)
		apitest.RequireProblem(t, apitest.Call(t, h, "agent", http.MethodGet, "/v1/events", ""), http.StatusForbidden, "forbidden")
	})
}
