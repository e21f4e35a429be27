package admin_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/api/apitest"
	"wxdesk/internal/conversation"
	"wxdesk/internal/wechat"
)

// ACC-2
func TestAccounts_createdAndReadWithoutSecrets(t *testing.T) {
	t.Parallel()
	w := apitest.NewWorld()
	h := w.Handler()
	answer := apitest.Call(t, h, "admin", http.MethodPost, "/v1/accounts", apitest.AccountBody(t, nil), "X-Forwarded-Host", "evil.example", "Host", "evil.example")
	require.Equal(t, http.StatusCreated, answer.Code, answer.Body.String())
	got := apitest.Decode[apitest.Account](t, answer)
	require.Equal(t, "https://desk.example/wechat/"+got.ID, got.CallbackURL)
	require.Equal(t, "/v1/accounts/"+got.ID, answer.Header().Get("Location"))
	require.Equal(t, `"1"`, answer.Header().Get("ETag"))
	require.True(t, got.Verified)
	require.False(t, got.Disabled)
	require.Equal(t, "zh-CN", got.Language)
	require.Equal(t, "48h", got.IdleClose)
	require.Equal(t, "Asia/Shanghai", got.TimeZone)

	kept := w.Accounts[conversation.AccountID(got.ID)]
	require.Equal(t, wechat.ModeSafe, kept.Mode)
	require.Equal(t, 48*time.Hour, kept.IdleClose)
	require.Equal(t, conversation.DefaultTenant, kept.Tenant)
	secrets := w.Secrets[kept.ID]
	require.Equal(t, []string{apitest.AppSecret, apitest.TokenA, apitest.KeyA}, []string{secrets.AppSecret.Reveal(), secrets.Token.Reveal(), secrets.EncodingAESKey.Reveal()})

	read := apitest.Call(t, h, "admin", http.MethodGet, "/v1/accounts/"+got.ID, "")
	require.Equal(t, http.StatusOK, read.Code)
	require.JSONEq(t, answer.Body.String(), read.Body.String())
	for _, secret := range []string{apitest.AppSecret, apitest.TokenA, apitest.KeyA, "app_secret", `"token"`, "encoding_aes_key", "$schema", "redacted"} {
		require.NotContains(t, answer.Body.String(), secret)
	}
}

func TestAccounts_defaults(t *testing.T) {
	t.Parallel()
	got := apitest.CreateAccount(t, apitest.NewWorld().Handler(), map[string]any{"mode": nil, "kind": nil, "reply_mode": nil})
	require.Equal(t, []string{"safe", "service", "active"}, []string{got.Mode, got.Kind, got.ReplyMode})
}

// D9
func TestAccounts_plainModeNeedsNoKey(t *testing.T) {
	t.Parallel()
	apitest.CreateAccount(t, apitest.NewWorld().Handler(), map[string]any{"mode": "plain", "encoding_aes_key": nil})
}

// BOT-11
func TestAccounts_idleClose(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{"1s": "1s", "90s": "1m30s", "1h": "1h", "90m": "1h30m", "720h": "720h", "48h0m1s": "48h0m1s"} {
		got := apitest.CreateAccount(t, apitest.NewWorld().Handler(), map[string]any{"idle_close": given})
		require.Equal(t, want, got.IdleClose)
	}
}

