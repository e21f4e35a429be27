package simulator

import (
	"maps"
	"time"
)

// Follower is a customer of one account. An openid belongs to one account only.
type Follower struct {
	AppID      string             `json:"app_id"`
	OpenID     string             `json:"openid"`
	Name       string             `json:"name"` // for the phone; WeChat no longer tells it to accounts
	Subscribed bool               `json:"subscribed"`
	Blocked    bool               `json:"blocked"` // on the account's blacklist
	Muted      bool               `json:"muted"`   // takes no template messages
	Since      time.Time          `json:"since"`   // wall clock
	Scene      string             `json:"scene"`   // of the QR code followed by, or empty
	Buckets    map[trigger]bucket `json:"buckets,omitempty"`
	Typing     time.Time          `json:"typing,omitzero"`    // until when the account is "typing"; simulator's clock
	LastAct    time.Time          `json:"last_act,omitzero"`  // the customer's last interaction; simulator's clock
	LastTold   time.Time          `json:"last_told,omitzero"` // the CreateTime of the customer's last callback; wall clock
}

// trigger is what a customer did that lets the account write (wechat-protocol 5.2).
type trigger string

const (
	triggerMessage trigger = "message"
	triggerTap     trigger = "tap"
	triggerFollow  trigger = "follow"
	triggerScan    trigger = "scan"
)

// bucket is how many custom messages one trigger still allows, and until when by the simulator's clock.
type bucket struct {
	Left  int       `json:"left"`
	Until time.Time `json:"until"`
}

// acted notes an interaction and, where it is a trigger, puts a full bucket in the place of that kind's old one.
func (f Follower) acted(t trigger, s Settings, now time.Time) Follower {
	f.LastAct = now
	if t == "" {
		return f
	}
	f.Buckets = maps.Clone(f.Buckets)
	if f.Buckets == nil {
		f.Buckets = map[trigger]bucket{}
	}
	if t == triggerMessage {
		f.Buckets[t] = bucket{s.WindowMessages, now.Add(time.Duration(s.Window))}
	} else {
		f.Buckets[t] = bucket{s.TapMessages, now.Add(time.Duration(s.TapWindow))}
	}
	return f
}

// spend takes one message from the open bucket that ends first and is not empty. It is refused with 45015 where no bucket is
// open and with 45047 where all that are open are empty.
func (f Follower) spend(now time.Time) (Follower, *refusal) {
	open, first := false, trigger("")
	for t, b := range f.Buckets {
		if !now.Before(b.Until) {
			continue
		}
		open = true
		if b.Left > 0 && (first == "" || b.Until.Before(f.Buckets[first].Until)) {
			first = t
		}
	}
	if !open || !f.Subscribed {
		return f, refuse(codeOutOfWindow)
	}
	if first == "" {
		return f, refuse(codeOutOfCount)
	}
	f.Buckets = maps.Clone(f.Buckets)
	f.Buckets[first] = bucket{f.Buckets[first].Left - 1, f.Buckets[first].Until}
	return f, nil
}

// unfollowed ends every window: who does not follow cannot be written to.
func (f Follower) unfollowed() Follower {
	f.Subscribed, f.Buckets, f.Typing = false, nil, time.Time{}
	return f
}

// followedAt is the customer after following, by the QR code of a scene or without one.
func (f Follower) followedAt(now time.Time, scene string) Follower {
	f.Subscribed, f.Since, f.Scene = true, now, scene
	return f
}
