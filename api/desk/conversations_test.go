package desk_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/api"
	"wxdesk/api/apitest"
	"wxdesk/internal/access"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
)

// ACC-14
func TestConversations_shownAsTheContractSays(t *testing.T) {
	t.Parallel()
	w := apitest.WithConversations(1)
	w.KnownConversations[0].State, w.KnownConversations[0].Holder = conversation.StateOpen, conversation.HolderQueue
	w.KnownConversations[0].QueueID, w.KnownConversations[0].AgentID, w.KnownConversations[0].LastAgent = apitest.QueueA, "", apitest.AgentA
	h := w.Handler()
	want := `{"id":"` + apitest.ConvA + `","account_id":"` + apitest.AccountA + `","customer":{"id":"` + apitest.AccountB + `","openid":"` + apitest.Customer + `","label":"` + conversation.Customer{ID: apitest.AccountB}.Label() + `","tags":[]},
		"state":"open","holder":"queue","queue_id":"` + apitest.QueueA + `","agent_id":null,"close_reason":null,"ending":null,
		"opened_at":"2026-11-21T03:00:00.123456Z","last_customer_at":"0001-01-01T00:00:00Z","closed_at":null,
		"revision":7,"workstream_id":null,"waiting_since":null,"offer":null,"last_agent_id":"` + apitest.AgentA + `","context":{},"summary":"",
		"reply_allowance":{"until":null,"left":0,"of":0,"opened_by":"","closed_at":null},"due":[],
		"last":null,"unanswered_since":null,"answered_at":null,"unread":0,"priority":0,"skills":[]}`
	one := apitest.Call(t, h, "agent", http.MethodGet, "/v1/conversations/"+apitest.ConvA, "")
	require.Equal(t, http.StatusOK, one.Code)
	require.JSONEq(t, want, one.Body.String())
	all := apitest.Call(t, h, "agent", http.MethodGet, "/v1/conversations", "")
	require.JSONEq(t, `{"items":[`+want+`],"next":null}`, all.Body.String())
	apitest.RequireProblem(t, apitest.Call(t, h, "agent", http.MethodGet, "/v1/conversations/"+apitest.ConvB, ""), http.StatusNotFound, "not-found")
}

func TestConversations_emptyListIsAList(t *testing.T) {
	t.Parallel()
	answer := apitest.Call(t, apitest.NewWorld().Handler(), "agent", http.MethodGet, "/v1/conversations", "")
	require.JSONEq(t, `{"items":[],"next":null}`, answer.Body.String())
}

// SUP-6
func TestConversations_filteredAndInPages(t *testing.T) {
	t.Parallel()
	w := apitest.WithConversations(7)
	w.KnownConversations[3].State = conversation.StateClosed
	h := w.Handler()
	require.Len(t, apitest.ReadPages(t, h, "agent", "/v1/conversations?limit=3", 3), 7)
	require.Len(t, apitest.ReadPages(t, h, "agent", "/v1/conversations?limit=3&state=active", 2), 6)
	require.Len(t, apitest.ReadPages(t, h, "agent", "/v1/conversations?state=closed&queue=&agent=&account="+apitest.AccountA, 1), 1)
	require.Empty(t, apitest.ReadPages(t, h, "agent", "/v1/conversations?account="+apitest.AccountB, 1))
}

// A18
func TestConversations_refuseBadLimitsAndFilters(t *testing.T) {
	t.Parallel()
	h := apitest.WithConversations(1).Handler()
	for _, query := range []string{
		"limit=0", "limit=-1", "limit=1000000000", "limit=201", "limit=abc", "limit=1.5", "limit=%20", "limit=99999999999999999999",
		"state=asleep", "state=OPEN", "queue=1", "agent=..", "account=" + strings.ToUpper(apitest.AccountA), "sort=openid", "customer=x",
	} {
		apitest.RequireProblem(t, apitest.Call(t, h, "agent", http.MethodGet, "/v1/conversations?"+query, ""), http.StatusUnprocessableEntity, "invalid")
	}
	require.Equal(t, http.StatusOK, apitest.Call(t, h, "agent", http.MethodGet, "/v1/conversations?limit=200", "").Code)
	require.Equal(t, http.StatusOK, apitest.Call(t, h, "agent", http.MethodGet, "/v1/conversations?limit=&cursor=&state=", "").Code)
}

