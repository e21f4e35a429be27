package simulator

import (
	"bytes"
	"maps"
	"net/http"
	"slices"
	"time"
)

// listMedia tells what the account can fetch or send now, the oldest first.
func (s *Simulator) listMedia(r *http.Request) (int, any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.state.account(r.PathValue("app_id"))
	if err != nil {
		return 0, nil, err
	}
	var items []Medium
	for _, id := range slices.Sorted(maps.Keys(a.media)) {
		if m, live := a.medium(id, s.now()); live {
			items = append(items, m.withoutBytes())
		}
	}
	slices.SortStableFunc(items, func(a, b Medium) int { return a.At.Compare(b.At) })
	return http.StatusOK, list(items), nil
}

// takeMedium puts a customer's file, the request's body, into the store, to be said by its media id.
func (s *Simulator) takeMedium(r *http.Request) (int, any, error) {
	file, err := readBody(r)
	if err != nil {
		return 0, nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.state.account(r.PathValue("app_id"))
	if err != nil {
		return 0, nil, err
	}
	m, refused := newMedium(a.AppID, mediaKind(r.URL.Query().Get("kind")), file, FromCustomer, s.now())
	if refused != nil {
		return 0, nil, badRequest("WeChat would not take this file: %d %s", refused.Code, refused.Message)
	}
	if err := s.commit(change{Media: []Medium{m}}); err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, m.withoutBytes(), nil
}

// showMedium gives the file itself, to the phone and to whoever follows a PicUrl or a video_url. A phone keeps what it has seen, so
// age does not matter here.
func (s *Simulator) showMedium(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	var m Medium
	if a, err := s.state.account(r.PathValue("app_id")); err == nil {
		m = a.media[r.PathValue("media_id")]
	}
	s.mu.Unlock()
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
