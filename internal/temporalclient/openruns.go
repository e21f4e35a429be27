package temporalclient

import "sync"

// openRuns remembers, of many workflow ids, those whose run was open a moment ago. A signal to an open run asks less of Temporal than
// one that would also start it. Whoever is remembered wrongly is told so by Temporal, and costs one call more. The zero value is
// ready; safe for concurrent use.
type openRuns struct {
	mu            sync.Mutex
	recent, older map[string]struct{} // two halves: when one is full, the other is forgotten
}

// maxRecent is the size of a half: some ten megabytes for both.
const maxRecent = 50_000

func (o *openRuns) has(id string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	_, recent := o.recent[id]
	_, older := o.older[id]
	return recent || older
}

func (o *openRuns) add(id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.recent) >= maxRecent {
		o.recent, o.older = nil, o.recent
	}
	if o.recent == nil {
		o.recent = map[string]struct{}{}
	}
	o.recent[id] = struct{}{}
}

func (o *openRuns) forget(id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	delete(o.recent, id)
	delete(o.older, id)
}
