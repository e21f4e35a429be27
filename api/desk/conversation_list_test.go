package desk_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/api/apitest"
	"wxdesk/internal/conversation"
)

// SUP-6
func TestConversations_filterIsReadWhole(t *testing.T) {
	t.Parallel()
	w := apitest.WithConversations(2)
	answer := apitest.Call(t, w.Handler(), "supervisor", http.MethodGet, "/v1/conversations?counts=true&state=open&state=active&queue="+apitest.QueueA+
		"&agent="+apitest.AgentA+"&account="+apitest.AccountA+"&customer="+apitest.AccountB+"&workstream="+apitest.ConvB+"&holder=agent&unanswered=true&ids="+
		apitest.ConvA+","+apitest.ConvB+"&from=2026-11-01T00:00:00Z&to=2026-12-01T00:00:00%2B08:00&order=answer", "")
	require.Equal(t, http.StatusOK, answer.Code, answer.Body.String())
	require.Contains(t, answer.Body.String(), `"counts":{"open":0,"active":2,"waiting":0,"wrap_up":0,"closed":0}`)
	got := w.AskedFilter
	require.True(t, got.To.Equal(time.Date(2026, 11, 30, 16, 0, 0, 0, time.UTC)))
	got.To = time.Time{}
	require.Equal(t, conversation.Filter{
		States: []conversation.State{conversation.StateOpen, conversation.StateActive}, QueueID: apitest.QueueA, AgentID: apitest.AgentA,
		AccountID: apitest.AccountA, CustomerID: apitest.AccountB, WorkstreamID: apitest.ConvB, Holder: conversation.HolderAgent, Unanswered: true,
		IDs: []conversation.ID{apitest.ConvA, apitest.ConvB}, From: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), Order: conversation.OrderAnswer,
	}, got)
}

// A18
func TestConversations_refuseFiltersThatExclude(t *testing.T) {
	t.Parallel()
	h := apitest.WithConversations(1).Handler()
	for _, query := range []string{
		"order=newest", "holder=nobody", "unanswered=maybe", "from=yesterday", "ids=1", "ids=" + strings.Repeat(apitest.ConvA+",", 101), "workstream=x",
		"order=activity&state=closed", "order=waited&state=open&state=closed", "order=answer&state=closed", "unanswered=true&state=closed",
		"holder=bot&state=closed",
	} {
		apitest.RequireProblem(t, apitest.Call(t, h, "agent", http.MethodGet, "/v1/conversations?"+query, ""), http.StatusUnprocessableEntity, "invalid")
	}
	require.Equal(t, http.StatusOK, apitest.Call(t, h, "agent", http.MethodGet, "/v1/conversations?order=opened&state=closed&ids=&holder=&from=", "").Code)
}

func TestConversations_lastIsCutShort(t *testing.T) {
	t.Parallel()
	w := apitest.WithConversations(1)
	at := time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)
	w.KnownConversations[0].Last = &conversation.LastMessage{Author: conversation.AuthorBot, Kind: "text", Text: strings.Repeat("好", 81), At: at}
	answer := apitest.Call(t, w.Handler(), "supervisor", http.MethodGet, "/v1/conversations", "")
	require.Contains(t, answer.Body.String(), `"last":{"author":"bot","kind":"text","excerpt":"`+strings.Repeat("好", 80)+`","at":"2026-11-21T03:00:00Z"}`)
}

func TestConversations_allowanceSaysHowItOpened(t *testing.T) {
	t.Parallel()
	soon, later, gone := time.Now().Add(time.Minute), time.Now().Add(time.Hour), time.Now().Add(-time.Hour)
	type shown struct {
		Until    *time.Time `json:"until"`
		Left     int        `json:"left"`
		Of       int        `json:"of"`
		OpenedBy string     `json:"opened_by"`
		ClosedAt *time.Time `json:"closed_at"`
	}
	utc := func(at time.Time) *time.Time { at = at.UTC().Truncate(0); return &at }
	for name, c := range map[string]struct {
		allowance conversation.Allowance
		want      shown
	}{
		"none":           {conversation.Allowance{}, shown{}},
		"a message":      {conversation.Allowance{MessageUntil: later, MessageLeft: 3}, shown{Until: utc(later), Left: 3, Of: 5, OpenedBy: "message"}},
		"a scan":         {conversation.Allowance{TapUntil: soon, TapLeft: 3, TapBy: "SCAN"}, shown{Until: utc(soon), Left: 3, Of: 3, OpenedBy: "scan"}},
		"a menu":         {conversation.Allowance{TapUntil: soon, TapLeft: 1, TapBy: "CLICK"}, shown{Until: utc(soon), Left: 1, Of: 3, OpenedBy: "menu"}},
		"a menu message": {conversation.Allowance{TapUntil: soon, TapLeft: 1, TapBy: "text"}, shown{Until: utc(soon), Left: 1, Of: 3, OpenedBy: "menu"}},
		"both": {
			conversation.Allowance{MessageUntil: later, MessageLeft: 5, TapUntil: soon, TapLeft: 2, TapBy: "subscribe"},
			shown{Until: utc(later), Left: 7, Of: 8, OpenedBy: "message"},
		},
		"closed": {conversation.Allowance{MessageUntil: gone, MessageLeft: 2}, shown{OpenedBy: "message", ClosedAt: utc(gone)}},
	} {
		w := apitest.WithConversations(1)
		w.KnownConversations[0].Allowance = c.allowance
		answer := apitest.Call(t, w.Handler(), "supervisor", http.MethodGet, "/v1/conversations/"+apitest.ConvA, "")
		require.Equal(t, c.want, apitest.Decode[struct {
			Allowance shown `json:"reply_allowance"`
		}](t, answer).Allowance, name)
	}
}
