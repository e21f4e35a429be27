package control

import (
	"net/http"
	"slices"

	"wxdesk/internal/simulator/state"
)

func (c *API) listAccounts(*http.Request) (int, any, error) {
	c.store.Lock()
	defer c.store.Unlock()
	var accounts []state.Account
	for _, a := range c.store.Accounts() {
		accounts = append(accounts, a.Account)
	}
	return http.StatusOK, list(accounts), nil
}

func (c *API) showAccount(r *http.Request) (int, any, error) {
	return c.ofAccount(r, func(a *state.AccountData) (int, any, error) {
		return http.StatusOK, a.Account, nil
	})
}

// saveAccount makes an account, with everything invented that is not given, or updates the one of that AppID; it answers the same
// either way, so that a start script may simply repeat it.
func (c *API) saveAccount(r *http.Request) (int, any, error) {
	var in state.Account
	if err := decode(r, &in); err != nil {
		return 0, nil, err
	}
	c.store.Lock()
	defer c.store.Unlock()
	var known state.Account
	if a, err := c.store.Account(in.AppID); err == nil {
		known = a.Account
	}
	return c.saved(http.StatusCreated, known.Merge(in).Complete())
}

// changeAccount changes the given fields; an empty callback_url stops callbacks.
func (c *API) changeAccount(r *http.Request) (int, any, error) {
	body, err := readBody(r)
	if err != nil {
		return 0, nil, err
	}
	return c.ofAccount(r, func(a *state.AccountData) (int, any, error) {
		changed, err := patched(a.Account, body)
		if err != nil {
			return 0, nil, err
		}
		return c.saved(http.StatusOK, changed)
	})
}

// saved commits an account and answers with it. The caller holds the store's lock.
func (c *API) saved(status int, a state.Account) (int, any, error) {
	if err := a.Check(); err != nil {
		return 0, nil, state.Invalidf("%v", err)
	}
	return status, a, c.store.Commit(state.Change{Account: &a})
}

// patched reads fields over an account.
func patched(a state.Account, body []byte) (state.Account, error) {
	in := a
	in.AllowedIPs, in.Templates = slices.Clone(in.AllowedIPs), slices.Clone(in.Templates) // decoding would write into the account's own
	if err := decodeBody(body, &in); err != nil {
		return state.Account{}, err
	}
	if in.AppID != a.AppID {
		return state.Account{}, state.Invalidf("an app_id does not change")
	}
	changed := a.Merge(in)
	changed.CallbackURL, changed.Name = in.CallbackURL, in.Name
	return changed, nil
}
