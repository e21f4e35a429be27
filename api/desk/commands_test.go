package desk_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/api/apitest"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

func TestCommands_reachTheirConversation(t *testing.T) {
	t.Parallel()
	until := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	for kind, c := range map[command.Kind]struct {
		role, body string
		want       command.Command
		text       string
	}{
		command.Accept:     {"agent", `{"assignment_id":"` + apitest.MessageA + `"}`, command.Command{AssignmentID: apitest.MessageA}, ""},
		command.Reject:     {"agent", ``, command.Command{}, ""},
		command.Pick:       {"agent", `{}`, command.Command{}, ""},
		command.Reply:      {"agent", `{"text":"您好 "}`, command.Command{}, "您好 "},
		command.Note:       {"supervisor", `{"text":"rude"}`, command.Command{}, "rude"},
		command.Transfer:   {"agent", `{"queue_id":"` + apitest.QueueA + `"}`, command.Command{QueueID: apitest.QueueA}, ""},
		command.Wait:       {"agent", `{"until":"2026-11-22T17:00:00+08:00"}`, command.Command{Until: until}, ""},
		command.Resume:     {"agent", ``, command.Command{}, ""},
		command.WrapUp:     {"agent", ``, command.Command{}, ""},
		command.Close:      {"admin", ``, command.Command{}, ""},
		command.Assign:     {"supervisor", `{"agent_id":"` + apitest.AgentB + `"}`, command.Command{AgentID: apitest.AgentB}, ""},
		command.ForceClose: {"supervisor", ``, command.Command{}, ""},
		command.SetContext: {"agent", `{"context":{"tier":"gold","age":41,"old":null}}`, command.Command{}, `{"age":41,"old":null,"tier":"gold"}`},
		command.SetSkills:  {"agent", `{"skills":[{"skill_id":"` + apitest.QueueA + `","rating":5}]}`, command.Command{}, `[{"skill_id":"` + apitest.QueueA + `","rating":5}]`},
		command.Resend:     {"supervisor", `{"message_id":"` + apitest.MessageA + `"}`, command.Command{MessageID: apitest.MessageA}, ""},
	} {
		t.Run(string(kind), func(t *testing.T) {
			w := apitest.WithConversations(1)
			w.OnAct = apitest.Answering(command.Result{MessageID: apitest.MessageA}, nil)
			code, body := apitest.SendCommand(t, w.Handler(), c.role, string(kind), c.body)
			require.Equal(t, http.StatusOK, code, body)
			var answer struct {
				Conversation struct{ ID string }
				MessageID    string `json:"message_id"`
			}
			require.NoError(t, json.Unmarshal([]byte(body), &answer))
			require.Equal(t, []string{apitest.ConvA, apitest.MessageA}, []string{answer.Conversation.ID, answer.MessageID})

			require.Len(t, w.Orders, 1)
			got := w.Orders[0]
			require.Equal(t, "token-of-"+c.role, got.By.TokenID)
			want := c.want
			want.Kind, want.Conversation, want.By = kind, apitest.ConvA, got.By
			require.Equal(t, want, got.Command)
			require.Equal(t, c.text, got.Text)
			require.Len(t, w.Notified, 1)
			require.Equal(t, string(kind), w.Notified[0].Act)
		})
	}
}

// A09, ACC-7
func TestReply_refusesTextsThatCannotBeSent(t *testing.T) {
	t.Parallel()
	w := apitest.WithConversations(1)
	h := w.Handler()
	for text, says := range map[string]string{
		"":                               "got 0",
		" \u3000\n ":                     "got 6",
		strings.Repeat("a", 2049):        "got 2049",
		strings.Repeat("中", 683):         "got 2049",
		strings.Repeat("a", 8193) + "no": "got 8195",
	} {
		body, err := json.Marshal(map[string]string{"text": text})
		require.NoError(t, err)
		code, answer := apitest.SendCommand(t, h, "agent", "reply", `{"text":`+string(body[8:len(body)-1])+`}`, "Idempotency-Key", "k")
		require.Equal(t, http.StatusUnprocessableEntity, code)
		require.Contains(t, answer, "urn:wxdesk:problem:text-unusable")
		require.Contains(t, answer, says)
	}
	require.Empty(t, w.Orders)
	longest, err := json.Marshal(map[string]string{"text": strings.Repeat("a", 2048)})
	require.NoError(t, err)
	code, _ := apitest.SendCommand(t, h, "agent", "reply", string(longest), "Idempotency-Key", "k")
	require.Equal(t, http.StatusOK, code)
	require.Len(t, w.Orders[0].Text, 2048, "never cut")
}

