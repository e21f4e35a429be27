package events

import (
	"fmt"
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/feed"
)

// cursorAt is a position as a cursor: generation, transaction, number and time, proved to be ours.
func (e *Events) cursorAt(t conversation.Tenant, p feed.Position) string {
	return e.cfg.Cursors.After(fmt.Sprintf("%d-%d-%d-%d", p.Generation, p.XID, p.ID, p.At.Unix()), "events", string(t))
}

func (e *Events) readCursor(t conversation.Tenant, cursor string) (p feed.Position, ok bool) {
	position, err := e.cfg.Cursors.Position(cursor, "events", string(t))
	if err != nil {
		return p, false
	}
	var at int64
	_, err = fmt.Sscanf(position, "%d-%d-%d-%d", &p.Generation, &p.XID, &p.ID, &at)
	p.At = time.Unix(at, 0)
	return p, err == nil
}
