package state

import (
	"cmp"
	"slices"
	"time"
)

// Ticket is a QR code that the account made, and the scene it stands for.
type Ticket struct {
	AppID   string    `json:"app_id"`
	Ticket  string    `json:"ticket"`
	Scene   string    `json:"scene"`
	At      time.Time `json:"at"`               // simulator's clock
	Expires time.Time `json:"expires,omitzero"` // zero for a permanent one
}

// Expired reports whether the QR code is over.
func (t Ticket) Expired(now time.Time) bool { return !t.Expires.IsZero() && !now.Before(t.Expires) }

// LiveTickets returns the QR codes that are not over, the newest first.
func (a *AccountData) LiveTickets(now time.Time) []Ticket {
	var live []Ticket
	for _, t := range a.Tickets {
		if !t.Expired(now) {
			live = append(live, t)
		}
	}
	slices.SortFunc(live, func(a, b Ticket) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.Ticket, b.Ticket))
	})
	return live
}
