package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/conversation"
)

const messageA = "0190a6a5-7c1e-7f3a-8a1b-00000000000a"

// give sends a command about convA under a key of its kind.
func give(t *testing.T, h http.Handler, role, kind, body string, headers ...string) (int, string) {
	t.Helper()
	answer := call(t, h, role, http.MethodPost, "/v1/conversations/"+convA+"/"+kind, body, append([]string{"Idempotency-Key", kind}, headers...)...)
	return answer.Code, answer.Body.String()
}

func TestCommands_eachReachesItsConversationAsItWasMeant(t *testing.T) {
	t.Parallel()
	until := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	for kind, c := range map[conversation.CommandKind]struct {
		role, body string
		want       conversation.PersonCommand
		text       string
	}{
		conversation.CommandAccept:     {"agent", `{"assignment_id":"` + messageA + `"}`, conversation.PersonCommand{AssignmentID: messageA}, ""},
		conversation.CommandReject:     {"agent", ``, conversation.PersonCommand{}, ""},
		conversation.CommandPick:       {"agent", `{}`, conversation.PersonCommand{}, ""},
		conversation.CommandReply:      {"agent", `{"text":"您好 "}`, conversation.PersonCommand{}, "您好 "},
		conversation.CommandNote:       {"supervisor", `{"text":"rude"}`, conversation.PersonCommand{}, "rude"},
		conversation.CommandTransfer:   {"agent", `{"queue_id":"` + queueA + `"}`, conversation.PersonCommand{QueueID: queueA}, ""},
		conversation.CommandWait:       {"agent", `{"until":"2026-11-22T17:00:00+08:00"}`, conversation.PersonCommand{Until: until}, ""},
		conversation.CommandResume:     {"agent", ``, conversation.PersonCommand{}, ""},
		conversation.CommandWrapUp:     {"agent", ``, conversation.PersonCommand{}, ""},
		conversation.CommandClose:      {"admin", ``, conversation.PersonCommand{}, ""},
		conversation.CommandAssign:     {"supervisor", `{"agent_id":"` + agentB + `"}`, conversation.PersonCommand{AgentID: agentB}, ""},
		conversation.CommandForceClose: {"supervisor", ``, conversation.PersonCommand{}, ""},
		conversation.CommandSetContext: {"agent", `{"context":{"tier":"gold","age":41,"old":null}}`, conversation.PersonCommand{}, `{"age":41,"old":null,"tier":"gold"}`},
		conversation.CommandSetSkills:  {"agent", `{"skills":[{"skill_id":"` + queueA + `","rating":5}]}`, conversation.PersonCommand{}, `[{"skill_id":"` + queueA + `","rating":5}]`},
		conversation.CommandResend:     {"supervisor", `{"message_id":"` + messageA + `"}`, conversation.PersonCommand{MessageID: messageA}, ""},
	} {
		t.Run(string(kind), func(t *testing.T) {
			w := withConversations(1)
			w.act = answering(conversation.Acted{MessageID: messageA}, nil)
			code, body := give(t, w.handler(), c.role, string(kind), c.body)
			require.Equal(t, http.StatusOK, code, body)
			var answer struct {
				Conversation struct{ ID string }
				MessageID    string `json:"message_id"`
			}
			require.NoError(t, json.Unmarshal([]byte(body), &answer))
			require.Equal(t, []string{convA, messageA}, []string{answer.Conversation.ID, answer.MessageID})

			require.Len(t, w.orders, 1)
			got := w.orders[0]
			require.Equal(t, "token-of-"+c.role, got.By.TokenID)
			want := c.want
			want.Kind, want.Conversation, want.By = kind, convA, got.By
			require.Equal(t, want, got.PersonCommand)
			require.Equal(t, c.text, got.Text)
			require.Len(t, w.told, 1)
			require.Equal(t, string(kind), w.told[0].Act)
		})
	}
}

