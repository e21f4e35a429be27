package tokens_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/api/apitest"
	"wxdesk/internal/access"
	"wxdesk/internal/postgres/postgrestest"
)

// shownToken is what the tests look at in an API token over HTTP.
type shownToken struct {
	ID         string
	Token      string
	ExpiresAt  time.Time  `json:"expires_at"`
	LastUsedAt *time.Time `json:"last_used_at"`
	RevokedAt  *time.Time `json:"revoked_at"`
}

// tokenAPI is the API with the text of an admin's token.
func tokenAPI(t *testing.T) (d postgrestest.AdminAPI, admin string) {
	t.Helper()
	d = postgrestest.NewTokenAPI(t)
	text, _, err := d.CreateToken(t.Context(), postgrestest.CLI, "first", access.RoleAdmin, "", time.Hour)
	require.NoError(t, err)
	return d, text.Reveal()
}

// S9
func TestTokensHTTP_expireAfter90Days(t *testing.T) {
	t.Parallel()
	d, admin := tokenAPI(t)
	for _, c := range []struct {
		days   string
		status int
		lives  int // days
	}{
		{"", http.StatusCreated, 90},
		{`,"days":1`, http.StatusCreated, 1},
		{`,"days":365`, http.StatusCreated, 365},
		{`,"days":366`, http.StatusUnprocessableEntity, 0},
		{`,"days":0`, http.StatusUnprocessableEntity, 0},
		{`,"days":-1`, http.StatusUnprocessableEntity, 0},
	} {
		got := d.Ask(t, admin, http.MethodPost, "/v1/tokens", `{"name":"made","role":"supervisor"`+c.days+`}`)
		require.Equal(t, c.status, got.Code, got.Body.String())
		if c.lives == 0 {
			continue
		}
		made := apitest.Decode[shownToken](t, got)
		life := time.Duration(c.lives) * 24 * time.Hour
		require.WithinDuration(t, time.Now().Add(life), made.ExpiresAt, time.Minute)
		require.Equal(t, 1, d.Count(t, "api_tokens", "id = $1 and expires_at - created_at = $2 * interval '1 second'", made.ID, life.Seconds()))
	}
	require.Equal(t, 1+3, d.Count(t, "api_tokens", "true"), "none of those that were refused")
}

// S9
func TestTokensHTTP_showUseUntilRevoked(t *testing.T) {
	t.Parallel()
	d, admin := tokenAPI(t)
	made := apitest.Decode[shownToken](t, d.Ask(t, admin, http.MethodPost, "/v1/tokens", `{"name":"made","role":"admin"}`))
	listed := func() (shown shownToken) {
		t.Helper()
		got := d.Ask(t, admin, http.MethodGet, "/v1/tokens", "")
		require.Equal(t, http.StatusOK, got.Code)
		require.NotContains(t, got.Body.String(), made.Token, "its text is shown once")
		all := apitest.Decode[struct{ Items []shownToken }](t, got).Items
		require.Len(t, all, 2)
		require.Equal(t, made.ID, all[1].ID)
		return all[1]
	}
	require.NotEmpty(t, made.Token)
	require.Nil(t, listed().LastUsedAt)

	require.Equal(t, http.StatusOK, d.Ask(t, made.Token, http.MethodGet, "/v1/tokens", "").Code)
	require.WithinDuration(t, time.Now(), *listed().LastUsedAt, time.Minute)
	require.Nil(t, listed().RevokedAt)

	require.Equal(t, http.StatusNoContent, d.Ask(t, admin, http.MethodDelete, "/v1/tokens/"+made.ID, "").Code)
	require.Equal(t, http.StatusUnauthorized, d.Ask(t, made.Token, http.MethodGet, "/v1/tokens", "").Code)
	require.NotNil(t, listed().RevokedAt)
	require.Equal(t, http.StatusNotFound, d.Ask(t, admin, http.MethodDelete, "/v1/tokens/00000000-0000-7000-8000-000000000001", "").Code)
}
