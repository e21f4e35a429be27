package api

import (
	"errors"
	"maps"
	"slices"
	"sync"

	"wxdesk/internal/conversation"
)

// hub passes on what this process reads from the feed to the event streams that it has. It waits for none of them: a stream
// that does not keep up is passed nothing more, and reads the feed by itself once it has told what it has.
type hub struct {
	mu      sync.Mutex
	reading bool                      // there is a position
	at      conversation.FeedPosition // up to which everything was passed on
	streams map[*stream]struct{}
}

const (
	// streamBuffer is how many feed pages a stream may be behind before it has to read the feed by itself.
	streamBuffer = 32
	// streamsPerToken is how many streams an API token may have at one process.
	streamsPerToken = 20
)

// Why there is no stream for somebody who may have one.
var (
	errNothingRead    = errors.New("nothing is read from the feed")
	errTooManyStreams = errors.New("the API token has too many event streams")
)

// stream is an event stream as the hub sees it.
type stream struct {
	bearer conversation.Principal
	viewer conversation.Viewer
	news   chan news // closed when the stream is cut off; its client has to read everything anew
	barred bool      // the API token counts no more; written before news is closed

	// Under the hub's lock:
	queues map[conversation.QueueID]bool
	behind bool // something was not passed on
	reset  bool // what was not passed on includes that the client has to read everything anew
}

// news is what a stream tells of one feed page, or that its client has to read everything anew.
type news struct {
	told  []conversation.Told
	reset bool
}

func newHub() *hub { return &hub{streams: map[*stream]struct{}{}} }

// join adds a stream, which hears of everything after the position that is returned. It fails with errNothingRead or
// errTooManyStreams.
func (h *hub) join(who conversation.Principal, queues []conversation.QueueID) (s *stream, at conversation.FeedPosition, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.reading {
		return nil, at, errNothingRead
	}
	open := 0
	for other := range h.streams {
		if other.bearer.Tenant == who.Tenant && other.bearer.TokenID == who.TokenID {
			open++
		}
	}
	if open >= streamsPerToken {
		return nil, at, errTooManyStreams
	}
	s = &stream{bearer: who, viewer: who.Viewer(), queues: setOf(queues), news: make(chan news, streamBuffer)}
	h.streams[s] = struct{}{}
	return s, h.at, nil
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
		if told := s.sees(t.Told); len(told) > 0 {
			s.push(news{told: told})
		}
	}
}

// sees returns what a stream tells of some events, under the hub's lock.
func (s *stream) sees(all []conversation.Told) (told []conversation.Told) {
	for _, t := range all {
		if t.For(s.viewer, s.queues) {
			told = append(told, t)
		}
	}
	return told
}

// push passes something on, under the hub's lock. Where the stream has not taken what it was passed before, it falls behind.
func (s *stream) push(n news) {
	if !s.behind {
		select {
		case s.news <- n:
			return
		default:
			s.behind = true
		}
	}
	s.reset = s.reset || n.reset
}

// resume has a stream that has fallen behind be passed on again what comes after the position that is returned. behind is false
// where it has not fallen behind. reset says that its client has to read everything anew, otherwise the stream reads the feed
// up to that position.
func (h *hub) resume(s *stream) (at conversation.FeedPosition, behind, reset bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	behind, reset = s.behind, s.reset
	s.behind, s.reset = false, false
	return h.at, behind, reset
}

// sees returns what a stream tells of events that it reads by itself.
func (h *hub) sees(s *stream, all []conversation.Told) []conversation.Told {
	h.mu.Lock()
	defer h.mu.Unlock()
	return s.sees(all)
}

// bearers lists who has streams, each once.
func (h *hub) bearers() []conversation.Principal {
	h.mu.Lock()
	defer h.mu.Unlock()
	set := map[conversation.Principal]bool{}
	for s := range h.streams {
		set[s.bearer] = true
	}
	return slices.Collect(maps.Keys(set))
}

// bar cuts off the streams of those who were asked for and are not among the good.
func (h *hub) bar(asked, good []conversation.Principal) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for s := range h.streams {
		if slices.Contains(asked, s.bearer) && !slices.Contains(good, s.bearer) {
			s.barred = true
			h.cut(s)
		}
	}
}

// mostOfAToken is how many streams the API token has that has the most.
func (h *hub) mostOfAToken() (most int64) {
	h.mu.Lock()
	defer h.mu.Unlock()
	open := map[bearerID]int64{}
	for s := range h.streams {
		id := bearerID{s.bearer.Tenant, s.bearer.TokenID}
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
			s.push(news{reset: true})
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
