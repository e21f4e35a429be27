package events_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"wxdesk/api/apitest"
	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/feed"
)

func TestEvents_onlyWhatAStreamAsksFor(t *testing.T) {
	for only, want := range map[string][]string{
		"?only=mine":                          {"message 1", "conversation 2", "message 6", "settings 5"},
		"?only=board":                         {"conversation 2", "alert 4", "settings 5"},
		"?only=conversation:" + apitest.ConvB: {"message 3", "settings 5"},
		"":                                    {"message 1", "conversation 2", "message 6", "message 3", "alert 4", "settings 5"},
		"?only=":                              {"message 1", "conversation 2", "message 6", "message 3", "alert 4", "settings 5"},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := apitest.NewWorld()
			w.OnAuthenticate = func([32]byte) (access.Principal, error) { // who has two hats
				return access.Principal{Tenant: conversation.DefaultTenant, TokenID: "t", Role: access.RoleSupervisor, AgentID: apitest.AgentA}, nil
			}
			w.Feed.Join(apitest.AgentA, apitest.QueueA)
			h, _ := apitest.Run(t, w)
			l := &apitest.EventStream{ResponseRecorder: httptest.NewRecorder(), Query: only, Ended: make(chan struct{})}
			apitest.OpenStreamOn(t, h, "supervisor", "", l)
			synctest.Wait()
			w.Feed.Publish(
				numbered(1, apitest.AgentA),
				feed.Event{Kind: "conversation", Conversation: apitest.ConvA, AgentID: apitest.AgentA, Body: []byte(`{"n":2}`)},
				feed.Event{Kind: "message", Conversation: "0190a6a5-7c1e-7f3a-8a1b-0123456789ad", QueueID: apitest.QueueA, Body: []byte(`{"n":6}`)},
				feed.Event{Kind: "message", Conversation: apitest.ConvB, AgentID: apitest.AgentB, Body: []byte(`{"n":3}`)},
				feed.Event{Kind: "alert", QueueID: apitest.QueueA, Body: []byte(`{"n":4}`)},
				feed.Event{Kind: "settings", Body: []byte(`{"n":5}`)},
			)
			synctest.Wait()
			require.Equal(t, want, l.Heard(), only)
		})
	}
}

func TestEvents_refuseUnknownScopes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := apitest.Run(t, apitest.NewWorld())
		for _, query := range []string{"?only=all", "?only=conversation", "?only=:x", "?only=mine&only=board", "?only=conversation:x", "?only=board:x", "?token=x", "?only=%zz", "?only=mine"} {
			r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/events"+query, nil)
			r.Header.Set("Authorization", "Bearer supervisor")
			answer := httptest.NewRecorder()
			h.ServeHTTP(answer, r)
			apitest.RequireProblem(t, answer, http.StatusUnprocessableEntity, "invalid")
		}
	})
}
