package state

import "time"

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
	Windows    map[Trigger]Window `json:"buckets,omitempty"`
	Typing     time.Time          `json:"typing,omitzero"`    // until when the account is "typing"; simulator's clock
	LastAct    time.Time          `json:"last_act,omitzero"`  // the customer's last interaction; simulator's clock
	LastTold   time.Time          `json:"last_told,omitzero"` // the CreateTime of the customer's last callback; wall clock
}

// Unfollow returns the customer after leaving. It ends every window: who does not follow cannot be written to.
func (f Follower) Unfollow() Follower {
	f.Subscribed, f.Windows, f.Typing = false, nil, time.Time{}
	return f
}

// Follow returns the customer after following, by the QR code of a scene or without one.
func (f Follower) Follow(now time.Time, scene string) Follower {
	f.Subscribed, f.Since, f.Scene = true, now, scene
	return f
}

// FollowerData is a customer of one account, with the screen of the phone.
type FollowerData struct {
	Follower
	Screen  []Item
	LastRev int64         // of the screen's last change
	changed chan struct{} // closed, and replaced, whenever something on the screen changes
}

func newFollowerData(f Follower) *FollowerData {
	return &FollowerData{Follower: f, changed: make(chan struct{})}
}

// Changed returns what is closed when something on the screen changes, or when the store is emptied.
func (f *FollowerData) Changed() <-chan struct{} { return f.changed }

// Next places an item at the end of the screen, for a change that shows it.
func (f *FollowerData) Next(it Item) Shown {
	it.N = len(f.Screen) + 1
	return Shown{f.AppID, f.OpenID, it}
}

// show puts an item at its place, the end or the one it already has, and notifies who watches the screen.
func (f *FollowerData) show(it Item) {
	f.LastRev++
	it.Rev = f.LastRev
	if it.N <= len(f.Screen) {
		f.Screen[it.N-1] = it
	} else {
		f.Screen = append(f.Screen, it)
	}
	f.notifyWatchers()
}

func (f *FollowerData) notifyWatchers() {
	close(f.changed)
	f.changed = make(chan struct{})
}

// ItemsAfter returns the items behind position n.
func (f *FollowerData) ItemsAfter(n int) []Item {
	n = min(max(n, 0), len(f.Screen))
	return append([]Item{}, f.Screen[n:]...)
}

// ItemsChangedSince returns the items that are new or changed since a revision. For a revision that an earlier process gave it
// returns all.
func (f *FollowerData) ItemsChangedSince(rev int64) []Item {
	items := []Item{}
	for _, it := range f.Screen {
		if it.Rev > rev || rev > f.LastRev {
			items = append(items, it)
		}
	}
	return items
}