// A18
func TestCursor_refusedWhenForgedOrForeign(t *testing.T) {
	t.Parallel()
	w := apitest.WithConversations(3)
	w.KnownMessages = apitest.Messages(3)
	h := w.Handler()
	cursor := func(path string) string {
		page := apitest.Decode[apitest.List](t, apitest.Call(t, h, "agent", http.MethodGet, path, ""))
		require.NotNil(t, page.Next)
		return *page.Next
	}
	all := cursor("/v1/conversations?limit=1")
	active := cursor("/v1/conversations?limit=1&state=active")
	said := cursor("/v1/conversations/" + apitest.ConvA + "/messages?limit=1")

	otherKey := w.Config()
	otherKey.CursorKey = []byte(strings.Repeat("k", 32))
	require.NotEqual(t, http.StatusOK, apitest.Call(t, api.New(otherKey).Handler(), "agent", http.MethodGet, "/v1/conversations?cursor="+all, "").Code)

	for name, path := range map[string]string{
		"made up":               "/v1/conversations?cursor=abc",
		"not base64":            "/v1/conversations?cursor=%21%21",
		"changed":               "/v1/conversations?cursor=" + apitest.Flip(all, 8*30),
		"cut":                   "/v1/conversations?cursor=" + all[:len(all)-2],
		"longer":                "/v1/conversations?cursor=" + all + "AA",
		"too long":              "/v1/conversations?cursor=" + strings.Repeat("A", 600),
		"of another filter":     "/v1/conversations?state=open&cursor=" + active,
		"of no filter":          "/v1/conversations?state=active&cursor=" + all,
		"of messages":           "/v1/conversations?cursor=" + said,
		"of conversations":      "/v1/conversations/" + apitest.ConvA + "/messages?cursor=" + all,
		"of another's messages": "/v1/conversations/" + apitest.ConvB + "/messages?cursor=" + said,
	} {
		t.Run(name, func(t *testing.T) {
			apitest.RequireProblem(t, apitest.Call(t, h, "agent", http.MethodGet, path, ""), http.StatusUnprocessableEntity, "invalid")
		})
	}
	w.OnAuthenticate = func([32]byte) (access.Principal, error) {
		return access.Principal{Tenant: "another", TokenID: "t", Role: access.RoleAgent, AgentID: apitest.AgentA}, nil
	}
	answer := apitest.Call(t, h, "agent", http.MethodGet, "/v1/conversations?cursor="+all, "")
	apitest.RequireProblem(t, answer, http.StatusUnprocessableEntity, "invalid")
}

// BOT-6, TRN-1, TRN-2
func TestMessages_shownOldestFirst(t *testing.T) {
	t.Parallel()
	w := apitest.WithConversations(1)
	w.KnownMessages = apitest.Messages(2)
	w.KnownMessages[0].Fields = map[string]string{"MsgId": "1"}
	w.KnownMessages[1].Author = conversation.AuthorBot
	w.KnownMessages[1].Delivery = &conversation.Delivery{Status: conversation.DeliveryFailed, Reason: "window-closed"}
	h := w.Handler()
	answer := apitest.Call(t, h, "supervisor", http.MethodGet, "/v1/conversations/"+apitest.ConvA+"/messages", "")
	require.Equal(t, http.StatusOK, answer.Code, answer.Body.String())
	require.JSONEq(t, `{"next":null,"items":[
		{"id":"0190a6a5-7c1e-7f3a-8a1b-000000000000","author":"customer","agent_id":null,"kind":"text","text":"你好 <b>&","fields":{"MsgId":"1"},"created_at":"2026-11-21T03:00:00Z","delivery":null,"key":null},
		{"id":"0190a6a5-7c1e-7f3a-8a1b-000000000001","author":"bot","agent_id":null,"kind":"text","text":"你好 <b>&","fields":{},"created_at":"2026-11-21T03:00:01Z","key":null,
		 "delivery":{"status":"failed","reason":"window-closed"}}]}`, answer.Body.String())

	w.KnownMessages = apitest.Messages(25)
	require.Len(t, apitest.ReadPages(t, h, "agent", "/v1/conversations/"+apitest.ConvA+"/messages?limit=10", 3), 25)
	apitest.RequireProblem(t, apitest.Call(t, h, "agent", http.MethodGet, "/v1/conversations/"+apitest.ConvB+"/messages", ""), http.StatusNotFound, "not-found")
}

func TestClose_endsTheConversationAndShowsIt(t *testing.T) {
	t.Parallel()
	w := apitest.WithConversations(1)
	h := w.Handler()
	answer := apitest.Call(t, h, "agent", http.MethodPost, apitest.CloseA, "", "Idempotency-Key", "k1")
	require.Equal(t, http.StatusOK, answer.Code, answer.Body.String())
	require.Contains(t, answer.Body.String(), `"state":"closed"`)
	require.Contains(t, answer.Body.String(), `"close_reason":"closed-by-person"`)
	require.Len(t, w.Orders, 1)
	got := w.Orders[0]
	require.Equal(t, conversation.ID(apitest.ConvA), got.Conversation)
	require.Len(t, w.Notified, 1)

	again := apitest.Call(t, h, "agent", http.MethodPost, apitest.CloseA, "", "Idempotency-Key", "k1")
	require.Equal(t, http.StatusOK, again.Code)
	require.Equal(t, answer.Body.String(), again.Body.String())
	require.Len(t, w.Orders, 1, "the kept answer was enough")
	require.Len(t, w.Notified, 1, "and nobody was told again")

	other := apitest.Call(t, h, "agent", http.MethodPost, apitest.CloseA, "", "Idempotency-Key", "k2")
	apitest.RequireProblem(t, other, http.StatusConflict, "conversation-closed")
}

