package control

import (
	"bytes"
	"maps"
	"net/http"
	"slices"
	"time"

	"wxdesk/internal/simulator/platform"
	"wxdesk/internal/simulator/state"
)

// listMedia tells what the account can fetch or send now, the oldest first.
func (c *API) listMedia(r *http.Request) (int, any, error) {
	return c.ofAccount(r, func(a *state.AccountData) (int, any, error) {
		var items []state.Medium
		for _, id := range slices.Sorted(maps.Keys(a.Media)) {
			if m, live := a.Medium(id, c.store.Now()); live {
				items = append(items, m.WithoutBytes())
			}
		}
		slices.SortStableFunc(items, func(a, b state.Medium) int { return a.At.Compare(b.At) })
		return http.StatusOK, list(items), nil
	})
}

// addMedium puts a customer's file, the request's body, into the store; the customer can send it by its media id.
func (c *API) addMedium(r *http.Request) (int, any, error) {
	file, err := readBody(r)
	if err != nil {
		return 0, nil, err
	}
	return c.ofAccount(r, func(a *state.AccountData) (int, any, error) {
		m, refused := platform.NewMedium(a.AppID, state.MediaKind(r.URL.Query().Get("kind")), file, state.FromCustomer, c.store.Now())
		if refused != nil {
			return 0, nil, state.Invalidf("WeChat would not take this file: %d %s", refused.Code, refused.Message)
		}
		return http.StatusCreated, m.WithoutBytes(), c.store.Commit(state.Change{Media: []state.Medium{m}})
	})
}

// showMedium gives the file itself, to the phone and to whoever follows a PicUrl or a video_url. A phone keeps what it has seen, so
// age does not matter here.
func (c *API) showMedium(w http.ResponseWriter, r *http.Request) {
	m := c.medium(r.PathValue("app_id"), r.PathValue("media_id"))
	if m.ID == "" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", m.Type)
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; sandbox")
	w.Header().Set("Cache-Control", "private, max-age=3600")
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(m.Bytes))
}

// medium finds a medium of any age; an empty one is none.
func (c *API) medium(appID, mediaID string) state.Medium {
	c.store.Lock()
	defer c.store.Unlock()
	a, err := c.store.Account(appID)
	if err != nil {
		return state.Medium{}
	}
	return a.Media[mediaID]
}
