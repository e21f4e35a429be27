package rules

import (
	"fmt"

	"wxdesk/internal/routing"
)

// maxValues is how many values the facts of a trial may hold, at all levels together.
const maxValues = 1000

// CheckFacts says in a sentence why facts that a person made up are too large to be judged: costs are estimated for texts of
// maxText bytes, and for lists and maps of maxEntries. It says "" if they are not.
func CheckFacts(facts routing.Facts) string {
	s := &factSize{}
	s.add(map[string]any(facts))
	return s.reason
}

// factSize counts what facts hold, until there is too much of something.
type factSize struct {
	values int
	reason string
}

func (s *factSize) add(value any) {
	if s.values++; s.values > maxValues {
		s.refuse("expected at most %d values in all", maxValues)
	}
	if s.reason != "" {
		return
	}
	switch v := value.(type) {
	case string:
		s.text(v)
	case []any:
		if s.entries(len(v)) {
			for _, entry := range v {
				s.add(entry)
			}
		}
	case map[string]any:
		if s.entries(len(v)) {
			for name, entry := range v {
				s.text(name)
				s.add(entry)
			}
		}
	}
}

func (s *factSize) text(text string) {
	if len(text) > maxText {
		s.refuse("expected texts of at most %d bytes", maxText)
	}
}

func (s *factSize) entries(n int) (few bool) {
	if n > maxEntries {
		s.refuse("expected lists and maps of at most %d entries", maxEntries)
	}
	return n <= maxEntries
}

func (s *factSize) refuse(reason string, limit int) {
	if s.reason == "" {
		s.reason = fmt.Sprintf(reason, limit)
	}
}
