package simulatortest

import (
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/simulator"
)

// The account and its customer.
const (
	AppID      = "wx0123456789abcdef"
	AppSecret  = "0123456789abcdef0123456789abcdef"
	OriginalID = "gh_0123456789ab"
	Token      = "spamtest"
	AESKey     = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"
	OlderKey   = "AdiqDDDvUNCeE1ZW5XJmjf9fqNBJpGBs4vL4cHKmHBS" // another one, for accounts that change it
	OpenID     = "oCustomer-000000000000000001"
)

// World is a simulator with one account, one quiet follower, and the account's server.
type World struct {
	Simulator *simulator.Simulator // nil if it runs in another process
	URL       string
	Server    *AccountServer // nil before Furnish
	t         *testing.T
}

// New starts a world with the patience of a test: the next request starts 30 ms after one that failed.
func New(t *testing.T) *World {
	t.Helper()
	return NewWith(t, simulator.Options{})
}

// NewStill starts a world whose wall clock stands still, so that only the control API moves time.
func NewStill(t *testing.T) *World {
	t.Helper()
	now := time.Now()
	return NewWith(t, simulator.Options{Now: func() time.Time { return now }})
}

// NewWith starts a world with options of its own.
func NewWith(t *testing.T, o simulator.Options) *World {
	t.Helper()
	w := Open(t, o)
	w.Furnish()
	return w
}

// Open starts a simulator without adding anything to it.
func Open(t *testing.T, o simulator.Options) *World {
	t.Helper()
	sim, err := simulator.New(o)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, sim.Close()) })
	srv := httptest.NewServer(sim.Handler())
	t.Cleanup(srv.Close)
	return &World{t: t, Simulator: sim, URL: srv.URL}
}

// At is the world of a simulator that runs elsewhere.
func At(t *testing.T, url string) *World { return &World{t: t, URL: url} }

// Furnish gives a fresh simulator the account, its server and the follower.
func (w *World) Furnish() {
	w.t.Helper()
	w.Server = newAccountServer(w.t)
	w.Do("PATCH", "/_sim/settings", `{"retry_after":"30ms"}`, 200)
	w.Do("POST", "/_sim/accounts", fmt.Sprintf(
		`{"app_id":%q,"app_secret":%q,"original_id":%q,"token":%q,"encoding_aes_key":%q,"callback_url":%q}`,
		AppID, AppSecret, OriginalID, Token, AESKey, w.Server.URL), 201)
	w.Do("POST", w.Path("followers"), `{"openid":"`+OpenID+`","name":"小明","quiet":true}`, 201)
}

// Eventually polls a visible fact.
func Eventually(t *testing.T, fact func() bool, what string) {
	t.Helper()
	require.Eventually(t, fact, 30*time.Second, 5*time.Millisecond, what)
}
