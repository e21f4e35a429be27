package simulator

import (
	"context"
	"net/http"
	"time"
)

// maxWait is the longest a long poll lasts.
const maxWait = 60

// screen gives what a customer sees: the items behind position `after`, or with `changed` those that are new or changed since that
// revision. With `wait` it waits that many seconds until there is one.
func (s *Simulator) screen(r *http.Request) (int, any, error) {
	after, err := number(r, "after")
	if err != nil {
		return 0, nil, err
	}
	changed, err := number(r, "changed")
	if err != nil {
		return 0, nil, err
	}
	wait, err := number(r, "wait")
	if err != nil {
		return 0, nil, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), time.Duration(min(wait, maxWait))*time.Second)
	defer cancel()
	for {
		answer, news, wake, err := s.look(r, after, changed)
		if err != nil || news || wait == 0 {
			return http.StatusOK, answer, err
		}
		select {
		case <-wake:
		case <-ctx.Done():
			return http.StatusOK, answer, nil
		case <-s.life.Done():
			return 0, nil, errClosed
		}
	}
}

// look reads the screen once and gives what to wait on for its next change.
func (s *Simulator) look(r *http.Request, after, changed int) (answer map[string]any, news bool, wake <-chan struct{}, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, err := s.state.follower(r.PathValue("app_id"), r.PathValue("openid"))
	if err != nil {
		return nil, false, nil, err
	}
	items := f.after(after)
	if r.URL.Query().Has("changed") {
		items = f.changedSince(int64(changed))
	}
	answer = map[string]any{
		"items": items, "next": len(f.screen), "rev": f.lastRev, "subscribed": f.Subscribed, "typing": s.now().Before(f.Typing),
	}
	return answer, len(items) > 0, f.changed, nil
}
