package admin_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/api/apitest"
	"wxdesk/internal/account"
	"wxdesk/internal/conversation"
)

const botSecret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

type botShown struct {
	ID, Kind, Name, URL string
	Version             int64
}

func webhookBody(t *testing.T, changes map[string]any) string {
	t.Helper()
	members := map[string]any{"kind": "webhook", "name": "My bot", "url": "https://bot.example/turn", "secret": botSecret}
	for name, value := range changes {
		members[name] = value
		if value == nil {
			delete(members, name)
		}
	}
	text, err := json.Marshal(members)
	require.NoError(t, err)
	return string(text)
}

func createBot(t *testing.T, h http.Handler, changes map[string]any) botShown {
	t.Helper()
	answer := apitest.Call(t, h, "admin", http.MethodPost, "/v1/bots", webhookBody(t, changes))
	require.Equal(t, http.StatusCreated, answer.Code, answer.Body.String())
	return apitest.Decode[botShown](t, answer)
}

func TestBots_neverShowTheirSecret(t *testing.T) {
	t.Parallel()
	w := apitest.NewWorld()
	h := w.Handler()
	answer := apitest.Call(t, h, "admin", http.MethodPost, "/v1/bots", webhookBody(t, nil))
	require.Equal(t, http.StatusCreated, answer.Code, answer.Body.String())
	got := apitest.Decode[botShown](t, answer)
	require.Equal(t, botShown{got.ID, "webhook", "My bot", "https://bot.example/turn", 1}, got)
	require.Equal(t, "/v1/bots/"+got.ID, answer.Header().Get("Location"))
	require.Equal(t, `"1"`, answer.Header().Get("ETag"))
	require.NotContains(t, answer.Body.String(), "secret")
	require.Equal(t, botSecret, w.Bots.Secrets[conversation.BotID(got.ID)].Reveal())

	path := "/v1/bots/" + got.ID
	require.JSONEq(t, answer.Body.String(), apitest.Call(t, h, "admin", http.MethodGet, path, "").Body.String())
	changed := apitest.Call(t, h, "admin", http.MethodPatch, path, `{"name":"Other","secret":"********"}`, "If-Match", `"1"`)
	require.Equal(t, http.StatusOK, changed.Code, changed.Body.String())
	require.Equal(t, botShown{got.ID, "webhook", "Other", "https://bot.example/turn", 2}, apitest.Decode[botShown](t, changed))
	require.Equal(t, botSecret, w.Bots.Secrets[conversation.BotID(got.ID)].Reveal(), "a mask changes nothing")
	apitest.RequireProblem(t, apitest.Call(t, h, "admin", http.MethodPatch, path, `{"name":"Third"}`, "If-Match", `"1"`), http.StatusPreconditionFailed, "changed-meanwhile")
}

func TestBots_showWhenTheReplacedSecretEnds(t *testing.T) {
	t.Parallel()
	w := apitest.NewWorld()
	h := w.Handler()
	id := createBot(t, h, nil).ID
	other := strings.Replace(botSecret, "MDEy", "ZmVk", 1)
	for _, answer := range []*httptest.ResponseRecorder{
		apitest.Call(t, h, "admin", http.MethodPatch, "/v1/bots/"+id, `{"secret":"`+other+`"}`),
		apitest.Call(t, h, "admin", http.MethodGet, "/v1/bots/"+id, ""),
	} {
		require.Equal(t, http.StatusOK, answer.Code, answer.Body.String())
		require.Equal(t, "2023-11-14T22:13:20Z", apitest.Decode[struct {
			Until string `json:"old_secret_until"`
		}](t, answer).Until)
		require.NotContains(t, answer.Body.String(), "whsec_")
	}
	require.Equal(t, other, w.Bots.Secrets[conversation.BotID(id)].Reveal())
}

// M07
func TestCreateBot_namesTheInvalidField(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		field   string
		changes map[string]any
	}{
		{"url", map[string]any{"url": nil}},
		{"url", map[string]any{"url": "http://bot.example"}},
		{"url", map[string]any{"kind": "faq", "secret": nil}},
		{"secret", map[string]any{"secret": nil}},
		{"secret", map[string]any{"secret": "whsec_c2hvcnQ="}},
		{"secret", map[string]any{"secret": strings.TrimPrefix(botSecret, "whsec_")}},
		{"secret", map[string]any{"kind": "faq", "url": nil}},
		{"kind", map[string]any{"kind": "oracle"}},
		{"name", map[string]any{"name": " "}},
	} {
		answer := apitest.Call(t, apitest.NewWorld().Handler(), "admin", http.MethodPost, "/v1/bots", webhookBody(t, c.changes))
		apitest.RequireProblem(t, answer, http.StatusUnprocessableEntity, "invalid")
		require.Contains(t, answer.Body.String(), "body."+c.field, "%v", c.changes)
		require.NotContains(t, answer.Body.String(), "c2hvcnQ", "no value is repeated")
	}
	h := apitest.NewWorld().Handler()
	id := createBot(t, h, nil).ID
	apitest.RequireProblem(t, apitest.Call(t, h, "admin", http.MethodPatch, "/v1/bots/"+id, `{"url":"http://10.0.0.1/"}`), http.StatusUnprocessableEntity, "invalid")
}