// A11
func TestIdempotencyKey_validAndBoundToTheBody(t *testing.T) {
	t.Parallel()
	w := apitest.WithConversations(1)
	h := w.Handler()
	for _, key := range []string{"", strings.Repeat("k", 65), "with space", "ключ", "tab\t"} {
		apitest.RequireProblem(t, apitest.Call(t, h, "agent", http.MethodPost, apitest.CloseA, "", "Idempotency-Key", key), http.StatusBadRequest, "bad-idempotency-key")
	}
	require.Empty(t, w.Orders)
	longest := strings.Repeat("k", 64)
	require.Equal(t, http.StatusOK, apitest.Call(t, h, "agent", http.MethodPost, apitest.CloseA, "", "Idempotency-Key", longest).Code)
	reused := apitest.Call(t, h, "agent", http.MethodPost, apitest.CloseA, "{}", "Idempotency-Key", longest)
	apitest.RequireProblem(t, reused, http.StatusUnprocessableEntity, "idempotency-key-reused")
	unknown := apitest.Call(t, h, "agent", http.MethodPost, apitest.CloseA, `{"reason":"x"}`, "Idempotency-Key", "k")
	apitest.RequireProblem(t, unknown, http.StatusUnprocessableEntity, "invalid")
}

// A12
func TestIdempotencyKey_repeatsAtOnceActOnce(t *testing.T) {
	t.Parallel()
	w := apitest.WithConversations(1)
	h := w.Handler()
	answers := make([]string, 5)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() {
			answers[i] = apitest.Call(t, h, "agent", http.MethodPost, apitest.CloseA, "", "Idempotency-Key", "k").Body.String()
		})
	}
	wg.Wait()
	require.Len(t, w.Orders, 1)
	require.Len(t, w.Notified, 1)
	for _, answer := range answers {
		require.Equal(t, answers[0], answer)
		require.Contains(t, answer, `"state":"closed"`)
	}
}

func TestClose_sameKeyRetriesWhenBusy(t *testing.T) {
	t.Parallel()
	w := apitest.WithConversations(1)
	works := w.OnAct
	w.OnAct = apitest.Answering(command.Result{}, fmt.Errorf("wrapped: %w", conversation.ErrBusy))
	h := w.Handler()
	answer := apitest.Call(t, h, "agent", http.MethodPost, apitest.CloseA, "", "Idempotency-Key", "k")
	apitest.RequireProblem(t, answer, http.StatusServiceUnavailable, "busy")
	require.Equal(t, "1", answer.Header().Get("Retry-After"))
	w.OnAct = works
	require.Equal(t, http.StatusOK, apitest.Call(t, h, "agent", http.MethodPost, apitest.CloseA, "", "Idempotency-Key", "k").Code)
	require.Equal(t, w.Orders[0], w.Orders[1])
}

func TestIdempotencyKey_countsPerTokenAndPath(t *testing.T) {
	t.Parallel()
	w := apitest.WithConversations(2)
	w.OnAct = apitest.Answering(command.Result{}, conversation.ErrBusy)
	h := w.Handler()
	apitest.Call(t, h, "agent", http.MethodPost, apitest.CloseA, "", "Idempotency-Key", "k")
	apitest.Call(t, h, "admin", http.MethodPost, apitest.CloseA, "", "Idempotency-Key", "k")
	apitest.Call(t, h, "agent", http.MethodPost, "/v1/conversations/"+apitest.ConvB+"/close", "", "Idempotency-Key", "k")
	apitest.Call(t, h, "agent", http.MethodPost, apitest.CloseA, "", "Idempotency-Key", "l")
	keys := map[string]bool{}
	for _, c := range w.Orders {
		keys[apitest.CommandKey(c.HTTPRequest)] = true
	}
	require.Len(t, keys, 4)
}

func TestClose_notFoundAndInternalErrors(t *testing.T) {
	t.Parallel()
	w := apitest.WithConversations(1)
	h := w.Handler()
	unknown := apitest.Call(t, h, "agent", http.MethodPost, "/v1/conversations/"+apitest.ConvB+"/close", "", "Idempotency-Key", "k")
	apitest.RequireProblem(t, unknown, http.StatusNotFound, "not-found")
	w.OnAct = apitest.Answering(command.Result{}, errors.New("canary"))
	broken := apitest.Call(t, h, "agent", http.MethodPost, apitest.CloseA, "", "Idempotency-Key", "k")
	apitest.RequireProblem(t, broken, http.StatusInternalServerError, "internal")
	require.NotContains(t, broken.Body.String(), "canary")
	require.Contains(t, w.Logged(), "canary")
}
