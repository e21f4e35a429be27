package state

import "time"

// applyHoldings does the part of apply that an account holds: counted calls, media, menu, QR codes, receipts, its server's health.
func (f *facts) applyHoldings(c Change) {
	for _, u := range c.Usage {
		f.of(u.AppID, func(a *AccountData) { a.Usage[u.API] = u })
	}
	for _, m := range c.Media {
		f.of(m.AppID, func(a *AccountData) { a.Media[m.ID] = m })
	}
	if m := c.Menu; m != nil {
		f.of(m.AppID, func(a *AccountData) { a.Menu = m.Menu })
	}
	if t := c.Ticket; t != nil {
		f.of(t.AppID, func(a *AccountData) { a.Tickets[t.Ticket] = *t })
	}
	if r := c.Receipt; r != nil {
		f.of(r.AppID, func(a *AccountData) { a.receipts[receiptKey{r.OpenID, r.ClientMsgID}] = *r })
	}
	if h := c.Health; h != nil {
		f.of(h.AppID, func(a *AccountData) { a.Health = *h })
	}
}

// Receipt remembers a template message by what its sender calls it.
type Receipt struct {
	AppID       string    `json:"app_id"`
	OpenID      string    `json:"openid"`
	ClientMsgID string    `json:"client_msg_id"`
	MsgID       int64     `json:"msg_id"`
	At          time.Time `json:"at"` // simulator's clock
}

// receiptLifetime is how long the same client_msg_id for the same customer is the same message (wechat-protocol 7.5).
const receiptLifetime = 10 * time.Minute

func (r Receipt) expired(now time.Time) bool { return now.Sub(r.At) >= receiptLifetime }

// receiptKey is what a template message is known by.
type receiptKey struct{ openID, clientMsgID string }

// Receipt finds the template message that was sent to a customer under a client_msg_id, while that is remembered.
func (a *AccountData) Receipt(openID, clientMsgID string, now time.Time) (Receipt, bool) {
	r, ok := a.receipts[receiptKey{openID, clientMsgID}]
	return r, ok && !r.expired(now)
}