// A10
func TestReply_refusesInvalidUnicode(t *testing.T) {
	t.Parallel()
	w := apitest.WithConversations(1)
	h := w.Handler()
	for _, text := range []string{`a\u0000`, `\ud83d`, `\ude00`} {
		for _, kind := range []string{"reply", "note"} {
			code, _ := apitest.SendCommand(t, h, "agent", kind, `{"text":"`+text+`"}`, "Idempotency-Key", "k")
			require.Equal(t, http.StatusBadRequest, code)
		}
	}
	require.Empty(t, w.Orders)
}

// A13, A14, A15, A16, A17
// The ledger decides these. Here: what the caller is told of it.
func TestCommands_everyRefusalHasItsProblem(t *testing.T) {
	t.Parallel()
	for refusal, status := range map[command.Refusal]int{
		command.RefusedNotYours:     http.StatusConflict,
		command.RefusedClosed:       http.StatusConflict,
		command.RefusedState:        http.StatusConflict,
		command.RefusedStale:        http.StatusPreconditionFailed,
		command.RefusedOfferOver:    http.StatusConflict,
		command.RefusedCapacity:     http.StatusConflict,
		command.RefusedPresence:     http.StatusConflict,
		command.RefusedSkill:        http.StatusConflict,
		command.RefusedTarget:       http.StatusUnprocessableEntity,
		command.RefusedWindow:       http.StatusConflict,
		command.RefusedAllowance:    http.StatusConflict,
		command.RefusedVariable:     http.StatusUnprocessableEntity,
		command.RefusedUnknownSkill: http.StatusUnprocessableEntity,
		command.RefusedText:         http.StatusUnprocessableEntity,
		command.RefusedDelivered:    http.StatusConflict,
		command.RefusedNotAllowed:   http.StatusForbidden,
	} {
		w := apitest.WithConversations(1)
		w.OnAct = apitest.Answering(command.Result{Refused: refusal}, nil)
		h := w.Handler()
		for range 2 { // nothing is kept of it
			answer := apitest.Call(t, h, "agent", http.MethodPost, "/v1/conversations/"+apitest.ConvA+"/resume", "", "Idempotency-Key", "k")
			apitest.RequireProblem(t, answer, status, string(refusal))
		}
		require.Len(t, w.Orders, 2)
	}
}

// A16
func TestCommands_ifMatchRefusesStaleRevision(t *testing.T) {
	t.Parallel()
	w := apitest.WithConversations(1)
	h := w.Handler()
	read := apitest.Call(t, h, "agent", http.MethodGet, "/v1/conversations/"+apitest.ConvA, "")
	require.Equal(t, `"7"`, read.Header().Get("ETag"))
	bodies := map[string]string{
		"transfer": `{"queue_id":"` + apitest.QueueA + `"}`, "assign": `{"queue_id":"` + apitest.QueueA + `"}`,
		"wait": "", "end": "", "close": "", "force-close": "",
	}
	roles := map[string]string{"assign": "supervisor", "force-close": "supervisor"}
	for kind, body := range bodies {
		role := roles[kind]
		if role == "" {
			role = "agent"
		}
		w.OnAct = apitest.Answering(command.Result{}, nil)
		w.Orders = nil
		code, answer := apitest.SendCommand(t, h, role, kind, body, "If-Match", read.Header().Get("ETag"))
		require.Equal(t, http.StatusOK, code, answer)
		require.Equal(t, int64(7), w.Orders[0].IfRevision, kind)
		for _, tag := range []string{`7`, `W/"7"`, `"x"`, `"0"`, `"-1"`, `"07"`, `"7", "8"`} {
			code, answer = apitest.SendCommand(t, h, role, kind, body, "If-Match", tag, "Idempotency-Key", "other")
			require.Equal(t, http.StatusPreconditionFailed, code, tag)
			require.Contains(t, answer, "stale-version")
			require.Contains(t, answer, `"conversation":{"id":"`+apitest.ConvA+`"`, "as it is now")
		}
		code, _ = apitest.SendCommand(t, h, role, kind, body, "If-Match", "*", "Idempotency-Key", "any")
		require.Equal(t, http.StatusOK, code)
		require.Zero(t, w.Orders[len(w.Orders)-1].IfRevision)
	}
}

