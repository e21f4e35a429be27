package desk

import (
	"fmt"
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/feed"
)

// eventID is a position as a cursor: generation, transaction, number and time, proved to be ours.
func (d *Desk) eventID(t conversation.Tenant, p feed.Position) string {
	return d.cursors.After(fmt.Sprintf("%d-%d-%d-%d", p.Generation, p.XID, p.ID, p.At.Unix()), "events", string(t))
}

func (d *Desk) readEventID(t conversation.Tenant, cursor string) (p feed.Position, ok bool) {
	position, err := d.cursors.Position(cursor, "events", string(t))
	if err != nil {
		return p, false
	}
	var at int64
	_, err = fmt.Sscanf(position, "%d-%d-%d-%d", &p.Generation, &p.XID, &p.ID, &at)
	p.At = time.Unix(at, 0)
	return p, err == nil
}
