package callback

import "time"

// Spooled is a callback that waits in the spool, because it could not be handed to its conversation in time.
type Spooled struct {
	ID int64 // in the order of which a conversation's callbacks are handed on
	Received
}

// SpoolClaim is how long a process that hands a conversation's spooled callbacks on has them for itself. One that takes longer
// hands some on that another does too, in the same order, and a repeat changes nothing.
const SpoolClaim = 3 * time.Second