func TestBad_A09_textsThatCannotBeSentAreRefusedWithTheCountAndNothingIsWritten(t *testing.T) {
	t.Parallel()
	w := withConversations(1)
	h := w.handler()
	for text, says := range map[string]string{
		"":                               "got 0",
		" \u3000\n ":                     "got 6",
		strings.Repeat("a", 2049):        "got 2049",
		strings.Repeat("中", 683):         "got 2049",
		strings.Repeat("a", 8193) + "no": "got 8195",
	} {
		body, err := json.Marshal(map[string]string{"text": text})
		require.NoError(t, err)
		code, answer := give(t, h, "agent", "reply", `{"text":`+string(body[8:len(body)-1])+`}`, "Idempotency-Key", "k")
		require.Equal(t, http.StatusUnprocessableEntity, code)
		require.Contains(t, answer, "urn:wxdesk:problem:text-unusable")
		require.Contains(t, answer, says)
	}
	require.Empty(t, w.orders)
	longest, err := json.Marshal(map[string]string{"text": strings.Repeat("a", 2048)})
	require.NoError(t, err)
	code, _ := give(t, h, "agent", "reply", string(longest), "Idempotency-Key", "k")
	require.Equal(t, http.StatusOK, code)
	require.Len(t, w.orders[0].Text, 2048, "never cut")
}

func TestBad_A10_textsThatAreNone(t *testing.T) {
	t.Parallel()
	w := withConversations(1)
	h := w.handler()
	for _, text := range []string{`a\u0000`, `\ud83d`, `\ude00`} {
		for _, kind := range []string{"reply", "note"} {
			code, _ := give(t, h, "agent", kind, `{"text":"`+text+`"}`, "Idempotency-Key", "k")
			require.Equal(t, http.StatusBadRequest, code)
		}
	}
	require.Empty(t, w.orders)
}

// A13, A14, A15 and A17 are decided by the ledger; here: what the caller is told of it.
func TestBad_A13_A14_A15_A16_A17_everyRefusalHasItsProblem(t *testing.T) {
	t.Parallel()
	for refusal, status := range map[conversation.Refusal]int{
		conversation.RefusedNotYours:     http.StatusConflict,
		conversation.RefusedClosed:       http.StatusConflict,
		conversation.RefusedState:        http.StatusConflict,
		conversation.RefusedStale:        http.StatusPreconditionFailed,
		conversation.RefusedOfferOver:    http.StatusConflict,
		conversation.RefusedCapacity:     http.StatusConflict,
		conversation.RefusedPresence:     http.StatusConflict,
		conversation.RefusedSkill:        http.StatusConflict,
		conversation.RefusedTarget:       http.StatusUnprocessableEntity,
		conversation.RefusedWindow:       http.StatusConflict,
		conversation.RefusedAllowance:    http.StatusConflict,
		conversation.RefusedVariable:     http.StatusUnprocessableEntity,
		conversation.RefusedUnknownSkill: http.StatusUnprocessableEntity,
		conversation.RefusedText:         http.StatusUnprocessableEntity,
		conversation.RefusedDelivered:    http.StatusConflict,
		conversation.RefusedNotAllowed:   http.StatusForbidden,
	} {
		w := withConversations(1)
		w.act = answering(conversation.Acted{Refused: refusal}, nil)
		h := w.handler()
		for range 2 { // nothing is kept of it
			answer := call(t, h, "agent", http.MethodPost, "/v1/conversations/"+convA+"/resume", "", "Idempotency-Key", "k")
			requireProblem(t, answer, status, string(refusal))
		}
		require.Len(t, w.orders, 2)
	}
}

