package desk_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/api/apitest"
	"wxdesk/internal/conversation"
)

func TestTimeline_showsMessagesNotesAndSteps(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)
	w := apitest.WithConversations(1)
	said := apitest.Messages(1)[0]
	w.KnownTimeline = conversation.Timeline{Before: true, Entries: []conversation.Entry{
		{Seq: 4, At: at, By: conversation.Writer{Kind: conversation.WriterCustomer, ID: apitest.AccountB, Name: "客户 7F3A"}, Message: &said},
		{Seq: 6, At: at, By: conversation.Writer{Kind: conversation.WriterAgent, ID: apitest.AgentA, Name: "王芳"}, Note: &conversation.Note{ID: apitest.MessageA, Text: "third time", Key: "my-key"}},
		{Seq: 7, At: at, By: conversation.Writer{Kind: conversation.WriterSystem}, Step: &conversation.TimelineStep{What: "transferred", QueueID: apitest.QueueA, Reason: "queue-overflow"}},
	}}
	answer := apitest.Call(t, w.Handler(), "agent", http.MethodGet, "/v1/conversations/"+apitest.ConvA+"/timeline", "")
	require.Equal(t, http.StatusOK, answer.Code, answer.Body.String())
	require.Equal(t, conversation.TimelineRange{Limit: 50}, w.AskedTimeline)
	got := apitest.Decode[struct {
		Items         []map[string]any
		Before, After bool
	}](t, answer)
	require.True(t, got.Before)
	require.False(t, got.After)
	require.Equal(t, "message", got.Items[0]["kind"])
	require.Equal(t, said.Text, got.Items[0]["message"].(map[string]any)["text"])
	require.Equal(t, map[string]any{"kind": "customer", "id": apitest.AccountB, "name": "客户 7F3A"}, got.Items[0]["author"])
	require.Nil(t, got.Items[0]["message"].(map[string]any)["key"])
	require.Equal(t, map[string]any{"id": apitest.MessageA, "text": "third time", "key": "my-key"}, got.Items[1]["note"])
	require.Equal(t, map[string]any{"what": "transferred", "to": map[string]any{"queue_id": apitest.QueueA}, "reason": "queue-overflow"}, got.Items[2]["step"])
	require.Equal(t, map[string]any{"kind": "system", "id": nil, "name": ""}, got.Items[2]["author"])
}

func TestTimeline_oneSideAtATime(t *testing.T) {
	t.Parallel()
	w := apitest.WithConversations(1)
	h, path := w.Handler(), "/v1/conversations/"+apitest.ConvA+"/timeline"
	for query, want := range map[string]conversation.TimelineRange{
		"?before=7&limit=20": {Before: number(7), Limit: 20}, "?after=0": {After: number(0), Limit: 50}, "?around=3": {Around: number(3), Limit: 50},
	} {
		require.Equal(t, http.StatusOK, apitest.Call(t, h, "agent", http.MethodGet, path+query, "").Code, query)
		require.Equal(t, want, w.AskedTimeline, query)
	}
	for _, query := range []string{"?before=7&after=3", "?limit=201", "?before=-1", "?before=x"} {
		apitest.RequireProblem(t, apitest.Call(t, h, "agent", http.MethodGet, path+query, ""), http.StatusUnprocessableEntity, "invalid")
	}
}

func number(n int64) *int64 { return &n }
