package control

import (
	"net/http"
	"slices"

	"wxdesk/internal/simulator/phone"
	"wxdesk/internal/simulator/state"
)

func (c *API) listFollowers(r *http.Request) (int, any, error) {
	return c.ofAccount(r, func(a *state.AccountData) (int, any, error) {
		var followers []state.Follower
		for _, f := range a.Followers {
			followers = append(followers, f.Follower)
		}
		slices.SortFunc(followers, func(a, b state.Follower) int { return a.Since.Compare(b.Since) })
		return http.StatusOK, list(followers), nil
	})
}

func (c *API) showFollower(r *http.Request) (int, any, error) {
	c.store.Lock()
	defer c.store.Unlock()
	f, err := c.store.Follower(r.PathValue("app_id"), r.PathValue("openid"))
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, f.Follower, nil
}

func (c *API) follow(r *http.Request) (int, any, error) {
	var in phone.Following
	if err := decode(r, &in); err != nil {
		return 0, nil, err
	}
	f, err := c.phones.Follow(r.PathValue("app_id"), in)
	return http.StatusCreated, f, err
}

func (c *API) unfollow(r *http.Request) (int, any, error) {
	return ok(c.phones.Unfollow(r.PathValue("app_id"), r.PathValue("openid")))
}

// changeFollower changes what the customer is called, puts it on the account's blacklist, or lets it refuse template messages.
func (c *API) changeFollower(r *http.Request) (int, any, error) {
	var in followerPatch
	if err := decode(r, &in); err != nil {
		return 0, nil, err
	}
	c.store.Lock()
	defer c.store.Unlock()
	known, err := c.store.Follower(r.PathValue("app_id"), r.PathValue("openid"))
	if err != nil {
		return 0, nil, err
	}
	f := in.over(known.Follower)
	return ok(f, c.store.Commit(state.Change{Follower: &f}))
}

// followerPatch holds the fields that are given.
type followerPatch struct {
	Name    *string `json:"name"`
	Blocked *bool   `json:"blocked"`
	Muted   *bool   `json:"muted"`
}

func (p followerPatch) over(f state.Follower) state.Follower {
	if p.Name != nil {
		f.Name = *p.Name
	}
	if p.Blocked != nil {
		f.Blocked = *p.Blocked
	}
	if p.Muted != nil {
		f.Muted = *p.Muted
	}
	return f
}
