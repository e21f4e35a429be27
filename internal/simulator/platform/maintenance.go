package platform

import (
	"slices"

	"wxdesk/internal/simulator/state"
)

// clearsMonthly is how often in a month an account may clear its counters (wechat-protocol 6.3).
const clearsMonthly = 10

// clearQuota sets all of the account's counters of calls to zero.
func (p *API) clearQuota(c *call) result {
	var m struct {
		AppID string `json:"appid"`
	}
	if refusal := decode(c.body, &m); refusal != nil {
		return refused(refusal)
	}
	if m.AppID != c.account.AppID {
		return refused(refuse(codeInvalidAppID))
	}
	used := c.account.Calls("/cgi-bin/clear_quota", p.store.Now())
	if used.MonthCalls >= clearsMonthly {
		return refused(refuse(codeNoMoreClears))
	}
	used.MonthCalls++
	return answered(success(), state.Change{Usage: append(clearedUsage(c.account, used.API), used)})
}

// clearedUsage returns the counters of all calls but one, at zero.
func clearedUsage(a *state.AccountData, but string) []state.Usage {
	var cleared []state.Usage
	for path, known := range a.Usage {
		if path != but {
			known.DayCalls, known.MinuteCalls = 0, 0
			cleared = append(cleared, known)
		}
	}
	return cleared
}

// addresses are those that callbacks come from and those of the API: this machine.
func (p *API) addresses(*call) result {
	return answered(map[string][]string{"ip_list": {"127.0.0.1"}}, state.Change{})
}

// callbackCheck is WeChat's test of its own way to the account's server; here it is always short.
func (p *API) callbackCheck(c *call) result {
	var m callbackCheckRequest
	if refusal := decode(c.body, &m); refusal != nil {
		return refused(refusal)
	}
	switch {
	case !slices.Contains([]string{"all", "dns", "ping"}, m.Action):
		return refused(refuse(codeCheckAction))
	case !slices.Contains([]string{"CHINANET", "UNICOM", "CAP", "DEFAULT"}, m.Operator):
		return refused(refuse(codeCheckOperator))
	case c.account.CallbackURL == "":
		return refused(refuse(codeCheckURL))
	}
	return answered(m.answer(), state.Change{})
}

type callbackCheckRequest struct {
	Action   string `json:"action"`
	Operator string `json:"check_operator"`
}

func (m callbackCheckRequest) answer() map[string][]map[string]string {
	answer := map[string][]map[string]string{}
	if m.Action != "ping" {
		answer["dns"] = []map[string]string{{"ip": "127.0.0.1", "real_operator": m.Operator}}
	}
	if m.Action != "dns" {
		answer["ping"] = []map[string]string{{"ip": "127.0.0.1", "from_operator": m.Operator, "package_loss": "0%", "time": "0.5ms"}}
	}
	return answer
}