// A17
func TestTransfer_refusesBodiesWithoutOneTarget(t *testing.T) {
	t.Parallel()
	w := apitest.WithConversations(1)
	h := w.Handler()
	for _, body := range []string{
		`{}`, `{"queue_id":"` + apitest.QueueA + `","agent_id":"` + apitest.AgentB + `"}`, `{"queue_id":"1"}`, `{"agent_id":"` + strings.ToUpper(apitest.AgentB) + `"}`,
		`{"queue_id":null}`, `{"queue_id":"` + apitest.QueueA + `","tenant":"another"}`,
	} {
		code, answer := apitest.SendCommand(t, h, "agent", "transfer", body)
		require.Equal(t, http.StatusUnprocessableEntity, code, body+answer)
	}
	for _, body := range []string{
		`{"context":{}}`, `{"context":{"a b":"x"}}`, `{"context":{"a":1.5}}`, `{"context":{"a":true}}`, `{"context":{"a":["x"]}}`,
		`{"context":{"a":"` + strings.Repeat("x", 4001) + `"}}`, `{"context":{"a":1e3}}`, `{"context":{"a":12345678901234567}}`,
	} {
		code, answer := apitest.SendCommand(t, h, "agent", "set-context", body)
		require.Equal(t, http.StatusUnprocessableEntity, code, body+answer)
	}
	one := `{"skill_id":"` + apitest.QueueA + `","rating":5}`
	for _, body := range []string{
		`{}`, `{"skills":null}`, `{"skills":[{"skill_id":"` + apitest.QueueA + `"}]}`, `{"skills":[{"skill_id":"` + apitest.QueueA + `","rating":11}]}`,
		`{"skills":[{"skill_id":"` + strings.ToUpper(apitest.QueueA) + `","rating":5}]}`, `{"skills":[` + one + `,` + one + `]}`,
	} {
		code, answer := apitest.SendCommand(t, h, "agent", "set-skills", body)
		require.Equal(t, http.StatusUnprocessableEntity, code, body+answer)
	}
	code, _ := apitest.SendCommand(t, h, "agent", "resend", `{"message_id":"x"}`)
	require.Equal(t, http.StatusUnprocessableEntity, code)
	require.Empty(t, w.Orders)
}

// A02
func TestCommands_foreignConversationIsNotFound(t *testing.T) {
	t.Parallel()
	w := apitest.WithConversations(1)
	w.KnownConversations[0].AgentID = apitest.AgentB
	h := w.Handler()
	for _, kind := range []string{"accept", "pick", "resume", "end", "close"} {
		answer := apitest.Call(t, h, "agent", http.MethodPost, "/v1/conversations/"+apitest.ConvA+"/"+kind, "", "Idempotency-Key", "k")
		apitest.RequireProblem(t, answer, http.StatusNotFound, "not-found")
	}
	require.Empty(t, w.Orders)
}

