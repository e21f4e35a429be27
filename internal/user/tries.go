package user

import "time"

// How many tries to sign in there are with one name, and from one network with any name, within what time (A22).
const (
	MaxTries    = 10
	TriesWithin = 15 * time.Minute
)

// Tries counts the recent tries.
type Tries struct {
	Count int
	Since time.Time // of the first of them
}

// Wait returns how long to wait before the next try; 0 if this one may be made. This one is counted already.
func (t Tries) Wait(now time.Time) time.Duration {
	if t.Count <= MaxTries {
		return 0
	}
	return max(time.Second, t.Since.Add(TriesWithin).Sub(now))
}
