package simulator

import "time"

// applyHoldings does the part of apply that an account holds: media, menu, QR codes, receipts, its server's health.
func (st *state) applyHoldings(c change) {
	for _, m := range c.Media {
		if a, ok := st.accounts[m.AppID]; ok {
			a.media[m.ID] = m
		}
	}
	if m := c.Menu; m != nil {
		if a, ok := st.accounts[m.AppID]; ok {
			a.menu = m.Menu
		}
	}
	if t := c.Ticket; t != nil {
		if a, ok := st.accounts[t.AppID]; ok {
			a.tickets[t.Ticket] = *t
		}
	}
	if r := c.Receipt; r != nil {
		if a, ok := st.accounts[r.AppID]; ok {
			a.receipts[receiptKey{r.OpenID, r.ClientMsgID}] = *r
		}
	}
	if h := c.Health; h != nil {
		if a, ok := st.accounts[h.AppID]; ok {
			a.health = *h
		}
	}
}

// holdings are the changes of applyHoldings, without what is over: media that nobody can fetch any more are left out.
func (a *accountState) holdings(now time.Time) []change {
	all := []change{{Menu: &accountMenu{a.AppID, a.menu}}, {Health: &a.health}}
	for _, m := range a.media {
		if now.Sub(m.At) < mediaLives {
			all = append(all, change{Media: []Medium{m}})
		}
	}
	for _, t := range a.tickets {
		if !t.over(now) {
			all = append(all, change{Ticket: &t})
		}
	}
	for _, r := range a.receipts {
		if now.Sub(r.At) < receiptLives {
			all = append(all, change{Receipt: &r})
		}
	}
	return all
}
