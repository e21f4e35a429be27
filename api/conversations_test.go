package api_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/api"
	"wxdesk/internal/conversation"
	"wxdesk/internal/secret"
)

const (
	queueA = "5b0f7d3e-9a51-4f0e-bb3d-1d2c3b4a5968"
	agentA = "0c7c1a52-8d0e-4a8b-9d35-6a0a3c1f7e11"
	agentB = "0c7c1a52-8d0e-4a8b-9d35-6a0a3c1f7e22"
)

// withConversations is a world with n conversations, newest first; convA is the first.
func withConversations(n int) *world {
	w := newWorld()
	for i := range n {
		w.conversations = append(w.conversations, conversation.Conversation{
			ID:         conversation.ID(fmt.Sprintf("0190a6a5-7c1e-7f3a-8a1b-%012x", 0x0123456789ab+i)),
			AccountID:  accountA,
			Customer:   conversation.Customer{ID: accountB, AccountID: accountA, OpenID: customer},
			WorkflowID: "conversation/" + accountA + "/hash",
			State:      conversation.StateActive,
			Holder:     conversation.HolderAgent,
			AgentID:    agentA,
			Revision:   7,
			OpenedAt:   time.Date(2026, 11, 21, 3, 0, 0, 123456000, time.UTC).Add(-time.Duration(i) * time.Minute),
		})
	}
	return w
}

// walk follows a list from page to page and returns the ids; it checks the number of pages.
func walk(t *testing.T, h http.Handler, role, path string, pages int) (ids []string) {
	t.Helper()
	next := path
	for range pages {
		require.NotEmpty(t, next, "fewer pages than expected")
		answer := call(t, h, role, http.MethodGet, next, "")
		require.Equal(t, http.StatusOK, answer.Code, answer.Body.String())
		page := decode[list](t, answer)
		for _, item := range page.Items {
			ids = append(ids, item.ID)
		}
		next = ""
		if page.Next != nil {
			next = path + "&cursor=" + *page.Next
		}
	}
	require.Empty(t, next, "more pages than expected")
	return ids
}

type list struct {
	Items []struct{ ID string }
	Next  *string
}

func TestConversations_shownAsTheContractSays(t *testing.T) {
	t.Parallel()
	w := withConversations(1)
	w.conversations[0].State, w.conversations[0].Holder = conversation.StateOpen, conversation.HolderQueue
	w.conversations[0].QueueID, w.conversations[0].AgentID, w.conversations[0].LastAgent = queueA, "", agentA
	h := w.handler()
	want := `{"id":"` + convA + `","account_id":"` + accountA + `","customer":{"id":"` + accountB + `","openid":"` + customer + `"},
		"state":"open","holder":"queue","queue_id":"` + queueA + `","agent_id":null,"close_reason":null,"ending":null,
		"opened_at":"2026-11-21T03:00:00.123456Z","last_customer_at":"0001-01-01T00:00:00Z","closed_at":null,
		"revision":7,"workstream_id":null,"waiting_since":null,"offer":null,"last_agent_id":"` + agentA + `","context":{},"summary":"",
		"reply_allowance":{"until":null,"left":0},"due":[]}`
	one := call(t, h, "agent", http.MethodGet, "/v1/conversations/"+convA, "")
	require.Equal(t, http.StatusOK, one.Code)
	require.JSONEq(t, want, one.Body.String())
	all := call(t, h, "agent", http.MethodGet, "/v1/conversations", "")
	require.JSONEq(t, `{"items":[`+want+`],"next":null}`, all.Body.String())
	requireProblem(t, call(t, h, "agent", http.MethodGet, "/v1/conversations/"+convB, ""), http.StatusNotFound, "not-found")
}

func TestConversations_anEmptyListIsAList(t *testing.T) {
	t.Parallel()
	answer := call(t, newWorld().handler(), "agent", http.MethodGet, "/v1/conversations", "")
	require.JSONEq(t, `{"items":[],"next":null}`, answer.Body.String())
}

func TestConversations_filteredAndInPages(t *testing.T) {
	t.Parallel()
	w := withConversations(7)
	w.conversations[3].State = conversation.StateClosed
	h := w.handler()
	require.Len(t, walk(t, h, "agent", "/v1/conversations?limit=3", 3), 7)
	require.Len(t, walk(t, h, "agent", "/v1/conversations?limit=3&state=active", 2), 6)
	require.Len(t, walk(t, h, "agent", "/v1/conversations?state=closed&queue=&agent=&account="+accountA, 1), 1)
	require.Empty(t, walk(t, h, "agent", "/v1/conversations?account="+accountB, 1))
}

