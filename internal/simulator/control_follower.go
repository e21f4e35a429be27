package simulator

import (
	"net/http"
	"slices"

	"wxdesk/internal/simulator/random"
)

func (s *Simulator) listFollowers(r *http.Request) (int, any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.state.account(r.PathValue("app_id"))
	if err != nil {
		return 0, nil, err
	}
	var followers []Follower
	for _, f := range a.followers {
		followers = append(followers, f.Follower)
	}
	slices.SortFunc(followers, func(a, b Follower) int { return a.Since.Compare(b.Since) })
	return http.StatusOK, list(followers), nil
}

func (s *Simulator) showFollower(r *http.Request) (int, any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.state.follower(r.PathValue("app_id"), r.PathValue("openid"))
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, f.Follower, nil
}

// follow makes a customer follow: a new one, or one that had left. Quietly means that the account is not told and no reply window
// opens, as for somebody who has followed for long. Who follows already only gets the new name.
func (s *Simulator) follow(r *http.Request) (int, any, error) {
	var in struct {
		OpenID string `json:"openid"`
		Name   string `json:"name"`
		Scene  string `json:"scene"`
		Quiet  bool   `json:"quiet"`
	}
	if err := decode(r, &in); err != nil {
		return 0, nil, err
	}
	if in.OpenID == "" {
		in.OpenID = "o" + random.Text(27, random.URLSafe)
	}
	if !openIDShape.MatchString(in.OpenID) {
		return 0, nil, badRequest("openid is 1 to 64 letters, digits, - or _")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.state.account(r.PathValue("app_id"))
	if err != nil {
		return 0, nil, err
	}
	f := Follower{AppID: a.AppID, OpenID: in.OpenID, Since: s.wall()}
	if known, ok := a.followers[in.OpenID]; ok {
		f = known.Follower
	}
	f.Name = or(in.Name, f.Name)
	again := f.Subscribed
	if !again {
		f = f.followedAt(s.wall(), in.Scene)
	}
	if again || in.Quiet {
		err = s.commit(change{Follower: &f})
	} else {
		_, err = s.act(a, f, followed(in.Scene, ""), "")
	}
	if err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, a.followers[f.OpenID].Follower, nil
}

// changeFollower changes what the customer is called, puts it on the account's blacklist, or lets it refuse template messages.
func (s *Simulator) changeFollower(r *http.Request) (int, any, error) {
	var in struct {
		Name    *string `json:"name"`
		Blocked *bool   `json:"blocked"`
		Muted   *bool   `json:"muted"`
	}
	if err := decode(r, &in); err != nil {
		return 0, nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	known, err := s.state.follower(r.PathValue("app_id"), r.PathValue("openid"))
	if err != nil {
		return 0, nil, err
	}
	f := known.Follower
	if in.Name != nil {
		f.Name = *in.Name
	}
	if in.Blocked != nil {
		f.Blocked = *in.Blocked
	}
	if in.Muted != nil {
		f.Muted = *in.Muted
	}
	if err := s.commit(change{Follower: &f}); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, f, nil
}

// unfollow lets a customer leave; the screen stays.
func (s *Simulator) unfollow(r *http.Request) (int, any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.state.account(r.PathValue("app_id"))
	if err != nil {
		return 0, nil, err
	}
	f, err := s.state.follower(a.AppID, r.PathValue("openid"))
	if err != nil {
		return 0, nil, err
	}
	if !f.Subscribed {
		return 0, nil, conflict("this customer does not follow")
	}
	if _, err := s.act(a, f.Follower.unfollowed(), unfollowed(), ""); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, f.Follower, nil
}
