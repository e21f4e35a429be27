package platform

import "wxdesk/internal/simulator/state"

// quota is how often an account may make a call; 0 is no limit.
type quota struct {
	day    int
	minute int
}

// count counts a call, or refuses it with 45009 or 45011. A refused call does not count. The caller holds the store's lock and commits
// the counter.
func (p *API) count(e endpoint, account *state.AccountData) ([]state.Usage, *APIError) {
	if e.quota == nil {
		return nil, nil
	}
	used := account.Calls(e.path, p.store.Now())
	q := e.quota(p.store.Settings())
	if q.day > 0 && used.DayCalls >= account.Kind.Share(q.day) {
		return nil, refuse(codeDailyQuota)
	}
	if q.minute > 0 && used.MinuteCalls >= q.minute {
		return nil, refuse(codeMinuteQuota)
	}
	used.DayCalls++
	used.MinuteCalls++
	return []state.Usage{used}, nil
}
