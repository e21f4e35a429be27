package state

import "time"

// Usage counts one account's calls of one API in the current day and minute of the simulator's clock.
type Usage struct {
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

// Calls returns the counter of an API as it stands now.
func (a *AccountData) Calls(path string, now time.Time) Usage {
	u, ok := a.Usage[path]
	if !ok {
		u = Usage{AppID: a.AppID, API: path}
	}
	return u.at(now.In(beijing))
}

// at resets each counter whose day, minute or month is over.
func (u Usage) at(now time.Time) Usage {
	if day := now.Format(time.DateOnly); day != u.Day {
		u.Day, u.DayCalls = day, 0
	}
	if minute := now.Format("2006-01-02T15:04"); minute != u.Minute {
		u.Minute, u.MinuteCalls = minute, 0
	}
	if month := now.Format("2006-01"); month != u.Month {
		u.Month, u.MonthCalls = month, 0
	}
	return u
}
