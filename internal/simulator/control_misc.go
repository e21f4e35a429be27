package simulator

import (
	"net/http"
	"slices"
	"time"
)

func (s *Simulator) listFaults(*http.Request) (int, any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kinds := map[side][]string{}
	for _, k := range faultKinds {
		kinds[k.side] = append(kinds[k.side], k.name)
	}
	return http.StatusOK, map[string]any{"items": append([]Fault{}, s.state.faults...), "kinds": kinds}, nil
}

// addFault lets a fault wait for its occasion. Faults of one kind happen in the order they were added.
func (s *Simulator) addFault(r *http.Request) (int, any, error) {
	var in Fault
	if err := decode(r, &in); err != nil {
		return 0, nil, err
	}
	f, err := in.prepared()
	if err != nil {
		return 0, nil, badRequest("%v", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	f.ID = 1
	if n := len(s.state.faults); n > 0 {
		f.ID = s.state.faults[n-1].ID + 1
	}
	faults := append(slices.Clone(s.state.faults), f)
	if err := s.commit(change{Faults: &faults}); err != nil {
		return 0, nil, err
	}
	return http.StatusCreated, f, nil
}

func (s *Simulator) clearFaults(*http.Request) (int, any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.commit(change{Faults: &[]Fault{}}); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, list[Fault](nil), nil
}

func (s *Simulator) readClock(*http.Request) (int, any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return http.StatusOK, s.clock(), nil
}

// advanceClock moves the simulator's own time ahead: reply windows, tokens, quotas. It never goes back.
func (s *Simulator) advanceClock(r *http.Request) (int, any, error) {
	var in struct {
		Advance Duration `json:"advance"`
	}
	if err := decode(r, &in); err != nil {
		return 0, nil, err
	}
	if in.Advance <= 0 {
		return 0, nil, badRequest("advance is how far to go ahead, such as \"49h\"")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	ahead := s.state.ahead + time.Duration(in.Advance)
	if ahead < s.state.ahead {
		return 0, nil, badRequest("advance is too far")
	}
	if err := s.commit(change{Ahead: &ahead}); err != nil {
		return 0, nil, err
	}
	return http.StatusOK, s.clock(), nil
}

func (s *Simulator) clock() map[string]any {
	return map[string]any{"now": s.now(), "wall": s.wall(), "ahead": Duration(s.state.ahead)}
}

func (s *Simulator) readSettings(*http.Request) (int, any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return http.StatusOK, s.state.settings, nil
}

// changeSettings changes the given ones, from the next callback or call on.
func (s *Simulator) changeSettings(r *http.Request) (int, any, error) {
	body, err := readBody(r)
	if err != nil {
		return 0, nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	in := s.state.settings
	if err := decodeBody(body, &in); err != nil {
		return 0, nil, err
	}
	if err := in.check(); err != nil {
		return 0, nil, badRequest("%v", err)
	}
	if err := s.commit(change{Settings: &in}); err != nil {
		return 0, nil, err
	}
	s.launch()
	return http.StatusOK, in, nil
}

// reset forgets everything: accounts, customers, messages, faults, settings, the clock. What is under way comes to nothing.
func (s *Simulator) reset(*http.Request) (int, any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := s.commit(change{Reset: true}); err != nil {
		return 0, nil, err
	}
	s.queue = nil
	return http.StatusOK, map[string]bool{"ok": true}, nil
}
