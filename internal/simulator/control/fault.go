package control

import (
	"net/http"

	"wxdesk/internal/simulator/state"
)

func (c *API) listFaults(*http.Request) (int, any, error) {
	c.store.Lock()
	defer c.store.Unlock()
	return http.StatusOK, map[string]any{"items": c.store.Faults(), "kinds": state.FaultNames()}, nil
}

// addFault adds a fault, which happens at the next request that it applies to. Faults of one kind happen in the order they were added.
func (c *API) addFault(r *http.Request) (int, any, error) {
	var in state.Fault
	if err := decode(r, &in); err != nil {
		return 0, nil, err
	}
	f, err := in.Prepare()
	if err != nil {
		return 0, nil, state.Invalidf("%v", err)
	}
	c.store.Lock()
	defer c.store.Unlock()
	faults := c.store.Faults()
	f.ID = 1
	if n := len(faults); n > 0 {
		f.ID = faults[n-1].ID + 1
	}
	faults = append(faults, f)
	return http.StatusCreated, f, c.store.Commit(state.Change{Faults: &faults})
}

func (c *API) clearFaults(*http.Request) (int, any, error) {
	c.store.Lock()
	defer c.store.Unlock()
	return ok(list[state.Fault](nil), c.store.Commit(state.Change{Faults: &[]state.Fault{}}))
}
