package story_test

import (
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

// requireOnlyFails validates the account and fails the test unless one step fails, for that reason.
func requireOnlyFails(a *harness.SecondAccount, step, because string) {
	a.System.T.Helper()
	failed, _ := a.Validate()
	require.Len(a.System.T, failed, 1, failed)
	require.Contains(a.System.T, failed[step], because)
}

// requireValid validates the account and fails the test where a step fails.
func requireValid(a *harness.SecondAccount) {
	a.System.T.Helper()
	failed, _ := a.Validate()
	require.Empty(a.System.T, failed)
}

// K09, ACC-1
func TestValidate_secondAccountBrokenAndRepaired(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	a := s.NewSecondAccount()
	customer := s.NewCustomerOf(a.AppID)

	failed, all := a.Validate()
	require.Empty(t, failed)
	require.Contains(t, all, "not known yet", "WeChat has not called")
	require.True(t, a.VerifyAtWeChat())
	require.True(t, customer.WriteAccepted("hello"))
	failed, all = a.Validate()
	require.Empty(t, failed)
	require.NotContains(t, all, "not known yet")

	a.Change(map[string]any{"app_secret": strings.Repeat("0", 32)})
	requireOnlyFails(a, "token", "AppSecret is wrong")
	a.Change(map[string]any{"app_secret": a.AppSecret})
	requireValid(a)

	s.CallSimulator(http.MethodPost, "/faults", map[string]any{
		"kind": "errcode", "errcode": 40164, "app_id": a.AppID, "path": "/cgi-bin/stable_token",
	}, nil)
	requireOnlyFails(a, "token", "the address 127.0.0.1 call: add it to the IP allow list")
	requireValid(a)

	a.Change(map[string]any{"token": "wrongHere"})
	a.WaitUntilKnown()
	require.True(t, a.VerifyAtWeChat(), "the replaced one counts for a day")
	requireOnlyFails(a, "callback-check", "Token that was replaced")
	a.Change(map[string]any{"token": a.Token})
	a.WaitUntilKnown()
	require.True(t, a.VerifyAtWeChat())
	requireValid(a)

	a.ChangeAtWeChat(map[string]any{"token": "wrongAtWeChat"})
	require.False(t, a.VerifyAtWeChat())
	requireOnlyFails(a, "callback-check", "signed with another Token")
	a.ChangeAtWeChat(map[string]any{"token": a.Token})
	a.WaitUntilKnown()
	require.True(t, a.VerifyAtWeChat())
	requireValid(a)

	a.ChangeAtWeChat(map[string]any{"encoding_aes_key": strings.Repeat("x", 43)})
	require.True(t, customer.WriteAccepted("this cannot be opened, and is kept"))
	requireOnlyFails(a, "callback-event", "another EncodingAESKey")
	a.Change(map[string]any{"encoding_aes_key": strings.Repeat("x", 43)})
	a.WaitUntilKnown()
	require.True(t, customer.WriteAccepted("delivery?"))
	requireValid(a)

	a.Change(map[string]any{"mode": "plain"})
	a.WaitUntilKnown()
	require.False(t, customer.WriteAccepted("in another mode"))
	requireOnlyFails(a, "callback-event", "another mode")
	a.Change(map[string]any{"mode": "safe"})

	a.Change(map[string]any{"disabled": true})
	failed, _ = a.Validate()
	require.Len(t, failed, 3)
	require.Contains(t, failed["token"], "disabled")
	a.Change(map[string]any{"disabled": false})

	lines := strings.Split(s.Command("account", "validate", a.ID), "\n")
	require.Len(t, lines, 3)
	for _, line := range lines {
		require.True(t, strings.HasPrefix(line, "ok "), line)
	}
	require.Contains(t, s.Command("account", "callback", a.ID), "/wechat/"+a.ID)

	a.Change(map[string]any{"app_secret": strings.Repeat("0", 32)})
	out, err := harness.RunProgram(s.Dir, s.Settings(), "account", "validate", a.ID)
	require.ErrorAs(t, err, new(*exec.ExitError))
	require.Regexp(t, `(?m)^failed  token +The AppSecret is wrong`, out)
}
