package desk_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"wxdesk/api/apitest"
	"wxdesk/internal/feed"
)

func TestMarkRead_upToASeq(t *testing.T) {
	t.Parallel()
	w := apitest.WithConversations(1)
	h, path := w.Handler(), "/v1/conversations/"+apitest.ConvA+"/read"
	require.Equal(t, http.StatusNoContent, apitest.Call(t, h, "agent", http.MethodPut, path, `{"seq":7}`).Code)
	require.Equal(t, int64(7), w.ReadUpTo)
	for _, body := range []string{`{"seq":-1}`, `{}`, `{"seq":1,"by":"x"}`} {
		apitest.RequireProblem(t, apitest.Call(t, h, "agent", http.MethodPut, path, body), http.StatusUnprocessableEntity, "invalid")
	}
}

func TestEvents_readGoesToTheReaderAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := apitest.NewWorld()
		h, _ := apitest.Run(t, w)
		agent, boss := apitest.OpenStream(t, h, "agent", ""), apitest.OpenStream(t, h, "supervisor", "")
		narrowed := map[string]*apitest.EventStream{"?only=mine": nil, "?only=board": nil, "?only=conversation:" + apitest.ConvA: nil, "?only=conversation:" + apitest.ConvB: nil}
		for only := range narrowed {
			narrowed[only] = &apitest.EventStream{ResponseRecorder: httptest.NewRecorder(), Query: only, Ended: make(chan struct{})}
			apitest.OpenStreamOn(t, h, "agent", "", narrowed[only])
		}
		synctest.Wait()
		w.Feed.Publish(feed.Event{Kind: "read", Conversation: apitest.ConvA, Body: []byte(`{"n":1,"reader":"` + apitest.AgentA + `"}`)})
		synctest.Wait()
		require.Equal(t, []string{"read 1"}, agent.Heard())
		require.Empty(t, boss.Heard())
		require.NotContains(t, agent.Body.String(), "reader")
		for only, l := range narrowed {
			require.Equal(t, only != "?only=conversation:"+apitest.ConvB, len(l.Heard()) == 1, only)
		}
	})
}
