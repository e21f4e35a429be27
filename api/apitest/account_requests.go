package apitest

import (
	"encoding/json"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	AppSecret = "0123456789abcdef0123456789abcdef"
	MaskStars = "********"
)

// AccountBody is a good body for a new account, with changes: a nil value removes a member.
func AccountBody(t *testing.T, changes map[string]any) string {
	t.Helper()
	members := map[string]any{
		"name": "Tea shop", "original_id": "gh_a1b2c3d4e5f6", "app_id": "wx0123456789abcdef", "app_secret": AppSecret,
		"token": TokenA, "encoding_aes_key": KeyA, "mode": "safe", "kind": "service", "reply_mode": "active",
	}
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

type Account struct {
	ID, Name    string
	CallbackURL string `json:"callback_url"`
	Mode, Kind  string
	ReplyMode   string `json:"reply_mode"`
	Language    string
	IdleClose   string `json:"idle_close"`
	TimeZone    string `json:"time_zone"`
	Verified    bool
	Disabled    bool
	Version     int64
}

func CreateAccount(t *testing.T, h http.Handler, changes map[string]any) Account {
	t.Helper()
	answer := Call(t, h, "admin", http.MethodPost, "/v1/accounts", AccountBody(t, changes))
	require.Equal(t, http.StatusCreated, answer.Code, answer.Body.String())
	return Decode[Account](t, answer)
}