// A12
func TestReject_repeatsAfterTheHolderChanged(t *testing.T) {
	t.Parallel()
	w := apitest.WithConversations(1)
	w.OnAct = func(command.Request) (command.Result, error) {
		w.Mu.Lock()
		defer w.Mu.Unlock()
		w.KnownConversations[0].AgentID = apitest.AgentB
		return command.Result{}, nil
	}
	h := w.Handler()
	first := apitest.Call(t, h, "agent", http.MethodPost, "/v1/conversations/"+apitest.ConvA+"/reject", "", "Idempotency-Key", "k")
	require.Equal(t, http.StatusOK, first.Code, first.Body.String())
	again := apitest.Call(t, h, "agent", http.MethodPost, "/v1/conversations/"+apitest.ConvA+"/reject", "", "Idempotency-Key", "k")
	require.Equal(t, first.Body.String(), again.Body.String())
	require.Equal(t, first.Header().Get("ETag"), again.Header().Get("ETag"))
	require.Len(t, w.Orders, 1)
	other := apitest.Call(t, h, "agent", http.MethodPost, "/v1/conversations/"+apitest.ConvA+"/reject", "", "Idempotency-Key", "l")
	apitest.RequireProblem(t, other, http.StatusNotFound, "not-found")
}

// A24
func TestMessages_cannotBeChangedOrDeleted(t *testing.T) {
	t.Parallel()
	h := apitest.WithConversations(1).Handler()
	for _, path := range []string{"/messages", "/notes", "/trace"} {
		for _, method := range []string{http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodPost} {
			answer := apitest.Call(t, h, "admin", method, "/v1/conversations/"+apitest.ConvA+path, `{"text":"other"}`)
			apitest.RequireProblem(t, answer, http.StatusMethodNotAllowed, "method-not-allowed")
		}
		answer := apitest.Call(t, h, "admin", http.MethodPatch, "/v1/conversations/"+apitest.ConvA+path+"/"+apitest.MessageA, `{"public":true}`)
		apitest.RequireProblem(t, answer, http.StatusNotFound, "not-found")
	}
}

// A19
func TestConversations_refuseUnknownParameters(t *testing.T) {
	t.Parallel()
	h := apitest.WithConversations(1).Handler()
	for _, query := range []string{"sort=opened_at", "order=desc", "openid=x", "offered=me", "q=%25", "search='"} {
		answer := apitest.Call(t, h, "agent", http.MethodGet, "/v1/conversations?"+query, "")
		apitest.RequireProblem(t, answer, http.StatusUnprocessableEntity, "invalid")
	}
}

// DIA-1
func TestNotesAndTrace_inPagesOldestFirst(t *testing.T) {
	t.Parallel()
	w := apitest.WithConversations(1)
	at := time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)
	for i := range 3 {
		w.KnownNotes = append(w.KnownNotes, conversation.Note{ID: string(rune('1' + i)), Author: apitest.AgentA, Text: "rude", CreatedAt: at})
		w.KnownTrace = append(w.KnownTrace, routing.TraceStep{Number: int64(i + 1), Stage: "route", Body: []byte(`{"rules":[]}`), At: at})
	}
	h := w.Handler()
	require.Len(t, apitest.ReadPages(t, h, "agent", "/v1/conversations/"+apitest.ConvA+"/notes?limit=2", 2), 3)
	require.Len(t, apitest.ReadPages(t, h, "agent", "/v1/conversations/"+apitest.ConvA+"/trace?limit=2", 2), 3)
	one := apitest.Call(t, h, "agent", http.MethodGet, "/v1/conversations/"+apitest.ConvA+"/notes?limit=1", "")
	require.Contains(t, one.Body.String(), `{"items":[{"id":"1","author":"`+apitest.AgentA+`","text":"rude","created_at":"2026-11-21T03:00:00Z"}]`)
	step := apitest.Call(t, h, "agent", http.MethodGet, "/v1/conversations/"+apitest.ConvA+"/trace?limit=1", "")
	require.Contains(t, step.Body.String(), `{"items":[{"stage":"route","at":"2026-11-21T03:00:00Z","body":{"rules":[]}}]`)
}
