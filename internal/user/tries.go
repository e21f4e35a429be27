package user

import "time"

// How often it may be tried to sign in with one name, and from one network, whatever the name (A22).
const (
	MaxTries    = 10
	TriesWithin = 15 * time.Minute
)

// Tries counts the recent tries.
type Tries struct {
	Count int
	Since time.Time // of the first of them
}

// Wait returns how long nobody may try; 0 if this try, which is counted already, may be made.
func (t Tries) Wait(now time.Time) time.Duration {
	if t.Count <= MaxTries {
		return 0
	}
	return max(time.Second, t.Since.Add(TriesWithin).Sub(now))
}
