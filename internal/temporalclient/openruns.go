package temporalclient

import "sync"

// openRuns remembers, of many workflow ids, the runs that were open a moment ago. A signal to a run that is named asks less of
// Temporal than one that would also start it, or for which Temporal has to look up which run is the current one. Whoever is remembered
// wrongly is told so by Temporal, and costs one call more. The zero value is ready; safe for concurrent use.
type openRuns struct {
	mu            sync.Mutex
	recent, older map[string]string // run ids by workflow id, in two halves: when one is full, the other is forgotten
}

// maxRecent is the size of a half: some twenty megabytes for both.
const maxRecent = 50_000

// of is the id of the workflow's run; empty if none is remembered.
func (o *openRuns) of(id string) string {
	o.mu.Lock()
	defer o.mu.Unlock()
	if run, ok := o.recent[id]; ok {
		return run
	}
	return o.older[id]
}

func (o *openRuns) add(id, run string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.recent) >= maxRecent {
		o.recent, o.older = nil, o.recent
	}
	if o.recent == nil {
		o.recent = map[string]string{}
	}
	o.recent[id] = run
}

func (o *openRuns) forget(id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.recent, id)
	delete(o.older, id)
}
