package events

import (
	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/feed"
)

// stream is an event stream as the hub sees it.
type stream struct {
	bearer  access.Principal
	viewer  access.Viewer
	scope   scope
	pages   chan page // closed when the stream is cut off; its client has to read everything again
	revoked bool      // the API token counts no more; written before pages is closed

	// Under the hub's lock:
	queues map[conversation.QueueID]bool
	behind bool // something was not passed on
	reset  bool // what was not passed on includes that the client has to read everything again
}

// page is what a stream shows of one page of the feed, or that its client has to read everything again.
type page struct {
	events []feed.Event
	reset  bool
}

// sees returns what a stream may show of some events, under the hub's lock.
func (s *stream) sees(all []feed.Event) (seen []feed.Event) {
	for _, t := range all {
		if t.For(s.viewer, s.queues) && s.scope.shows(t) {
			seen = append(seen, t)
		}
	}
	return seen
}

// push passes a page on to the stream, under the hub's lock. If the stream has not taken the pages before, it falls behind.
func (s *stream) push(p page) {
	if !s.behind {
		select {
		case s.pages <- p:
			return
		default:
			s.behind = true
		}
	}
	s.reset = s.reset || p.reset
}
