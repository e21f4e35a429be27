package control

import (
	"net/http"
	"time"

	"wxdesk/internal/simulator/state"
)

// verifyAccount is "save configuration": with fields in its body they are saved only if the address passes WeChat's GET check;
// without, the present configuration is checked.
func (c *API) verifyAccount(r *http.Request) (int, any, error) {
	a, limit, err := c.toVerify(r)
	if err != nil {
		return 0, nil, err
	}
	reason := c.courier.Verify(r.Context(), a, limit)
	if reason != "" {
		return http.StatusOK, verification{OK: false, Reason: reason}, nil
	}
	return c.ofAccount(r, func(*state.AccountData) (int, any, error) {
		_, _, err := c.saved(http.StatusOK, a)
		return ok(verification{OK: true}, err)
	})
}

type verification struct {
	OK     bool   `json:"ok"`
	Reason string `json:"reason"`
}

// toVerify returns the account as it would be saved, and how long a request may take.
func (c *API) toVerify(r *http.Request) (state.Account, time.Duration, error) {
	body, err := readBody(r)
	if err != nil {
		return state.Account{}, 0, err
	}
	c.store.Lock()
	defer c.store.Unlock()
	known, err := c.store.Account(r.PathValue("app_id"))
	if err != nil {
		return state.Account{}, 0, err
	}
	a, err := patched(known.Account, body)
	if err == nil {
		err = checkVerifiable(a)
	}
	return a, time.Duration(c.store.Settings().Timeout), err
}

func checkVerifiable(a state.Account) error {
	if err := a.Check(); err != nil {
		return state.Invalidf("%v", err)
	}
	if a.CallbackURL == "" {
		return state.Conflictf("the account has no callback_url")
	}
	return nil
}
