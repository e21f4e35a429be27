package phone

import (
	"cmp"
	"time"

	"wxdesk/internal/simulator/delivery"
	"wxdesk/internal/simulator/envelope"
	"wxdesk/internal/simulator/state"
)

func (a Act) composeScan() (delivery.Content, error) {
	if a.Scene == "" {
		return delivery.Content{}, state.Invalidf("a scan needs a scene or a ticket")
	}
	return delivery.Event("SCAN", a.Scene, envelope.CDATA("EventKey", a.Scene), sceneTicket(a.Scene, a.Ticket)).Opening(state.TriggerScan), nil
}

// sceneTicket is the ticket of a scene; without one it has a made-up one.
func sceneTicket(scene, ticket string) envelope.Element {
	return envelope.CDATA("Ticket", cmp.Or(ticket, "simulated-ticket-"+scene))
}

// scanned finds what a scan means: the scene of the account's ticket. A scene without a ticket is taken as it is.
func (a Act) scanned(account *state.AccountData, now time.Time) (Act, error) {
	if a.Kind != "scan" || a.Ticket == "" {
		return a, nil
	}
	t, ok := account.Tickets[a.Ticket]
	if !ok {
		return a, state.NotFoundf("account %s has no such QR code", account.AppID)
	}
	if t.Expired(now) {
		return a, state.Conflictf("this QR code has expired")
	}
	a.Scene = t.Scene
	return a, nil
}
