package events

import (
	"errors"
	"sync"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/feed"
)

// hub passes events that this process reads from the feed on to its event streams. It waits for none of them. A stream that does not
// keep up gets nothing more, and reads the feed by itself after it has sent what it has.
type hub struct {
	mu      sync.Mutex
	reading bool          // there is a position
	at      feed.Position // up to which everything was passed on
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

func newHub() *hub { return &hub{streams: map[*stream]struct{}{}} }

// join adds a stream, which gets everything after the position that is returned. It fails with errNothingRead or errTooManyStreams.
func (h *hub) join(who access.Principal, queues []conversation.QueueID, only scope) (s *stream, at feed.Position, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.reading {
		return nil, at, errNothingRead
	}
	open := 0
	for other := range h.streams {
		if other.bearer.Tenant == who.Tenant && other.bearer.ActorID() == who.ActorID() {
			open++
		}
	}
	if open >= streamsPerToken {
		return nil, at, errTooManyStreams
	}
	s = &stream{bearer: who, viewer: only.viewer(who), scope: only, queues: setOf(queues), pages: make(chan page, streamBuffer)}
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
		close(s.pages)
	}
}

// position is up to where everything was passed on.
func (h *hub) position() feed.Position {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.at
}

// pass passes on a page of the feed, to each stream what it may see.
func (h *hub) pass(p feed.Page) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.reading, h.at = true, p.UpTo
	for s := range h.streams {
		if seen := s.sees(p.Events); len(seen) > 0 {
			s.push(page{events: seen})
		}
	}
}

// resume makes the hub pass events on again to a stream that had fallen behind, from the position that is returned. behind is false
// if the stream had not fallen behind. reset says that its client has to read everything again; otherwise the stream reads the feed
// up to that position.
func (h *hub) resume(s *stream) (at feed.Position, behind, reset bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	behind, reset = s.behind, s.reset
	s.behind, s.reset = false, false
	return h.at, behind, reset
}

// sees returns what a stream may show of events that it reads by itself.
func (h *hub) sees(s *stream, all []feed.Event) []feed.Event {
	h.mu.Lock()
	defer h.mu.Unlock()
	return s.sees(all)
}

// close ends every stream, and accepts no new ones before the feed has been read again.
func (h *hub) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.reading = false
	for s := range h.streams {
		h.cut(s)
	}
}