// C30, K02, M02
func TestCreateAccount_namesTheInvalidField(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		field  string
		values []any
	}{
		{"name", []any{nil, "", "  ", strings.Repeat("x", 101), 5}},
		{"original_id", []any{nil, "", "gh_A1B2C3D4E5F6", "gh_a1b2c3d4e5f", "a1b2c3d4e5f6", "gh_a1b2c3d4e5f6\n"}},
		{"app_id", []any{nil, "", "wx0123", "ab0123456789abcdef", "wx0123456789ABCDEF"}},
		{"app_secret", []any{nil, "", "short", strings.ToUpper(apitest.AppSecret), apitest.AppSecret + "0", apitest.MaskStars}},
		{"token", []any{nil, "", "ab", strings.Repeat("a", 33), "with space", "tökén", apitest.MaskStars}},
		{"encoding_aes_key", []any{nil, "", apitest.KeyA[:42], apitest.KeyA + "A", apitest.KeyA[:42] + "=", apitest.KeyA[:42] + " ", apitest.KeyA[:42] + "-", apitest.KeyA[:42] + "_"}},
		{"mode", []any{"secret", "", "SAFE"}},
		{"kind", []any{"enterprise", ""}},
		{"reply_mode", []any{"passive", "never"}},
		{"verified", []any{false, "true"}},
		{"language", []any{"de", "zh-cn", ""}},
		{"time_zone", []any{"Asia/Peking", "Local", "+08:00", "../UTC", 8}},
		{"idle_close", []any{"0s", "999ms", "-1h", "721h", "2 days", "48", 172800}},
	} {
		for _, value := range c.values {
			t.Run(fmt.Sprintf("%s %v", c.field, value), func(t *testing.T) {
				w := apitest.NewWorld()
				answer := apitest.Call(t, w.Handler(), "admin", http.MethodPost, "/v1/accounts", apitest.AccountBody(t, map[string]any{c.field: value}))
				apitest.RequireProblem(t, answer, http.StatusUnprocessableEntity, "invalid")
				require.Contains(t, answer.Body.String(), c.field)
				require.Empty(t, w.Accounts)
			})
		}
	}
}

func TestAccounts_unverifiedAndPassiveAreExplained(t *testing.T) {
	t.Parallel()
	h := apitest.NewWorld().Handler()
	for _, changes := range []map[string]any{{"reply_mode": "passive"}, {"verified": false}, {"verified": false, "reply_mode": "passive"}} {
		answer := apitest.Call(t, h, "admin", http.MethodPost, "/v1/accounts", apitest.AccountBody(t, changes))
		apitest.RequireProblem(t, answer, http.StatusUnprocessableEntity, "invalid")
		require.Contains(t, answer.Body.String(), "not available yet")
	}
}

func TestCreateAccount_conflictsOnSameAppID(t *testing.T) {
	t.Parallel()
	h := apitest.NewWorld().Handler()
	apitest.CreateAccount(t, h, nil)
	answer := apitest.Call(t, h, "admin", http.MethodPost, "/v1/accounts", apitest.AccountBody(t, nil))
	apitest.RequireProblem(t, answer, http.StatusConflict, "exists")
}

func TestAccounts_changePartByPart(t *testing.T) {
	t.Parallel()
	w := apitest.NewWorld()
	h := w.Handler()
	id := apitest.CreateAccount(t, h, nil).ID
	answer := apitest.Call(t, h, "admin", http.MethodPatch, "/v1/accounts/"+id, `{"disabled":true,"idle_close":"2s","language":"en","kind":null,"time_zone":"America/New_York"}`)
	require.Equal(t, http.StatusOK, answer.Code, answer.Body.String())
	got := apitest.Decode[apitest.Account](t, answer)
	require.True(t, got.Disabled)
	require.Equal(t, []string{"2s", "en", "Tea shop", "service", "America/New_York"}, []string{got.IdleClose, got.Language, got.Name, got.Kind, got.TimeZone})
	require.Equal(t, int64(2), got.Version)
	require.Equal(t, `"2"`, answer.Header().Get("ETag"))
	require.Equal(t, apitest.KeyA, w.Secrets[conversation.AccountID(id)].EncodingAESKey.Reveal())
}

// M03
func TestUpdateAccount_keepsMaskedSecrets(t *testing.T) {
	t.Parallel()
	w := apitest.NewWorld()
	h := w.Handler()
	id := apitest.CreateAccount(t, h, nil).ID
	for _, mask := range []string{"", "*", apitest.MaskStars, "••••••••", "[redacted]"} {
		body, err := json.Marshal(map[string]string{"app_secret": mask, "token": mask, "encoding_aes_key": mask, "name": "renamed"})
		require.NoError(t, err)
		answer := apitest.Call(t, h, "admin", http.MethodPatch, "/v1/accounts/"+id, string(body))
		require.Equal(t, http.StatusOK, answer.Code, answer.Body.String())
		kept := w.Secrets[conversation.AccountID(id)]
		require.Equal(t, []string{apitest.AppSecret, apitest.TokenA, apitest.KeyA}, []string{kept.AppSecret.Reveal(), kept.Token.Reveal(), kept.EncodingAESKey.Reveal()})
	}
	answer := apitest.Call(t, h, "admin", http.MethodPatch, "/v1/accounts/"+id, `{"token":"newToken"}`)
	require.Equal(t, http.StatusOK, answer.Code)
	require.Equal(t, "newToken", w.Secrets[conversation.AccountID(id)].Token.Reveal())
}

