package lifecycle

import (
	"time"

	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// accept accepts the offer, if the offer is still open. Of two people who answer at once, one comes too late.
func (d *decision) accept() command.Refusal {
	if refused := d.offer(); refused != "" {
		return refused
	}
	a := *d.Live
	a.State, a.AcceptedAt, a.ShowBy = Accepted, d.now, time.Time{}
	d.Live, d.change.Live = &a, &a
	d.concerned[a.Agent], d.turned[a.Agent] = true, true
	d.begin(a.Agent)
	d.step(Step{What: StepAccepted})
	return ""
}

// reject declines the offer: the next agent is asked.
func (d *decision) reject() command.Refusal {
	if refused := d.offer(); refused != "" {
		return refused
	}
	if d.Workstream.RejectDND {
		d.setPresence(d.me.ID, routing.DND, true)
	}
	d.decline(Rejected)
	return ""
}

// seen notes that the agent's desk shows the offer: now the agent has until its deadline. A repeat changes nothing.
func (d *decision) seen() command.Refusal {
	if refused := d.offer(); refused != "" || d.Live.ShowBy.IsZero() {
		return refused
	}
	a := *d.Live
	a.ShowBy = time.Time{}
	d.Live, d.change.Live = &a, &a
	return ""
}

// offer says why there is no offer to answer; "" if there is.
func (d *decision) offer() command.Refusal {
	switch {
	case d.me == nil:
		return command.RefusedNotAllowed
	case d.Live == nil, d.Live.State != Offered, d.Live.Agent != d.me.ID, d.want.Assignment != "" && d.want.Assignment != d.Live.ID:
		return command.RefusedOfferOver
	}
	return ""
}

// pick takes a waiting conversation without an offer.
func (d *decision) pick() command.Refusal {
	switch {
	case d.me == nil:
		return command.RefusedNotAllowed
	case d.Holder == conversation.HolderBot, d.Holder == conversation.HolderQueue && d.Item == nil:
		return command.RefusedState
	case d.State != conversation.StateOpen, d.Item == nil:
		return command.RefusedOfferOver
	case d.Item.Mode != routing.Pick && !d.Workstream.PickFromPush:
		return command.RefusedState
	case !d.Member:
		return command.RefusedNotYours
	}
	if refused := d.takes(*d.me); refused != "" {
		return refused
	}
	d.assign(d.me.ID, ByPick, Accepted)
	d.begin(d.me.ID)
	d.step(Step{What: StepPicked})
	return ""
}
