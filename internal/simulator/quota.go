package simulator

import "time"

// quota is how often an account may make a call; 0 is no limit.
type quota struct {
	day    int
	minute int
}

// usage counts one account's calls of one API in the current day and minute of the simulator's clock.
type usage struct {
	AppID       string `json:"app_id"`
	API         string `json:"api"`
	Day         string `json:"day"`
	DayCalls    int    `json:"day_calls"`
	Minute      string `json:"minute"`
	MinuteCalls int    `json:"minute_calls"`
	Month       string `json:"month,omitempty"` // of clear_quota, which has a monthly limit
	MonthCalls  int    `json:"month_calls,omitempty"`
}

// beijing is where WeChat's day begins (assumed: wechat-protocol 6.2).
var beijing = time.FixedZone("Beijing", 8*60*60)

// count counts a call, or refuses it with 45009 or 45011. A refused call does not count.
func (s *Simulator) count(a api, account *accountState) ([]usage, *refusal) {
	if a.quota == nil {
		return nil, nil
	}
	u := account.calls(a.path, s.now())
	q := a.quota(s.state.settings)
	if q.day > 0 && u.DayCalls >= account.Kind.share(q.day) {
		return nil, refuse(codeDailyQuota)
	}
	if q.minute > 0 && u.MinuteCalls >= q.minute {
		return nil, refuse(codeMinuteQuota)
	}
	u.DayCalls++
	u.MinuteCalls++
	return []usage{u}, nil
}

// calls gives the counter of an API as it stands now.
func (a *accountState) calls(path string, now time.Time) usage {
	u, ok := a.usage[path]
	if !ok {
		u = usage{AppID: a.AppID, API: path}
	}
	if day := now.In(beijing).Format(time.DateOnly); day != u.Day {
		u.Day, u.DayCalls = day, 0
	}
	if minute := now.In(beijing).Format("2006-01-02T15:04"); minute != u.Minute {
		u.Minute, u.MinuteCalls = minute, 0
	}
	if month := now.In(beijing).Format("2006-01"); month != u.Month {
		u.Month, u.MonthCalls = month, 0
	}
	return u
}
