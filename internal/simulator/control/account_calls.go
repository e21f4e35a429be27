package control

import (
	"cmp"
	"net/http"
	"slices"

	"wxdesk/internal/simulator/state"
)

// endTokens makes every access token of an account invalid at once, as if somebody else had fetched new ones.
func (c *API) endTokens(r *http.Request) (int, any, error) {
	return c.ofAccount(r, func(a *state.AccountData) (int, any, error) {
		ended := c.store.ValidTokens(a.AppID)
		for i := range ended {
			ended[i].Ends = c.store.Now()
		}
		return ok(map[string]int{"ended": len(ended)}, c.store.Commit(state.Change{Tokens: ended}))
	})
}

func (c *API) listUsage(r *http.Request) (int, any, error) {
	return c.ofAccount(r, func(a *state.AccountData) (int, any, error) {
		var all []state.Usage
		for path := range a.Usage {
			all = append(all, a.Calls(path, c.store.Now()))
		}
		slices.SortFunc(all, func(a, b state.Usage) int { return cmp.Compare(a.API, b.API) })
		return http.StatusOK, list(all), nil
	})
}

// listCallbacks gives the attempts behind position `after`, of one customer or one message if asked.
func (c *API) listCallbacks(r *http.Request) (int, any, error) {
	after, err := number(r, "after")
	if err != nil {
		return 0, nil, err
	}
	openID, msgID := r.URL.Query().Get("openid"), r.URL.Query().Get("msg_id")
	return c.ofAccount(r, func(a *state.AccountData) (int, any, error) {
		items := []state.Attempt{}
		for _, at := range a.Attempts[min(after, len(a.Attempts)):] {
			if (openID == "" || openID == at.OpenID) && (msgID == "" || msgID == at.MsgID) {
				items = append(items, at)
			}
		}
		return http.StatusOK, map[string]any{"items": items, "next": len(a.Attempts)}, nil
	})
}

// showMenu tells the phone which menu to show; real phones learn it within about five minutes.
func (c *API) showMenu(r *http.Request) (int, any, error) {
	return c.ofAccount(r, func(a *state.AccountData) (int, any, error) {
		return http.StatusOK, a.Menu.Complete(), nil
	})
}

// listTickets tells which QR codes hang on the wall: those that are not over, the newest first.
func (c *API) listTickets(r *http.Request) (int, any, error) {
	return c.ofAccount(r, func(a *state.AccountData) (int, any, error) {
		return http.StatusOK, list(a.LiveTickets(c.store.Now())), nil
	})
}
