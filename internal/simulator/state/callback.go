package state

import "time"

// Callback is something the account's server must be told: what the customer did, in WeChat's words.
type Callback struct {
	ID       int64     `json:"id"` // the MsgId; an event has one for itself, which it does not say
	AppID    string    `json:"app_id"`
	OpenID   string    `json:"openid"`
	Kind     string    `json:"kind"`
	Document string    `json:"document"` // the same for all attempts, CreateTime included
	N        int       `json:"n"`        // its item on the customer's screen
	Message  bool      `json:"message"`  // not an event
	Passive  bool      `json:"passive"`  // an answer with content is shown
	Attempts int       `json:"attempts"` // begun so far
	At       time.Time `json:"at"`       // wall clock
	Nonce    string    `json:"nonce"`    // of the first request
}

// Pending is a callback without a verdict.
type Pending struct {
	Callback
	Verdict Verdict       // empty until Done is closed, and after a reset
	done    chan struct{} // closed with the verdict
}

// Done returns what is closed when the callback has its verdict, or when the store is emptied.
func (p *Pending) Done() <-chan struct{} { return p.done }

func (f *facts) addCallback(c Callback) {
	f.lastID = max(f.lastID, c.ID)
	f.pending[c.ID] = &Pending{Callback: c, done: make(chan struct{})}
}

func (f *facts) startAttempt(p Progress) {
	pending, ok := f.pending[p.ID]
	if !ok {
		return
	}
	pending.Attempts = p.Attempt
	f.markItem(pending, func(it *Item) { it.Attempts = p.Attempt })
}

func (f *facts) conclude(p Progress) {
	pending, ok := f.pending[p.ID]
	if !ok {
		return
	}
	pending.Verdict = p.Verdict
	f.markItem(pending, func(it *Item) { it.Verdict = p.Verdict })
	delete(f.pending, p.ID)
	close(pending.done)
}

// markItem changes the item on the customer's screen that a callback carries.
func (f *facts) markItem(p *Pending, edit func(*Item)) {
	follower, err := f.follower(p.AppID, p.OpenID)
	if err != nil || p.N < 1 || p.N > len(follower.Screen) {
		return
	}
	it := follower.Screen[p.N-1]
	edit(&it)
	follower.show(it)
}
