package simulator

import (
	"iter"
	"maps"
	"slices"
	"time"
)

// state is everything a simulator knows. It changes only through apply, so that the journal, read again, gives the same state.
type state struct {
	settings Settings
	ahead    time.Duration // how far the simulator's clock is ahead of the wall's
	lastID   int64
	accounts map[string]*accountState // by AppID
	tokens   map[string]accessToken   // by their text
	faults   []Fault
	pending  map[int64]*delivery // callbacks without a verdict, by id
}

// accountState is an account with everything that belongs to it.
type accountState struct {
	Account
	followers map[string]*followerState // by openid
	attempts  []Attempt
	usage     map[string]usage  // by API path
	media     map[string]Medium // by media id
	tickets   map[string]Ticket // by their text
	receipts  map[receiptKey]receipt
	menu      menu
	health    health
}

// followerState is a customer of one account, with the screen of the phone.
type followerState struct {
	Follower
	screen  []Item
	lastRev int64         // of the screen's last change
	changed chan struct{} // closed, and replaced, whenever something on the screen changes
}

func newState() *state {
	return &state{
		settings: defaultSettings(),
		accounts: map[string]*accountState{},
		tokens:   map[string]accessToken{},
		pending:  map[int64]*delivery{},
	}
}

// change is one line of the journal: facts that become true together. A field that is absent stays as it is.
type change struct {
	Reset    bool           `json:"reset,omitempty"` // forget everything first
	Settings *Settings      `json:"settings,omitempty"`
	Ahead    *time.Duration `json:"ahead,omitempty"` // nanoseconds
	LastID   int64          `json:"last_id,omitempty"`
	Account  *Account       `json:"account,omitempty"`
	Follower *Follower      `json:"follower,omitempty"`
	Shown    []shown        `json:"shown,omitempty"`
	Callback *callback      `json:"callback,omitempty"` // a new one, waiting for its verdict
	Started  *progress      `json:"started,omitempty"`
	Attempt  *Attempt       `json:"attempt,omitempty"`
	Verdict  *progress      `json:"verdict,omitempty"`
	Tokens   []accessToken  `json:"tokens,omitempty"`
	Usage    []usage        `json:"usage,omitempty"`
	Faults   *[]Fault       `json:"faults,omitempty"`
	Media    []Medium       `json:"media,omitempty"`
	Menu     *accountMenu   `json:"menu,omitempty"`
	Ticket   *Ticket        `json:"ticket,omitempty"`
	Receipt  *receipt       `json:"receipt,omitempty"`
	Health   *health        `json:"health,omitempty"`
}

// receiptKey is what a template message is known by.
type receiptKey struct{ openID, clientMsgID string }

// shown is an item with the screen it is on.
type shown struct {
	AppID  string `json:"app_id"`
	OpenID string `json:"openid"`
	Item   Item   `json:"item"`
}

// progress says how far a callback has come.
type progress struct {
	ID      int64   `json:"id"`
	Attempt int     `json:"attempt,omitempty"`
	Verdict Verdict `json:"verdict,omitempty"`
}

func (st *state) apply(c change) {
	if c.Reset {
		st.forget()
	}
	if c.Settings != nil {
		st.settings = *c.Settings
	}
	if c.Ahead != nil {
		st.ahead = *c.Ahead
	}
	st.lastID = max(st.lastID, c.LastID)
	if c.Account != nil {
		st.setAccount(*c.Account)
	}
	if c.Follower != nil {
		st.setFollower(*c.Follower)
	}
	for _, sh := range c.Shown {
		if f, err := st.follower(sh.AppID, sh.OpenID); err == nil {
			f.show(sh.Item)
		}
	}
	if c.Callback != nil {
		st.lastID = max(st.lastID, c.Callback.ID)
		st.pending[c.Callback.ID] = &delivery{callback: *c.Callback, done: make(chan struct{})}
	}
	if c.Started != nil {
		st.start(*c.Started)
	}
	if c.Attempt != nil {
		if a, ok := st.accounts[c.Attempt.AppID]; ok {
			a.attempts = append(a.attempts, *c.Attempt)
		}
	}
	if c.Verdict != nil {
		st.conclude(*c.Verdict)
	}
	for _, t := range c.Tokens {
		st.tokens[t.Value] = t
	}
	for _, u := range c.Usage {
		if a, ok := st.accounts[u.AppID]; ok {
			a.usage[u.API] = u
		}
	}
	if c.Faults != nil {
		st.faults = *c.Faults
	}
	st.applyHoldings(c)
}

