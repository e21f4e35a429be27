package phone

import (
	"cmp"

	"wxdesk/internal/simulator/delivery"
	"wxdesk/internal/simulator/envelope"
	"wxdesk/internal/simulator/random"
	"wxdesk/internal/simulator/state"
)

// Following is a customer who is to follow an account, as the control API spells it.
type Following struct {
	OpenID string `json:"openid"` // empty: one is made up
	Name   string `json:"name"`
	Scene  string `json:"scene"` // of a QR code, or empty
	Quiet  bool   `json:"quiet"` // the account is not told and no reply window opens, as for somebody who has followed for long
}

// Follow makes a customer follow: a new one, or one that had left. Who follows already only gets the new name.
func (p *Phones) Follow(appID string, in Following) (state.Follower, error) {
	in.OpenID = cmp.Or(in.OpenID, "o"+random.Text(27, random.URLSafe))
	if !state.IsOpenID(in.OpenID) {
		return state.Follower{}, state.Invalidf("openid is 1 to 64 letters, digits, - or _")
	}
	p.store.Lock()
	defer p.store.Unlock()
	a, err := p.store.Account(appID)
	if err != nil {
		return state.Follower{}, err
	}
	f := state.Follower{AppID: a.AppID, OpenID: in.OpenID, Since: p.store.Wall()}
	if known, ok := a.Followers[in.OpenID]; ok {
		f = known.Follower
	}
	f.Name = cmp.Or(in.Name, f.Name)
	if err := p.follow(a, f, in); err != nil {
		return state.Follower{}, err
	}
	return a.Followers[f.OpenID].Follower, nil
}

// follow commits a customer who follows, and tells the account of one who did not before. The caller holds the store's lock.
func (p *Phones) follow(a *state.AccountData, f state.Follower, in Following) error {
	if f.Subscribed {
		return p.store.Commit(state.Change{Follower: &f})
	}
	f = f.Follow(p.store.Wall(), in.Scene)
	if in.Quiet {
		return p.store.Commit(state.Change{Follower: &f})
	}
	_, err := p.courier.Act(a, f, followed(in.Scene, ""))
	return err
}

// Unfollow lets a customer leave; the screen stays.
func (p *Phones) Unfollow(appID, openID string) (state.Follower, error) {
	p.store.Lock()
	defer p.store.Unlock()
	a, err := p.store.Account(appID)
	if err != nil {
		return state.Follower{}, err
	}
	f, err := p.store.Follower(appID, openID)
	if err != nil {
		return state.Follower{}, err
	}
	if !f.Subscribed {
		return state.Follower{}, state.Conflictf("this customer does not follow")
	}
	_, err = p.courier.Act(a, f.Follower.Unfollow(), delivery.Event("unsubscribe", "", envelope.CDATA("EventKey", "")))
	return f.Follower, err
}

// followed is what the account is told of a customer who follows, by the QR code of a scene or without one.
func followed(scene, ticket string) delivery.Content {
	c := delivery.Event("subscribe", scene, envelope.CDATA("EventKey", ""))
	if scene != "" {
		c = delivery.Event("subscribe", scene, envelope.CDATA("EventKey", "qrscene_"+scene), sceneTicket(scene, ticket))
	}
	return c.Opening(state.TriggerFollow)
}
