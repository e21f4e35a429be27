package state

import (
	"iter"
	"maps"
	"slices"
	"time"
)

// changes returns the shortest journal that makes these facts; accounts come before what belongs to them.
func (f *facts) changes(wall time.Time) iter.Seq[Change] {
	now := wall.Add(f.ahead)
	all := []Change{{Settings: &f.settings, Ahead: &f.ahead, LastID: f.lastID, Faults: &f.faults}}
	for _, t := range f.tokens {
		if !t.forgotten(now) {
			all = append(all, Change{Tokens: []AccessToken{t}})
		}
	}
	for _, appID := range slices.Sorted(maps.Keys(f.accounts)) {
		all = append(all, f.accounts[appID].changes()...)
		all = append(all, f.accounts[appID].holdings(now)...)
	}
	for _, id := range slices.Sorted(maps.Keys(f.pending)) {
		all = append(all, Change{Callback: &f.pending[id].Callback})
	}
	return slices.Values(all)
}

func (a *AccountData) changes() []Change {
	all := []Change{{Account: &a.Account}}
	for _, f := range a.Followers {
		all = append(all, Change{Follower: &f.Follower})
		for _, it := range f.Screen {
			all = append(all, Change{Shown: []Shown{{a.AppID, f.OpenID, it}}})
		}
	}
	for i := range a.Attempts {
		all = append(all, Change{Attempt: &a.Attempts[i]})
	}
	for _, u := range a.Usage {
		all = append(all, Change{Usage: []Usage{u}})
	}
	return all
}

// holdings are the changes of applyHoldings, without what is over: media that nobody can fetch any more are left out.
func (a *AccountData) holdings(now time.Time) []Change {
	all := []Change{{Menu: &AccountMenu{a.AppID, a.Menu}}, {Health: &a.Health}}
	for _, m := range a.Media {
		if !m.expired(now) {
			all = append(all, Change{Media: []Medium{m}})
		}
	}
	for _, t := range a.Tickets {
		if !t.Expired(now) {
			all = append(all, Change{Ticket: &t})
		}
	}
	for _, r := range a.receipts {
		if !r.expired(now) {
			all = append(all, Change{Receipt: &r})
		}
	}
	return all
}
