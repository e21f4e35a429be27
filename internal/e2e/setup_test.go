package e2e_test

import (
	"net/http"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// shop is a second account: its side at WeChat is the simulator's, ours is behind the HTTP API.
type shop struct {
	s              *system
	id             string
	AppID          string `json:"app_id"`
	AppSecret      string `json:"app_secret"`
	OriginalID     string `json:"original_id"`
	Token          string `json:"token"`
	EncodingAESKey string `json:"encoding_aes_key"`
}

// secondAccount makes an account at WeChat, and sets it up here as an administrator would.
func (s *system) secondAccount() *shop {
	s.t.Helper()
	a := &shop{s: s}
	s.simulator(http.MethodPost, "/accounts", map[string]any{"name": "Second shop"}, a)
	var made struct {
		ID       string
		Callback struct{ URL string }
	}
	status := s.api(http.MethodPost, "/v1/accounts", nil, map[string]any{
		"name": "Second shop", "app_id": a.AppID, "app_secret": a.AppSecret, "original_id": a.OriginalID,
		"token": a.Token, "encoding_aes_key": a.EncodingAESKey,
	}, &made)
	require.Equal(s.t, http.StatusCreated, status)
	a.id = made.ID
	a.atWeChat(map[string]any{"callback_url": made.Callback.URL})
	return a
}

// here and atWeChat change one side.
func (a *shop) here(change map[string]any) {
	a.s.t.Helper()
	require.Equal(a.s.t, http.StatusOK, a.s.api(http.MethodPatch, "/v1/accounts/"+a.id, nil, change, nil))
}

func (a *shop) atWeChat(change map[string]any) {
	a.s.t.Helper()
	a.s.simulator(http.MethodPatch, "/accounts/"+a.AppID, change, nil)
}

// saves is "save the server configuration" in WeChat's console, and whether WeChat takes it.
func (a *shop) saves() bool {
	a.s.t.Helper()
	var out struct{ OK bool }
	a.s.simulator(http.MethodPost, "/accounts/"+a.AppID+"/verify", nil, &out)
	return out.OK
}

// validate returns the sentences of the failed steps by their names, and all sentences.
func (a *shop) validate() (failed map[string]string, all string) {
	a.s.t.Helper()
	var out struct {
		OK    bool
		Steps []struct {
			Name, Message string
			OK            bool
		}
	}
	require.Equal(a.s.t, http.StatusOK, a.s.api(http.MethodPost, "/v1/accounts/"+a.id+"/validate", nil, nil, &out))
	failed = map[string]string{}
	for _, step := range out.Steps {
		all += step.Message + "\n"
		if !step.OK {
			failed[step.Name] = step.Message
		}
	}
	require.Equal(a.s.t, out.OK, len(failed) == 0)
	require.NotContains(a.s.t, all, a.AppSecret)
	return failed, all
}

// settled waits until every process knows the account as it was last changed, which validating does.
func (a *shop) settled() {
	a.s.t.Helper()
	a.validate()
}

// fails checks that just one step fails, and says why.
func (a *shop) fails(step, because string) {
	a.s.t.Helper()
	failed, _ := a.validate()
	require.Len(a.s.t, failed, 1, failed)
	require.Contains(a.s.t, failed[step], because)
}

func (a *shop) passes() {
	a.s.t.Helper()
	failed, _ := a.validate()
	require.Empty(a.s.t, failed)
}

func TestValidate_aSecondAccountBrokenOnPurposeAndRepaired(t *testing.T) {
	t.Parallel()
	s := start(t)
	a := s.secondAccount()
	customer := s.followerOf(a.AppID)

	failed, all := a.validate()
	require.Empty(t, failed)
	require.Contains(t, all, "not known yet", "WeChat has not called")
	require.True(t, a.saves())
	require.True(t, customer.manages("hello"))
	failed, all = a.validate()
	require.Empty(t, failed)
	require.NotContains(t, all, "not known yet")

	a.here(map[string]any{"app_secret": strings.Repeat("0", 32)})
	a.fails("token", "AppSecret is wrong")
	a.here(map[string]any{"app_secret": a.AppSecret})
	a.passes()

	s.simulator(http.MethodPost, "/faults", map[string]any{
		"kind": "errcode", "errcode": 40164, "app_id": a.AppID, "path": "/cgi-bin/stable_token",
	}, nil)
	a.fails("token", "the address 127.0.0.1 call: add it to the IP allow list")
	a.passes()

	a.here(map[string]any{"token": "wrongHere"})
	a.settled()
	require.True(t, a.saves(), "the replaced one counts for a day")
	a.fails("callback-check", "Token that was replaced")
	a.here(map[string]any{"token": a.Token})
	a.settled()
	require.True(t, a.saves())
	a.passes()

	a.atWeChat(map[string]any{"token": "wrongAtWeChat"})
	require.False(t, a.saves())
	a.fails("callback-check", "signed with another Token")
	a.atWeChat(map[string]any{"token": a.Token})
	a.settled()
	require.True(t, a.saves())
	a.passes()

	a.atWeChat(map[string]any{"encoding_aes_key": strings.Repeat("x", 43)})
	require.True(t, customer.manages("this cannot be opened, and is kept"))
	a.fails("callback-event", "another EncodingAESKey")
	a.here(map[string]any{"encoding_aes_key": strings.Repeat("x", 43)})
	a.settled()
	require.True(t, customer.manages("delivery?"))
	a.passes()

	a.here(map[string]any{"mode": "plain"})
	a.settled()
	require.False(t, customer.manages("in another mode"))
	a.fails("callback-event", "another mode")
	a.here(map[string]any{"mode": "safe"})

	a.here(map[string]any{"disabled": true})
	failed, _ = a.validate()
	require.Len(t, failed, 3)
	require.Contains(t, failed["token"], "disabled")
	a.here(map[string]any{"disabled": false})

	lines := strings.Split(s.wxdesk("account", "validate", a.id), "\n")
	require.Len(t, lines, 3)
	for _, line := range lines {
		require.True(t, strings.HasPrefix(line, "ok "), line)
	}
	require.Contains(t, s.wxdesk("account", "callback", a.id), "/wechat/"+a.id)

	a.here(map[string]any{"app_secret": strings.Repeat("0", 32)})
	out, err := runWith(s.dir, s.settings(), "account", "validate", a.id)
	require.ErrorAs(t, err, new(*exec.ExitError))
	require.Regexp(t, `(?m)^failed  token +The AppSecret is wrong`, out)
}
