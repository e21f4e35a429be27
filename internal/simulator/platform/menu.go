package platform

import "wxdesk/internal/simulator/state"

func (p *API) menuCreate(c *call) result {
	var m state.Menu
	if refusal := decode(c.body, &m); refusal != nil {
		return refused(refusal)
	}
	if refusal := checkMenu(m); refusal != nil {
		return refused(refusal)
	}
	return answered(success(), state.Change{Menu: &state.AccountMenu{AppID: c.account.AppID, Menu: m.Complete()}})
}

func (p *API) menuGet(c *call) result {
	if len(c.account.Menu.Buttons) == 0 {
		return refused(refuse(codeNoMenu))
	}
	return answered(map[string]state.Menu{"menu": c.account.Menu}, state.Change{})
}

func (p *API) menuDelete(c *call) result {
	return answered(success(), state.Change{Menu: &state.AccountMenu{AppID: c.account.AppID}})
}
