package events

import (
	"maps"
	"slices"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
)

// bearers lists who has streams, each once.
func (h *hub) bearers() []access.Principal {
	h.mu.Lock()
	defer h.mu.Unlock()
	set := map[access.Principal]bool{}
	for s := range h.streams {
		set[s.bearer] = true
	}
	return slices.Collect(maps.Keys(set))
}

// endUnless ends the streams of those principals who were asked about and whose API tokens no longer count.
func (h *hub) endUnless(asked, good []access.Principal) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.streams {
		if slices.Contains(asked, s.bearer) && !slices.Contains(good, s.bearer) {
			s.revoked = true
			h.cut(s)
		}
	}
}

// mostOfAToken is how many streams the API token has that has the most.
func (h *hub) mostOfAToken() (most int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	type token struct {
		tenant conversation.Tenant
		id     string
	}
	open := map[token]int64{}
	for s := range h.streams {
		id := token{s.bearer.Tenant, s.bearer.ActorID()}
		open[id]++
		most = max(most, open[id])
	}
	return most
}

// agents lists whose streams there are, by tenant.
func (h *hub) agents() map[conversation.Tenant][]conversation.AgentID {
	h.mu.Lock()
	defer h.mu.Unlock()
	list := map[conversation.Tenant][]conversation.AgentID{}
	for s := range h.streams {
		v := s.viewer
		if v.AgentID != "" && !slices.Contains(list[v.Tenant], v.AgentID) {
			list[v.Tenant] = append(list[v.Tenant], v.AgentID)
		}
	}
	return list
}

// setQueues sets the queue memberships of those agents of a tenant who were asked about. If they have changed, the client has to read
// everything again, because it has not seen what waits in a new queue.
func (h *hub) setQueues(t conversation.Tenant, asked []conversation.AgentID, queues map[conversation.AgentID][]conversation.QueueID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.streams {
		if s.viewer.Tenant != t || !slices.Contains(asked, s.viewer.AgentID) {
			continue
		}
		if now := setOf(queues[s.viewer.AgentID]); !maps.Equal(now, s.queues) {
			s.queues = now
			s.push(page{reset: true})
		}
	}
}

func setOf(queues []conversation.QueueID) map[conversation.QueueID]bool {
	set := make(map[conversation.QueueID]bool, len(queues))
	for _, q := range queues {
		set[q] = true
	}
	return set
}
