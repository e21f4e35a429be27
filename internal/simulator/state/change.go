package state

import "time"

// Change is one line of the journal: facts that become true together. A field that is absent stays as it is.
type Change struct {
	Reset    bool           `json:"reset,omitempty"` // forget everything first
	Settings *Settings      `json:"settings,omitempty"`
	Ahead    *time.Duration `json:"ahead,omitempty"` // nanoseconds
	LastID   int64          `json:"last_id,omitempty"`
	Account  *Account       `json:"account,omitempty"`
	Follower *Follower      `json:"follower,omitempty"`
	Shown    []Shown        `json:"shown,omitempty"`
	Callback *Callback      `json:"callback,omitempty"` // a new one, waiting for its verdict
	Started  *Progress      `json:"started,omitempty"`
	Attempt  *Attempt       `json:"attempt,omitempty"`
	Verdict  *Progress      `json:"verdict,omitempty"`
	Tokens   []AccessToken  `json:"tokens,omitempty"`
	Usage    []Usage        `json:"usage,omitempty"`
	Faults   *[]Fault       `json:"faults,omitempty"`
	Media    []Medium       `json:"media,omitempty"`
	Menu     *AccountMenu   `json:"menu,omitempty"`
	Ticket   *Ticket        `json:"ticket,omitempty"`
	Receipt  *Receipt       `json:"receipt,omitempty"`
	Health   *Health        `json:"health,omitempty"`
}

// Shown is an item with the screen it is on.
type Shown struct {
	AppID  string `json:"app_id"`
	OpenID string `json:"openid"`
	Item   Item   `json:"item"`
}

// Progress says how far a callback has come.
type Progress struct {
	ID      int64   `json:"id"`
	Attempt int     `json:"attempt,omitempty"`
	Verdict Verdict `json:"verdict,omitempty"`
}

// apply makes the change in memory. What belongs together comes first: an account before its customers, a customer before the screen.
func (f *facts) apply(c Change) {
	if c.Reset {
		f.forget()
	}
	f.applyPlatform(c)
	f.applyCustomer(c)
	f.applyCallback(c)
	f.applyHoldings(c)
}

// applyPlatform does the part of apply that belongs to no account: settings, clock, tokens, faults.
func (f *facts) applyPlatform(c Change) {
	if c.Settings != nil {
		f.settings = *c.Settings
	}
	if c.Ahead != nil {
		f.ahead = *c.Ahead
	}
	f.lastID = max(f.lastID, c.LastID)
	for _, t := range c.Tokens {
		f.tokens[t.Value] = t
	}
	if c.Faults != nil {
		f.faults = *c.Faults
	}
}

// applyCustomer does the part of apply that customers see: accounts, customers, items on screens.
func (f *facts) applyCustomer(c Change) {
	if c.Account != nil {
		f.setAccount(*c.Account)
	}
	if c.Follower != nil {
		f.setFollower(*c.Follower)
	}
	for _, shown := range c.Shown {
		if follower, err := f.follower(shown.AppID, shown.OpenID); err == nil {
			follower.show(shown.Item)
		}
	}
}

// applyCallback does the part of apply that is about callbacks: new ones, their attempts, their verdicts.
func (f *facts) applyCallback(c Change) {
	if c.Callback != nil {
		f.addCallback(*c.Callback)
	}
	if c.Started != nil {
		f.startAttempt(*c.Started)
	}
	if c.Attempt != nil {
		f.of(c.Attempt.AppID, func(a *AccountData) { a.Attempts = append(a.Attempts, *c.Attempt) })
	}
	if c.Verdict != nil {
		f.conclude(*c.Verdict)
	}
}

// of calls set with an account's data, if there is such an account.
func (f *facts) of(appID string, set func(*AccountData)) {
	if a, ok := f.accounts[appID]; ok {
		set(a)
	}
}
