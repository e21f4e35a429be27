package api

import (
	"maps"
	"slices"
	"sync"

	"wxdesk/internal/conversation"
)

// hub passes on what this process reads from the feed to the event streams that it has. A stream that does not keep up
// is cut off, so that one slow desk costs no other anything.
type hub struct {
	mu      sync.Mutex
	reading bool                      // there is a position
	at      conversation.FeedPosition // up to which everything was passed on
	streams map[*stream]struct{}
}

// streamBuffer is how much a desk may be behind before it is cut off.
const streamBuffer = 256

// stream is an event stream as the hub sees it.
type stream struct {
	viewer conversation.Viewer
	queues map[conversation.QueueID]bool // under the hub's lock
	news   chan news                     // closed when the stream is cut off; its desk has to read everything anew
}

// news is what a desk is told, or that it has to read everything anew.
type news struct {
	conversation.Told
	reset bool
}

func newHub() *hub { return &hub{streams: map[*stream]struct{}{}} }

// join adds a stream, which hears of everything after the position that is returned. ok is false while nothing is read.
func (h *hub) join(v conversation.Viewer, queues []conversation.QueueID) (s *stream, at conversation.FeedPosition, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.reading {
		return nil, at, false
	}
	s = &stream{viewer: v, queues: setOf(queues), news: make(chan news, streamBuffer)}
	h.streams[s] = struct{}{}
	return s, h.at, true
}

func (h *hub) leave(s *stream) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.cut(s)
}

// cut ends a stream, under the lock. Again it changes nothing.
func (h *hub) cut(s *stream) {
	if _, ok := h.streams[s]; ok {
		delete(h.streams, s)
		close(s.news)
	}
}

// position is up to where everything was passed on.
func (h *hub) position() conversation.FeedPosition {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at
}

// pass passes on what was read, each stream its own.
func (h *hub) pass(t conversation.Tidings) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.reading, h.at = true, t.Upto
	for s := range h.streams {
		for _, told := range t.Told {
			if told.For(s.viewer, s.queues) && !h.push(s, news{Told: told}) {
				break
			}
		}
	}
}

// push tells a stream; where it is too far behind it is cut off.
func (h *hub) push(s *stream, n news) bool {
	select {
	case s.news <- n:
		return true
	default:
		h.cut(s)
		return false
	}
}

// sees reports whether a stream is told something that it reads up itself.
func (h *hub) sees(s *stream, told conversation.Told) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return told.For(s.viewer, s.queues)
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

// enrol renews the queue memberships of a tenant's agents, as far as they were asked for. Where they have changed the
// desk has to read everything anew: what waits in a queue was told before he came.
func (h *hub) enrol(t conversation.Tenant, asked []conversation.AgentID, queues map[conversation.AgentID][]conversation.QueueID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.streams {
		if s.viewer.Tenant != t || !slices.Contains(asked, s.viewer.AgentID) {
			continue
		}
		if now := setOf(queues[s.viewer.AgentID]); !maps.Equal(now, s.queues) {
			s.queues = now
			h.push(s, news{reset: true})
		}
	}
}

// close cuts every stream off, and lets no more in before something is read again.
func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.reading = false
	for s := range h.streams {
		h.cut(s)
	}
}

func setOf(queues []conversation.QueueID) map[conversation.QueueID]bool {
	set := make(map[conversation.QueueID]bool, len(queues))
	for _, q := range queues {
		set[q] = true
	}
	return set
}
