package routing

import (
	"maps"
	"slices"
	"strings"

	"wxdesk/internal/conversation"
)

// Targets are the queues that an overflow transfers to, each once, sorted.
func (o Overflow) Targets() []conversation.QueueID {
	to := map[conversation.QueueID]bool{}
	for _, a := range o.actions() {
		if a.Do == OverflowTransfer {
			to[a.QueueID] = true
		}
	}
	return slices.Sorted(maps.Keys(to))
}

// Circle finds queues that overflow into each other in a circle, on the way from one of them (L06). It returns them in their order,
// the first again at the end; nil if there is no circle.
func Circle(from conversation.QueueID, overflows map[conversation.QueueID]Overflow) []conversation.QueueID {
	s := circleSearch{overflows, map[conversation.QueueID]bool{}}
	return s.from(from, nil)
}

type circleSearch struct {
	overflows map[conversation.QueueID]Overflow
	ends      map[conversation.QueueID]bool // every way from here does
}

func (s circleSearch) from(at conversation.QueueID, way []conversation.QueueID) []conversation.QueueID {
	if i := slices.Index(way, at); i >= 0 {
		return append(slices.Clone(way[i:]), at)
	}
	if s.ends[at] {
		return nil
	}
	for _, next := range s.overflows[at].Targets() {
		if circle := s.from(next, append(way, at)); circle != nil {
			return circle
		}
	}
	s.ends[at] = true
	return nil
}

// CircleError says that queues would overflow into each other in a circle.
type CircleError struct {
	Names []string // of the queues, in their order; the first again at the end
}

// Error implements error.
func (e *CircleError) Error() string { return "routing: overflow " + e.Way() }

// Way says which way the circle goes, for people.
func (e *CircleError) Way() string {
	return "leads round in a circle: " + strings.Join(e.Names, " → ")
}