func TestBad_A18_limitsAndFiltersThatAreNone(t *testing.T) {
	t.Parallel()
	h := withConversations(1).handler()
	for _, query := range []string{
		"limit=0", "limit=-1", "limit=1000000000", "limit=201", "limit=abc", "limit=1.5", "limit=%20", "limit=99999999999999999999",
		"state=asleep", "state=OPEN", "queue=1", "agent=..", "account=" + strings.ToUpper(accountA), "sort=openid", "customer=x",
	} {
		requireProblem(t, call(t, h, "agent", http.MethodGet, "/v1/conversations?"+query, ""), http.StatusUnprocessableEntity, "invalid")
	}
	require.Equal(t, http.StatusOK, call(t, h, "agent", http.MethodGet, "/v1/conversations?limit=200", "").Code)
	require.Equal(t, http.StatusOK, call(t, h, "agent", http.MethodGet, "/v1/conversations?limit=&cursor=&state=", "").Code)
}

func TestBad_A18_forgedAndForeignCursors(t *testing.T) {
	t.Parallel()
	w := withConversations(3)
	w.messages = messages(3)
	h := w.handler()
	cursor := func(path string) string {
		page := decode[list](t, call(t, h, "agent", http.MethodGet, path, ""))
		require.NotNil(t, page.Next)
		return *page.Next
	}
	all := cursor("/v1/conversations?limit=1")
	active := cursor("/v1/conversations?limit=1&state=active")
	said := cursor("/v1/conversations/" + convA + "/messages?limit=1")

	otherKey := w.config()
	otherKey.CursorKey = []byte(strings.Repeat("k", 32))
	require.NotEqual(t, http.StatusOK, call(t, api.New(otherKey).Handler(), "agent", http.MethodGet, "/v1/conversations?cursor="+all, "").Code)

	for name, path := range map[string]string{
		"made up":               "/v1/conversations?cursor=abc",
		"not base64":            "/v1/conversations?cursor=%21%21",
		"changed":               "/v1/conversations?cursor=" + flip(all, 8*30),
		"cut":                   "/v1/conversations?cursor=" + all[:len(all)-2],
		"longer":                "/v1/conversations?cursor=" + all + "AA",
		"too long":              "/v1/conversations?cursor=" + strings.Repeat("A", 600),
		"of another filter":     "/v1/conversations?state=open&cursor=" + active,
		"of no filter":          "/v1/conversations?state=active&cursor=" + all,
		"of messages":           "/v1/conversations?cursor=" + said,
		"of conversations":      "/v1/conversations/" + convA + "/messages?cursor=" + all,
		"of another's messages": "/v1/conversations/" + convB + "/messages?cursor=" + said,
	} {
		t.Run(name, func(t *testing.T) {
			requireProblem(t, call(t, h, "agent", http.MethodGet, path, ""), http.StatusUnprocessableEntity, "invalid")
		})
	}
	w.token = func([32]byte) (conversation.Principal, error) {
		return conversation.Principal{Tenant: "another", TokenID: "t", Role: conversation.RoleAgent, AgentID: agentA}, nil
	}
	answer := call(t, h, "agent", http.MethodGet, "/v1/conversations?cursor="+all, "")
	requireProblem(t, answer, http.StatusUnprocessableEntity, "invalid")
}

func messages(n int) (all []conversation.Message) {
	for i := range n {
		all = append(all, conversation.Message{
			ID:  conversation.MessageID(fmt.Sprintf("0190a6a5-7c1e-7f3a-8a1b-%012x", i)),
			Seq: int64(i + 1), Author: conversation.AuthorCustomer, Kind: "text", Text: "你好 <b>&",
			CreatedAt: time.Date(2026, 11, 21, 3, 0, i, 0, time.UTC),
		})
	}
	return all
}

