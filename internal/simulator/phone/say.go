package phone

import (
	"wxdesk/internal/simulator/delivery"
	"wxdesk/internal/simulator/state"
)

// Phones are the phones of all customers. Their methods may be called from any goroutine.
type Phones struct {
	store   *state.Store
	courier *delivery.Courier
}

// New makes the phones of a store's customers. The courier tells accounts what they do.
func New(store *state.Store, courier *delivery.Courier) *Phones {
	return &Phones{store: store, courier: courier}
}

// Say lets a customer do something and returns the callback that tells of it, at once. Of a tap that messages follow, it is the tap's.
// base is the simulator's address. It fails with a Mistake if the customer cannot do that.
func (p *Phones) Say(appID, openID string, in Act, base string) (*state.Pending, error) {
	if _, err := in.compose(); err != nil && in.Ticket == "" {
		return nil, err
	}
	p.store.Lock()
	defer p.store.Unlock()
	a, f, err := p.find(appID, openID)
	if err != nil {
		return nil, err
	}
	if in, err = in.scanned(a, p.store.Now()); err != nil {
		return nil, err
	}
	return p.say(a, f, in, base)
}

// find returns a customer who can do something: the account must be told of it.
func (p *Phones) find(appID, openID string) (*state.AccountData, *state.FollowerData, error) {
	a, err := p.store.Account(appID)
	if err != nil {
		return nil, nil, err
	}
	f, err := p.store.Follower(appID, openID)
	if err != nil {
		return nil, nil, err
	}
	if a.CallbackURL == "" {
		return nil, nil, state.Conflictf("the account has no callback_url: nothing would be told")
	}
	return a, f, nil
}

// say lets a customer do what those who do not follow can do as well, and else wants them to follow. The caller holds the store's lock.
func (p *Phones) say(a *state.AccountData, f *state.FollowerData, in Act, base string) (*state.Pending, error) {
	switch {
	case !f.Subscribed && in.Kind == "scan":
		return p.courier.Act(a, f.Follower.Follow(p.store.Wall(), in.Scene), followed(in.Scene, in.Ticket))
	case !f.Subscribed && in.XML == "":
		return nil, state.Conflictf("this customer does not follow")
	}
	return p.act(a, f, in, base)
}

// act does what a customer does, with the messages that come after it. The caller holds the store's lock.
func (p *Phones) act(a *state.AccountData, f *state.FollowerData, in Act, base string) (*state.Pending, error) {
	in, made := in.withMedia(a, base, p.store.Now())
	content, err := in.compose()
	if err != nil {
		return nil, err
	}
	if len(made) > 0 {
		if err := p.store.Commit(state.Change{Media: made}); err != nil {
			return nil, err
		}
	}
	told, err := p.courier.Act(a, f.Follower, content)
	if err != nil {
		return nil, err
	}
	for _, next := range in.followUps() {
		if _, err := p.act(a, f, next, base); err != nil {
			return nil, err
		}
	}
	return told, nil
}