// forget empties the state but for the last identifier: a MsgId is never given twice, or the account's server would take a new
// message for a repeat.
func (st *state) forget() {
	for _, d := range st.pending {
		close(d.done)
	}
	for _, a := range st.accounts {
		for _, f := range a.followers {
			close(f.changed)
		}
	}
	last := st.lastID
	*st = *newState()
	st.lastID = last
}

// account and follower find what a request names; what they cannot find is the caller's mistake.
func (st *state) account(appID string) (*accountState, error) {
	a, ok := st.accounts[appID]
	if !ok {
		return nil, notFound("no account %s", appID)
	}
	return a, nil
}

func (st *state) follower(appID, openID string) (*followerState, error) {
	a, err := st.account(appID)
	if err != nil {
		return nil, err
	}
	f, ok := a.followers[openID]
	if !ok {
		return nil, notFound("account %s has no follower %s", appID, openID)
	}
	return f, nil
}

func (st *state) setAccount(a Account) {
	if known, ok := st.accounts[a.AppID]; ok {
		known.Account = a
		return
	}
	st.accounts[a.AppID] = &accountState{
		Account: a, followers: map[string]*followerState{}, usage: map[string]usage{},
		media: map[string]Medium{}, tickets: map[string]Ticket{}, receipts: map[receiptKey]receipt{},
	}
}

func (st *state) setFollower(f Follower) {
	a, ok := st.accounts[f.AppID]
	if !ok {
		return
	}
	if known, ok := a.followers[f.OpenID]; ok {
		known.Follower = f
		known.wake()
		return
	}
	a.followers[f.OpenID] = &followerState{Follower: f, changed: make(chan struct{})}
}

func (st *state) start(p progress) {
	d, ok := st.pending[p.ID]
	if !ok {
		return
	}
	d.Attempts = p.Attempt
	st.mark(d, func(it *Item) { it.Attempts = p.Attempt })
}

func (st *state) conclude(p progress) {
	d, ok := st.pending[p.ID]
	if !ok {
		return
	}
	d.Verdict = p.Verdict
	st.mark(d, func(it *Item) { it.Verdict = p.Verdict })
	delete(st.pending, p.ID)
	close(d.done)
}

// mark changes the item on the customer's screen that a callback carries.
func (st *state) mark(d *delivery, edit func(*Item)) {
	f, err := st.follower(d.AppID, d.OpenID)
	if err != nil || d.N < 1 || d.N > len(f.screen) {
		return
	}
	it := f.screen[d.N-1]
	edit(&it)
	f.show(it)
}

// changes gives the shortest journal that makes this state; accounts come before what belongs to them.
func (st *state) changes(now time.Time) iter.Seq[change] {
	return func(yield func(change) bool) {
		all := []change{{Settings: &st.settings, Ahead: &st.ahead, LastID: st.lastID, Faults: &st.faults}}
		for _, t := range st.tokens {
			if !t.forgotten(now.Add(st.ahead)) {
				all = append(all, change{Tokens: []accessToken{t}})
			}
		}
		for _, appID := range slices.Sorted(maps.Keys(st.accounts)) {
			all = append(all, st.accounts[appID].changes()...)
			all = append(all, st.accounts[appID].holdings(now.Add(st.ahead))...)
		}
		for _, id := range slices.Sorted(maps.Keys(st.pending)) {
			all = append(all, change{Callback: &st.pending[id].callback})
		}
		for _, c := range all {
			if !yield(c) {
				return
			}
		}
	}
}

func (a *accountState) changes() []change {
	all := []change{{Account: &a.Account}}
	for _, f := range a.followers {
		all = append(all, change{Follower: &f.Follower})
		for _, it := range f.screen {
			all = append(all, change{Shown: []shown{{a.AppID, f.OpenID, it}}})
		}
	}
	for i := range a.attempts {
		all = append(all, change{Attempt: &a.attempts[i]})
	}
	for _, u := range a.usage {
		all = append(all, change{Usage: []usage{u}})
	}
	return all
}
