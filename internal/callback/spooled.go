package callback

import "time"

// Spooled is a callback that waits in the spool, because it could not be handed to its conversation in time.
type Spooled struct {
	ID int64 // in the order of which a conversation's callbacks are handed on
	Received
}

// SpoolClaim is how long a process has a conversation's spooled callbacks for itself. If it takes longer, another process hands over
// some of them too, in the same order, and a repeat changes nothing.
const SpoolClaim = 3 * time.Second