func TestBots_oneInUseStays(t *testing.T) {
	t.Parallel()
	w := apitest.NewWorld()
	h := w.Handler()
	path := "/v1/bots/" + createBot(t, h, nil).ID
	w.Bots.Used = true
	apitest.RequireProblem(t, apitest.Call(t, h, "admin", http.MethodDelete, path, ""), http.StatusConflict, "in-use")
	w.Bots.Used = false
	require.Equal(t, http.StatusNoContent, apitest.Call(t, h, "admin", http.MethodDelete, path, "").Code)
}

func TestBots_areForAdminsAndListedInPages(t *testing.T) {
	t.Parallel()
	h := apitest.NewWorld().Handler()
	var want []string
	for i := range 3 {
		want = append(want, createBot(t, h, map[string]any{"name": fmt.Sprint(i)}).ID)
	}
	require.Equal(t, want, apitest.ReadPages(t, h, "admin", "/v1/bots?limit=2", 2))
	for _, path := range []string{"/v1/bots", "/v1/faq-entries"} {
		apitest.RequireProblem(t, apitest.Call(t, h, "supervisor", http.MethodGet, path, ""), http.StatusForbidden, "forbidden")
	}
}

// BOT-1
func TestAccounts_botIsDefaultAnotherOrNone(t *testing.T) {
	t.Parallel()
	w := apitest.NewWorld()
	h := w.Handler()
	bot := uuid.NewString()
	for i, c := range []struct {
		body string
		want conversation.BotID
	}{
		{apitest.AccountBody(t, map[string]any{"app_id": "wx0000000000000001"}), account.DefaultBot},
		{apitest.AccountBody(t, map[string]any{"app_id": "wx0000000000000002", "bot_id": bot}), conversation.BotID(bot)},
		{strings.Replace(apitest.AccountBody(t, map[string]any{"app_id": "wx0000000000000003"}), "{", `{"bot_id":null,`, 1), ""},
	} {
		answer := apitest.Call(t, h, "admin", http.MethodPost, "/v1/accounts", c.body)
		require.Equal(t, http.StatusCreated, answer.Code, answer.Body.String())
		id := conversation.AccountID(apitest.Decode[apitest.Account](t, answer).ID)
		require.Equal(t, c.want, w.Accounts[id].BotID, "case %d", i)
		for _, change := range []struct {
			body string
			want conversation.BotID
		}{{`{"bot_id":"` + bot + `"}`, conversation.BotID(bot)}, {`{"name":"same"}`, conversation.BotID(bot)}, {`{"bot_id":null}`, ""}} {
			answer := apitest.Call(t, h, "admin", http.MethodPatch, "/v1/accounts/"+string(id), change.body)
			require.Equal(t, http.StatusOK, answer.Code, answer.Body.String())
			require.Equal(t, change.want, w.Accounts[id].BotID)
		}
	}
	for _, id := range []string{`"none"`, `5`, `""`, `"` + strings.ToUpper(bot) + `x"`} {
		body := strings.Replace(apitest.AccountBody(t, nil), "{", `{"bot_id":`+id+`,`, 1)
		apitest.RequireProblem(t, apitest.Call(t, h, "admin", http.MethodPost, "/v1/accounts", body), http.StatusUnprocessableEntity, "invalid")
	}
}

// What stands in a URL stands in logs on the way, on the desk and in what list and get show, so a secret has no place there.
func TestBots_urlWithASecretIsRefused(t *testing.T) {
	t.Parallel()
	h := apitest.NewWorld().Handler()
	create := func(address string) *httptest.ResponseRecorder {
		return apitest.Call(t, h, "admin", http.MethodPost, "/v1/bots", webhookBody(t, map[string]any{"url": address}))
	}
	for _, secret := range []string{
		"https://me:canary@bot.example/turn", "https://canary@bot.example/turn", "https://bot.example/turn?key=canary", "https://bot.example/turn?a=1&TOKEN=canary",
		"https://bot.example/turn?access_token=canary", "https://bot.example/turn?api-key=canary", "https://bot.example/turn?apiKey=canary",
		"https://bot.example/turn?client.secret=canary", "https://bot.example/turn?password=canary", "https://bot.example/turn?sig=canary", "https://bot.example/turn?s%65cret=canary",
		"https://bot.example/turn?a=1;token=canary",
	} {
		answer := create(secret)
		apitest.RequireProblem(t, answer, http.StatusUnprocessableEntity, "invalid")
		require.Contains(t, answer.Body.String(), `"location":"body.url"`)
		require.Contains(t, answer.Body.String(), "no secret in the URL", "it says what is wrong with %s", secret)
		require.NotContains(t, answer.Body.String(), "canary")
	}
	for _, address := range []string{"https://bot.example/turn?shop=1", "https://bot.example/turn?monkey=1&keyboard=de&tokens_used=", "https://bot.example/token"} {
		answer := create(address)
		require.Equal(t, http.StatusCreated, answer.Code, "%s: %s", address, answer.Body.String())
		var made struct{ ID string }
		require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &made))
		changed := apitest.Call(t, h, "admin", http.MethodPatch, "/v1/bots/"+made.ID, `{"url":"https://bot.example/turn?token=canary"}`)
		apitest.RequireProblem(t, changed, http.StatusUnprocessableEntity, "invalid")
		require.Contains(t, changed.Body.String(), "no secret in the URL")
	}
}
