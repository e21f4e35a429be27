package feed

import (
	"cmp"
	"time"
)

// Position is a place in the order of the event feed.
type Position struct {
	Generation int64  // raised after a restore: positions of another generation lead nowhere
	XID        uint64 // of the transaction that wrote the event
	ID         int64
	At         time.Time // when everything up to here had been written
}

// Compare orders positions of one generation.
func (p Position) Compare(q Position) int {
	return cmp.Or(cmp.Compare(p.XID, q.XID), cmp.Compare(p.ID, q.ID))
}
