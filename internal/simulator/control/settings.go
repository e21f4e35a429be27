package control

import (
	"net/http"
	"time"

	"wxdesk/internal/simulator/state"
)

func (c *API) readClock(*http.Request) (int, any, error) {
	c.store.Lock()
	defer c.store.Unlock()
	return http.StatusOK, c.clock(), nil
}

// advanceClock moves the simulator's own time ahead: reply windows, tokens, quotas. It never goes back.
func (c *API) advanceClock(r *http.Request) (int, any, error) {
	var in struct {
		Advance state.Duration `json:"advance"`
	}
	if err := decode(r, &in); err != nil {
		return 0, nil, err
	}
	if in.Advance <= 0 {
		return 0, nil, state.Invalidf("advance is how far to go ahead, such as \"49h\"")
	}
	c.store.Lock()
	defer c.store.Unlock()
	ahead := c.store.Ahead() + time.Duration(in.Advance)
	if ahead < c.store.Ahead() {
		return 0, nil, state.Invalidf("advance is too far")
	}
	err := c.store.Commit(state.Change{Ahead: &ahead})
	return ok(c.clock(), err)
}

// clock is what the calls about the clock answer. The caller holds the store's lock.
func (c *API) clock() map[string]any {
	return map[string]any{"now": c.store.Now(), "wall": c.store.Wall(), "ahead": state.Duration(c.store.Ahead())}
}

func (c *API) readSettings(*http.Request) (int, any, error) {
	c.store.Lock()
	defer c.store.Unlock()
	return http.StatusOK, c.store.Settings(), nil
}

// changeSettings changes the given ones, from the next callback or call on.
func (c *API) changeSettings(r *http.Request) (int, any, error) {
	body, err := readBody(r)
	if err != nil {
		return 0, nil, err
	}
	c.store.Lock()
	defer c.store.Unlock()
	in := c.store.Settings()
	if err := decodeBody(body, &in); err != nil {
		return 0, nil, err
	}
	if err := in.Check(); err != nil {
		return 0, nil, state.Invalidf("%v", err)
	}
	if err := c.store.Commit(state.Change{Settings: &in}); err != nil {
		return 0, nil, err
	}
	c.courier.Launch()
	return http.StatusOK, in, nil
}

// reset forgets everything: accounts, customers, messages, faults, settings, the clock. What is under way comes to nothing.
func (c *API) reset(*http.Request) (int, any, error) {
	c.store.Lock()
	defer c.store.Unlock()
	if err := c.store.Commit(state.Change{Reset: true}); err != nil {
		return 0, nil, err
	}
	c.courier.Forget()
	return http.StatusOK, map[string]bool{"ok": true}, nil
}