func TestBad_A16_whatWasSeenIsWhatCounts(t *testing.T) {
	t.Parallel()
	w := withConversations(1)
	h := w.handler()
	read := call(t, h, "agent", http.MethodGet, "/v1/conversations/"+convA, "")
	require.Equal(t, `"7"`, read.Header().Get("ETag"))
	bodies := map[string]string{
		"transfer": `{"queue_id":"` + queueA + `"}`, "assign": `{"queue_id":"` + queueA + `"}`,
		"wait": "", "end": "", "close": "", "force-close": "",
	}
	roles := map[string]string{"assign": "supervisor", "force-close": "supervisor"}
	for kind, body := range bodies {
		role := roles[kind]
		if role == "" {
			role = "agent"
		}
		w.act = answering(conversation.Acted{}, nil)
		w.orders = nil
		code, answer := give(t, h, role, kind, body, "If-Match", read.Header().Get("ETag"))
		require.Equal(t, http.StatusOK, code, answer)
		require.Equal(t, int64(7), w.orders[0].IfRevision, kind)
		for _, tag := range []string{`7`, `W/"7"`, `"x"`, `"0"`, `"-1"`, `"07"`, `"7", "8"`} {
			code, answer = give(t, h, role, kind, body, "If-Match", tag, "Idempotency-Key", "other")
			require.Equal(t, http.StatusPreconditionFailed, code, tag)
			require.Contains(t, answer, "stale-version")
			require.Contains(t, answer, `"conversation":{"id":"`+convA+`"`, "as it is now")
		}
		code, _ = give(t, h, role, kind, body, "If-Match", "*", "Idempotency-Key", "any")
		require.Equal(t, http.StatusOK, code)
		require.Zero(t, w.orders[len(w.orders)-1].IfRevision)
	}
}

func TestBad_A17_bodiesThatNameNoTarget(t *testing.T) {
	t.Parallel()
	w := withConversations(1)
	h := w.handler()
	for _, body := range []string{
		`{}`, `{"queue_id":"` + queueA + `","agent_id":"` + agentB + `"}`, `{"queue_id":"1"}`, `{"agent_id":"` + strings.ToUpper(agentB) + `"}`,
		`{"queue_id":null}`, `{"queue_id":"` + queueA + `","tenant":"another"}`,
	} {
		code, answer := give(t, h, "agent", "transfer", body)
		require.Equal(t, http.StatusUnprocessableEntity, code, body+answer)
	}
	for _, body := range []string{
		`{"context":{}}`, `{"context":{"a b":"x"}}`, `{"context":{"a":1.5}}`, `{"context":{"a":true}}`, `{"context":{"a":["x"]}}`,
		`{"context":{"a":"` + strings.Repeat("x", 4001) + `"}}`, `{"context":{"a":1e3}}`, `{"context":{"a":12345678901234567}}`,
	} {
		code, answer := give(t, h, "agent", "set-context", body)
		require.Equal(t, http.StatusUnprocessableEntity, code, body+answer)
	}
	one := `{"skill_id":"` + queueA + `","rating":5}`
	for _, body := range []string{
		`{}`, `{"skills":null}`, `{"skills":[{"skill_id":"` + queueA + `"}]}`, `{"skills":[{"skill_id":"` + queueA + `","rating":11}]}`,
		`{"skills":[{"skill_id":"` + strings.ToUpper(queueA) + `","rating":5}]}`, `{"skills":[` + one + `,` + one + `]}`,
	} {
		code, answer := give(t, h, "agent", "set-skills", body)
		require.Equal(t, http.StatusUnprocessableEntity, code, body+answer)
	}
	code, _ := give(t, h, "agent", "resend", `{"message_id":"x"}`)
	require.Equal(t, http.StatusUnprocessableEntity, code)
	require.Empty(t, w.orders)
}

func TestBad_A02_aColleaguesConversationIsNotFoundAndNothingIsWritten(t *testing.T) {
	t.Parallel()
	w := withConversations(1)
	w.conversations[0].AgentID = agentB
	h := w.handler()
	for _, kind := range []string{"accept", "pick", "resume", "end", "close"} {
		answer := call(t, h, "agent", http.MethodPost, "/v1/conversations/"+convA+"/"+kind, "", "Idempotency-Key", "k")
		requireProblem(t, answer, http.StatusNotFound, "not-found")
	}
	require.Empty(t, w.orders)
}

