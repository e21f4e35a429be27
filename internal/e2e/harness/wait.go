package harness

import (
	"time"
)

// WaitFor waits until holds returns true, and fails the test where that takes too long. The fact names what is waited for.
func (s *System) WaitFor(atMost time.Duration, fact string, holds func() bool) {
	s.T.Helper()
	s.PollEvery(20*time.Millisecond, atMost, fact, holds)
}

// PollEvery is WaitFor for a fact that costs more to look at: it asks less often.
func (s *System) PollEvery(every, atMost time.Duration, fact string, holds func() bool) {
	s.T.Helper()
	poll := time.NewTicker(every)
	defer poll.Stop()
	for deadline := time.Now().Add(atMost); !holds(); <-poll.C {
		if time.Now().After(deadline) {
			s.T.Fatalf("not within %s: %s\n%s", atMost, fact, s.Out)
		}
	}
}
