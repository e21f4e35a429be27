package control

import (
	"log/slog"
	"net/http"

	"wxdesk/internal/simulator/delivery"
	"wxdesk/internal/simulator/phone"
	"wxdesk/internal/simulator/state"
)

// API serves the control API. Its methods may be called from any goroutine.
type API struct {
	store   *state.Store
	courier *delivery.Courier
	phones  *phone.Phones
	log     *slog.Logger
}

// New makes the control API of a simulator's other parts. Log receives what cannot be carried out.
func New(store *state.Store, courier *delivery.Courier, phones *phone.Phones, log *slog.Logger) *API {
	return &API{store: store, courier: courier, phones: phones, log: log}
}

// Register serves all paths under /_sim/. docs/simulator.md documents each.
func (c *API) Register(mux *http.ServeMux) {
	for pattern, h := range map[string]handler{
		"GET /_sim/accounts":                                    c.listAccounts,
		"POST /_sim/accounts":                                   c.saveAccount,
		"GET /_sim/accounts/{app_id}":                           c.showAccount,
		"PATCH /_sim/accounts/{app_id}":                         c.changeAccount,
		"POST /_sim/accounts/{app_id}/verify":                   c.verifyAccount,
		"GET /_sim/accounts/{app_id}/callbacks":                 c.listCallbacks,
		"GET /_sim/accounts/{app_id}/usage":                     c.listUsage,
		"DELETE /_sim/accounts/{app_id}/tokens":                 c.endTokens,
		"GET /_sim/accounts/{app_id}/followers":                 c.listFollowers,
		"POST /_sim/accounts/{app_id}/followers":                c.follow,
		"GET /_sim/accounts/{app_id}/followers/{openid}":        c.showFollower,
		"PATCH /_sim/accounts/{app_id}/followers/{openid}":      c.changeFollower,
		"DELETE /_sim/accounts/{app_id}/followers/{openid}":     c.unfollow,
		"POST /_sim/accounts/{app_id}/followers/{openid}/say":   c.say,
		"GET /_sim/accounts/{app_id}/followers/{openid}/screen": c.showScreen,
		"GET /_sim/accounts/{app_id}/media":                     c.listMedia,
		"POST /_sim/accounts/{app_id}/media":                    c.addMedium,
		"GET /_sim/accounts/{app_id}/menu":                      c.showMenu,
		"GET /_sim/accounts/{app_id}/qrcodes":                   c.listTickets,
		"GET /_sim/faults":                                      c.listFaults,
		"POST /_sim/faults":                                     c.addFault,
		"DELETE /_sim/faults":                                   c.clearFaults,
		"GET /_sim/clock":                                       c.readClock,
		"POST /_sim/clock":                                      c.advanceClock,
		"GET /_sim/settings":                                    c.readSettings,
		"PATCH /_sim/settings":                                  c.changeSettings,
		"POST /_sim/reset":                                      c.reset,
		"/_sim/":                                                c.unknownCall,
	} {
		mux.HandleFunc(pattern, c.serve(h))
	}
	mux.HandleFunc("GET /_sim/accounts/{app_id}/media/{media_id}", c.showMedium)
}

func (c *API) unknownCall(r *http.Request) (int, any, error) {
	return 0, nil, state.NotFoundf("no such call: %s %s", r.Method, r.URL.Path)
}
