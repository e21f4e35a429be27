package distribution

import (
	"maps"
	"sync"
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// memory is what this process remembers of a tenant's batches. If another process has made some meanwhile, or this one has just
// begun, it looks at more than necessary.
type memory struct {
	settled time.Time // whose capacity came back before then has the right presence
	// If there was no time to judge everything, batches go on from where the one before ended, until all is judged: the demands
	// for which nobody was found, and whether something has changed since the first of these batches.
	vain      map[string]bool
	triggered bool

	verdicts *routing.Verdicts
}

// after is what is remembered after a batch. again says that there is more to judge.
func (m memory) after(d *distribution) (next memory, again bool) {
	next.settled, next.verdicts = d.now, m.verdicts
	triggered := m.triggered || m.vain != nil && len(d.triggers) > 0
	if !d.chosen.Cut {
		return next, triggered
	}
	next.vain, next.triggered = map[string]bool{}, triggered
	maps.Copy(next.vain, m.vain)
	for _, demand := range d.chosen.Vain {
		next.vain[demand] = true
	}
	return next, true
}

// memories are those of all tenants. The zero value is ready to use.
type memories struct {
	mu sync.Mutex
	of map[conversation.Tenant]memory
}

// take removes and returns what is remembered for a tenant, so that nobody else uses it. If there is nothing, it returns a new
// memory.
func (m *memories) take(t conversation.Tenant) memory {
	m.mu.Lock()
	defer m.mu.Unlock()
	taken := m.of[t]
	delete(m.of, t)
	if taken.verdicts == nil {
		taken.verdicts = new(routing.Verdicts)
	}
	return taken
}

func (m *memories) keep(t conversation.Tenant, of memory) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.of == nil {
		m.of = map[conversation.Tenant]memory{}
	}
	m.of[t] = of
}