func TestMessages_shownAsTheContractSaysOldestFirst(t *testing.T) {
	t.Parallel()
	w := withConversations(1)
	w.messages = messages(2)
	w.messages[0].Fields = map[string]string{"MsgId": "1"}
	w.messages[1].Author = conversation.AuthorBot
	w.messages[1].Delivery = &conversation.Delivery{Status: conversation.DeliveryFailed, Reason: "window-closed"}
	h := w.handler()
	answer := call(t, h, "supervisor", http.MethodGet, "/v1/conversations/"+convA+"/messages", "")
	require.Equal(t, http.StatusOK, answer.Code, answer.Body.String())
	require.JSONEq(t, `{"next":null,"items":[
		{"id":"0190a6a5-7c1e-7f3a-8a1b-000000000000","author":"customer","agent_id":null,"kind":"text","text":"你好 <b>&","fields":{"MsgId":"1"},"created_at":"2026-11-21T03:00:00Z","delivery":null},
		{"id":"0190a6a5-7c1e-7f3a-8a1b-000000000001","author":"bot","agent_id":null,"kind":"text","text":"你好 <b>&","fields":{},"created_at":"2026-11-21T03:00:01Z",
		 "delivery":{"status":"failed","reason":"window-closed"}}]}`, answer.Body.String())

	w.messages = messages(25)
	require.Len(t, walk(t, h, "agent", "/v1/conversations/"+convA+"/messages?limit=10", 3), 25)
	requireProblem(t, call(t, h, "agent", http.MethodGet, "/v1/conversations/"+convB+"/messages", ""), http.StatusNotFound, "not-found")
}

const closeA = "/v1/conversations/" + convA + "/close"

func TestClose_endsTheConversationAndShowsIt(t *testing.T) {
	t.Parallel()
	w := withConversations(1)
	h := w.handler()
	answer := call(t, h, "agent", http.MethodPost, closeA, "", "Idempotency-Key", "k1")
	require.Equal(t, http.StatusOK, answer.Code, answer.Body.String())
	require.Contains(t, answer.Body.String(), `"state":"closed"`)
	require.Contains(t, answer.Body.String(), `"close_reason":"closed-by-person"`)
	require.Len(t, w.orders, 1)
	got := w.orders[0]
	require.Equal(t, conversation.ID(convA), got.Conversation)
	require.Len(t, w.told, 1)

	again := call(t, h, "agent", http.MethodPost, closeA, "", "Idempotency-Key", "k1")
	require.Equal(t, http.StatusOK, again.Code)
	require.Equal(t, answer.Body.String(), again.Body.String())
	require.Len(t, w.orders, 1, "the kept answer was enough")
	require.Len(t, w.told, 1, "and nobody was told again")

	other := call(t, h, "agent", http.MethodPost, closeA, "", "Idempotency-Key", "k2")
	requireProblem(t, other, http.StatusConflict, "conversation-closed")
}

func TestBad_A11_idempotencyKeys(t *testing.T) {
	t.Parallel()
	w := withConversations(1)
	h := w.handler()
	for _, key := range []string{"", strings.Repeat("k", 65), "with space", "ключ", "tab\t"} {
		requireProblem(t, call(t, h, "agent", http.MethodPost, closeA, "", "Idempotency-Key", key), http.StatusBadRequest, "bad-idempotency-key")
	}
	require.Empty(t, w.orders)
	longest := strings.Repeat("k", 64)
	require.Equal(t, http.StatusOK, call(t, h, "agent", http.MethodPost, closeA, "", "Idempotency-Key", longest).Code)
	reused := call(t, h, "agent", http.MethodPost, closeA, "{}", "Idempotency-Key", longest)
	requireProblem(t, reused, http.StatusUnprocessableEntity, "idempotency-key-reused")
	unknown := call(t, h, "agent", http.MethodPost, closeA, `{"reason":"x"}`, "Idempotency-Key", "k")
	requireProblem(t, unknown, http.StatusUnprocessableEntity, "invalid")
}

func TestBad_A12_theSameKeyFiveTimesAtOnce(t *testing.T) {
	t.Parallel()
	w := withConversations(1)
	h := w.handler()
	answers := make([]string, 5)
	var wg sync.WaitGroup
	for i := range answers {
		wg.Go(func() {
			answers[i] = call(t, h, "agent", http.MethodPost, closeA, "", "Idempotency-Key", "k").Body.String()
		})
	}
	wg.Wait()
	require.Len(t, w.orders, 1)
	require.Len(t, w.told, 1)
	for _, answer := range answers {
		require.Equal(t, answers[0], answer)
		require.Contains(t, answer, `"state":"closed"`)
	}
}

