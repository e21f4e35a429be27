package harness

import (
	"net/http"

	"github.com/stretchr/testify/require"
)

// SecondAccount is an official account beside the demo account. Tests change it here, over the HTTP API, or at WeChat, which is the
// simulator.
type SecondAccount struct {
	System         *System
	ID             string
	AppID          string `json:"app_id"`
	AppSecret      string `json:"app_secret"`
	OriginalID     string `json:"original_id"`
	Token          string `json:"token"`
	EncodingAESKey string `json:"encoding_aes_key"`
}

// NewSecondAccount makes an account at WeChat and sets it up here as an administrator would.
func (s *System) NewSecondAccount() *SecondAccount {
	s.T.Helper()
	a := &SecondAccount{System: s}
	s.CallSimulator(http.MethodPost, "/accounts", map[string]any{"name": "Second shop"}, a)
	var made struct {
		ID       string
		Callback struct{ URL string }
	}
	status := s.CallAPI(http.MethodPost, "/v1/accounts", nil, map[string]any{
		"name": "Second shop", "app_id": a.AppID, "app_secret": a.AppSecret, "original_id": a.OriginalID,
		"token": a.Token, "encoding_aes_key": a.EncodingAESKey,
	}, &made)
	require.Equal(s.T, http.StatusCreated, status)
	a.ID = made.ID
	a.ChangeAtWeChat(map[string]any{"callback_url": made.Callback.URL})
	return a
}

// Change changes the account here.
func (a *SecondAccount) Change(change map[string]any) {
	a.System.T.Helper()
	require.Equal(a.System.T, http.StatusOK, a.System.CallAPI(http.MethodPatch, "/v1/accounts/"+a.ID, nil, change, nil))
}

// ChangeAtWeChat changes the account at WeChat.
func (a *SecondAccount) ChangeAtWeChat(change map[string]any) {
	a.System.T.Helper()
	a.System.CallSimulator(http.MethodPatch, "/accounts/"+a.AppID, change, nil)
}

// VerifyAtWeChat saves the server configuration as in WeChat's console, and reports whether WeChat accepts it.
func (a *SecondAccount) VerifyAtWeChat() bool {
	a.System.T.Helper()
	var out struct{ OK bool }
	a.System.CallSimulator(http.MethodPost, "/accounts/"+a.AppID+"/verify", nil, &out)
	return out.OK
}

// Validate validates the account. It returns the message of each step that failed, by the name of the step, and the messages of all steps.
func (a *SecondAccount) Validate() (failed map[string]string, all string) {
	a.System.T.Helper()
	var out struct {
		OK    bool
		Steps []struct {
			Name, Message string
			OK            bool
		}
	}
	require.Equal(a.System.T, http.StatusOK, a.System.CallAPI(http.MethodPost, "/v1/accounts/"+a.ID+"/validate", nil, nil, &out))
	failed = map[string]string{}
	for _, step := range out.Steps {
		all += step.Message + "\n"
		if !step.OK {
			failed[step.Name] = step.Message
		}
	}
	require.Equal(a.System.T, out.OK, len(failed) == 0)
	require.NotContains(a.System.T, all, a.AppSecret)
	return failed, all
}

// WaitUntilKnown waits until every process knows the last change of the account. Validating it does that.
func (a *SecondAccount) WaitUntilKnown() {
	a.System.T.Helper()
	a.Validate()
}
