package state

import "time"

// facts are everything a simulator knows. They change only through apply, so that the journal, read again, gives the same facts.
type facts struct {
	settings Settings
	ahead    time.Duration // how far the simulator's clock is ahead of the wall's
	lastID   int64
	accounts map[string]*AccountData // by AppID
	tokens   map[string]AccessToken  // by their text
	faults   []Fault
	pending  map[int64]*Pending // callbacks without a verdict, by id
}

// AccountData is an account with everything that belongs to it.
type AccountData struct {
	Account
	Followers map[string]*FollowerData // by openid
	Attempts  []Attempt
	Usage     map[string]Usage  // by API path
	Media     map[string]Medium // by media id
	Tickets   map[string]Ticket // by their text
	receipts  map[receiptKey]Receipt
	Menu      Menu
	Health    Health
}

func newFacts() *facts {
	return &facts{
		settings: defaultSettings(),
		accounts: map[string]*AccountData{},
		tokens:   map[string]AccessToken{},
		pending:  map[int64]*Pending{},
	}
}

// forget empties the facts except the last identifier: a MsgId is never given twice, or the account's server would take a new
// message for a repeat.
func (f *facts) forget() {
	for _, p := range f.pending {
		close(p.done)
	}
	for _, a := range f.accounts {
		for _, follower := range a.Followers {
			close(follower.changed)
		}
	}
	last := f.lastID
	*f = *newFacts()
	f.lastID = last
}

// account and follower find what a request names; what they cannot find is the caller's mistake.
func (f *facts) account(appID string) (*AccountData, error) {
	a, ok := f.accounts[appID]
	if !ok {
		return nil, NotFoundf("no account %s", appID)
	}
	return a, nil
}

func (f *facts) follower(appID, openID string) (*FollowerData, error) {
	a, err := f.account(appID)
	if err != nil {
		return nil, err
	}
	follower, ok := a.Followers[openID]
	if !ok {
		return nil, NotFoundf("account %s has no follower %s", appID, openID)
	}
	return follower, nil
}

func (f *facts) setAccount(a Account) {
	if known, ok := f.accounts[a.AppID]; ok {
		known.Account = a
		return
	}
	f.accounts[a.AppID] = &AccountData{
		Account: a, Followers: map[string]*FollowerData{}, Usage: map[string]Usage{},
		Media: map[string]Medium{}, Tickets: map[string]Ticket{}, receipts: map[receiptKey]Receipt{},
	}
}

func (f *facts) setFollower(follower Follower) {
	a, ok := f.accounts[follower.AppID]
	if !ok {
		return
	}
	if known, ok := a.Followers[follower.OpenID]; ok {
		known.Follower = follower
		known.notifyWatchers()
		return
	}
	a.Followers[follower.OpenID] = newFollowerData(follower)
}