func TestAccounts_changesAreCheckedAsAWhole(t *testing.T) {
	t.Parallel()
	h := apitest.NewWorld().Handler()
	id := apitest.CreateAccount(t, h, map[string]any{"mode": "plain", "encoding_aes_key": nil}).ID
	for _, body := range []string{
		`{"mode":"safe"}`, `{"mode":"safe","encoding_aes_key":"********"}`, `{"verified":false}`, `{"reply_mode":"passive"}`,
		`{"token":"x"}`, `{"app_id":"wx1"}`, `{"idle_close":"1"}`, `{"time_zone":"Beijing"}`, `{"time_zone":""}`, `{"id":"` + apitest.ConvA + `"}`, `{"version":1}`, `{"name":" "}`,
	} {
		apitest.RequireProblem(t, apitest.Call(t, h, "admin", http.MethodPatch, "/v1/accounts/"+id, body), http.StatusUnprocessableEntity, "invalid")
	}
	answer := apitest.Call(t, h, "admin", http.MethodPatch, "/v1/accounts/"+id, `{"mode":"safe","encoding_aes_key":"`+apitest.KeyA+`"}`)
	require.Equal(t, http.StatusOK, answer.Code, answer.Body.String())
}

func TestUpdateAccount_ifMatchRefusesStaleEdits(t *testing.T) {
	t.Parallel()
	h := apitest.NewWorld().Handler()
	id := apitest.CreateAccount(t, h, nil).ID
	first := apitest.Call(t, h, "admin", http.MethodPatch, "/v1/accounts/"+id, `{"name":"first"}`, "If-Match", `"1"`)
	require.Equal(t, http.StatusOK, first.Code)
	second := apitest.Call(t, h, "admin", http.MethodPatch, "/v1/accounts/"+id, `{"name":"second"}`, "If-Match", `"1"`)
	apitest.RequireProblem(t, second, http.StatusPreconditionFailed, "changed-meanwhile")
	whatever := apitest.Call(t, h, "admin", http.MethodPatch, "/v1/accounts/"+id, `{"name":"third"}`, "If-Match", `*`)
	require.Equal(t, http.StatusOK, whatever.Code)
}

func TestAccounts_removed(t *testing.T) {
	t.Parallel()
	h := apitest.NewWorld().Handler()
	id := apitest.CreateAccount(t, h, nil).ID
	answer := apitest.Call(t, h, "admin", http.MethodDelete, "/v1/accounts/"+id, "")
	require.Equal(t, http.StatusNoContent, answer.Code)
	require.Empty(t, answer.Body.String())
	for _, method := range []string{http.MethodDelete, http.MethodGet} {
		apitest.RequireProblem(t, apitest.Call(t, h, "admin", method, "/v1/accounts/"+id, ""), http.StatusNotFound, "not-found")
	}
	apitest.RequireProblem(t, apitest.Call(t, h, "admin", http.MethodPatch, "/v1/accounts/"+id, "{}"), http.StatusNotFound, "not-found")
}

func TestAccounts_listedInPages(t *testing.T) {
	t.Parallel()
	h := apitest.NewWorld().Handler()
	var want []string
	for i := range 5 {
		want = append(want, apitest.CreateAccount(t, h, map[string]any{"app_id": fmt.Sprintf("wx%016x", i)}).ID)
	}
	require.Equal(t, want, apitest.ReadPages(t, h, "admin", "/v1/accounts?limit=2", 3))
	require.Equal(t, want, apitest.ReadPages(t, h, "admin", "/v1/accounts?limit=5", 1))
	require.Equal(t, want, apitest.ReadPages(t, h, "admin", "/v1/accounts", 1))
}