func TestBad_A12_aCommandThatTookTheConversationAwayRepeats(t *testing.T) {
	t.Parallel()
	w := withConversations(1)
	w.act = func(conversation.ActRequest) (conversation.Acted, error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.conversations[0].AgentID = agentB
		return conversation.Acted{}, nil
	}
	h := w.handler()
	first := call(t, h, "agent", http.MethodPost, "/v1/conversations/"+convA+"/reject", "", "Idempotency-Key", "k")
	require.Equal(t, http.StatusOK, first.Code, first.Body.String())
	again := call(t, h, "agent", http.MethodPost, "/v1/conversations/"+convA+"/reject", "", "Idempotency-Key", "k")
	require.Equal(t, first.Body.String(), again.Body.String())
	require.Equal(t, first.Header().Get("ETag"), again.Header().Get("ETag"))
	require.Len(t, w.orders, 1)
	other := call(t, h, "agent", http.MethodPost, "/v1/conversations/"+convA+"/reject", "", "Idempotency-Key", "l")
	requireProblem(t, other, http.StatusNotFound, "not-found")
}

func TestBad_A24_whatWasWrittenStays(t *testing.T) {
	t.Parallel()
	h := withConversations(1).handler()
	for _, path := range []string{"/messages", "/notes", "/trace"} {
		for _, method := range []string{http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodPost} {
			answer := call(t, h, "admin", method, "/v1/conversations/"+convA+path, `{"text":"other"}`)
			requireProblem(t, answer, http.StatusMethodNotAllowed, "method-not-allowed")
		}
		answer := call(t, h, "admin", http.MethodPatch, "/v1/conversations/"+convA+path+"/"+messageA, `{"public":true}`)
		requireProblem(t, answer, http.StatusNotFound, "not-found")
	}
}

func TestBad_A19_listsTakeNoUnknownColumn(t *testing.T) {
	t.Parallel()
	h := withConversations(1).handler()
	for _, query := range []string{"sort=opened_at", "order=desc", "openid=x", "offered=me", "q=%25", "search='"} {
		answer := call(t, h, "agent", http.MethodGet, "/v1/conversations?"+query, "")
		requireProblem(t, answer, http.StatusUnprocessableEntity, "invalid")
	}
}

func TestNotesAndTrace_inPagesOldestFirst(t *testing.T) {
	t.Parallel()
	w := withConversations(1)
	at := time.Date(2026, 11, 21, 3, 0, 0, 0, time.UTC)
	for i := range 3 {
		w.notes = append(w.notes, conversation.Note{ID: string(rune('1' + i)), Author: agentA, Text: "rude", CreatedAt: at})
		w.trace = append(w.trace, conversation.TraceStep{Number: int64(i + 1), Stage: "route", Body: []byte(`{"rules":[]}`), At: at})
	}
	h := w.handler()
	require.Len(t, walk(t, h, "agent", "/v1/conversations/"+convA+"/notes?limit=2", 2), 3)
	require.Len(t, walk(t, h, "agent", "/v1/conversations/"+convA+"/trace?limit=2", 2), 3)
	one := call(t, h, "agent", http.MethodGet, "/v1/conversations/"+convA+"/notes?limit=1", "")
	require.Contains(t, one.Body.String(), `{"items":[{"id":"1","author":"`+agentA+`","text":"rude","created_at":"2026-11-21T03:00:00Z"}]`)
	step := call(t, h, "agent", http.MethodGet, "/v1/conversations/"+convA+"/trace?limit=1", "")
	require.Contains(t, step.Body.String(), `{"items":[{"stage":"route","at":"2026-11-21T03:00:00Z","body":{"rules":[]}}]`)
}