func TestClose_whereSomebodyElseWasAtItTheSameKeyTriesAgain(t *testing.T) {
	t.Parallel()
	w := withConversations(1)
	works := w.act
	w.act = answering(conversation.Acted{}, fmt.Errorf("wrapped: %w", conversation.ErrBusy))
	h := w.handler()
	answer := call(t, h, "agent", http.MethodPost, closeA, "", "Idempotency-Key", "k")
	requireProblem(t, answer, http.StatusServiceUnavailable, "busy")
	require.Equal(t, "1", answer.Header().Get("Retry-After"))
	w.act = works
	require.Equal(t, http.StatusOK, call(t, h, "agent", http.MethodPost, closeA, "", "Idempotency-Key", "k").Code)
	require.Equal(t, w.orders[0], w.orders[1])
}

func TestClose_theCommandIsOfOneTokenPathAndKey(t *testing.T) {
	t.Parallel()
	w := withConversations(2)
	w.act = answering(conversation.Acted{}, conversation.ErrBusy)
	h := w.handler()
	call(t, h, "agent", http.MethodPost, closeA, "", "Idempotency-Key", "k")
	call(t, h, "admin", http.MethodPost, closeA, "", "Idempotency-Key", "k")
	call(t, h, "agent", http.MethodPost, "/v1/conversations/"+convB+"/close", "", "Idempotency-Key", "k")
	call(t, h, "agent", http.MethodPost, closeA, "", "Idempotency-Key", "l")
	keys := map[string]bool{}
	for _, c := range w.orders {
		keys[commandKey(c.CommandRequest)] = true
	}
	require.Len(t, keys, 4)
}

func TestProblems_everyErrorOfThePortsHasItsOwn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err    error
		status int
	}{
		"not-found":              {conversation.ErrNotFound, http.StatusNotFound},
		"conversation-closed":    {conversation.ErrClosed, http.StatusConflict},
		"exists":                 {conversation.ErrExists, http.StatusConflict},
		"changed-meanwhile":      {conversation.ErrVersion, http.StatusPreconditionFailed},
		"idempotency-key-reused": {conversation.ErrKeyReused, http.StatusUnprocessableEntity},
		"busy":                   {conversation.ErrBusy, http.StatusServiceUnavailable},
		"invalid":                {conversation.ErrKeyMissing, http.StatusUnprocessableEntity},
		"unavailable":            {conversation.ErrLater, http.StatusServiceUnavailable},
		"secret-unavailable":     {secret.ErrUnavailable, http.StatusServiceUnavailable},
		"internal":               {errors.New("a surprise"), http.StatusInternalServerError},
	} {
		w := withConversations(1)
		w.act = answering(conversation.Acted{}, fmt.Errorf("wrapped: %w", c.err))
		answer := call(t, w.handler(), "agent", http.MethodPost, closeA, "", "Idempotency-Key", "k")
		requireProblem(t, answer, c.status, name)
	}
}

func TestProblems_whatCannotBeReachedIsUnavailable(t *testing.T) {
	t.Parallel()
	for _, err := range []error{context.DeadlineExceeded, io.ErrUnexpectedEOF, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}} {
		w := withConversations(1)
		w.act = answering(conversation.Acted{}, fmt.Errorf("wrapped: %w", err))
		answer := call(t, w.handler(), "agent", http.MethodPost, closeA, "", "Idempotency-Key", "k")
		requireProblem(t, answer, http.StatusServiceUnavailable, "unavailable")
	}
}

func TestClose_unknownConversationsAndBrokenDesks(t *testing.T) {
	t.Parallel()
	w := withConversations(1)
	h := w.handler()
	unknown := call(t, h, "agent", http.MethodPost, "/v1/conversations/"+convB+"/close", "", "Idempotency-Key", "k")
	requireProblem(t, unknown, http.StatusNotFound, "not-found")
	w.act = answering(conversation.Acted{}, errors.New("canary"))
	broken := call(t, h, "agent", http.MethodPost, closeA, "", "Idempotency-Key", "k")
	requireProblem(t, broken, http.StatusInternalServerError, "internal")
	require.NotContains(t, broken.Body.String(), "canary")
	require.Contains(t, w.logged(), "canary")
}
