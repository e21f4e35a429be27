package platform

import (
	"errors"
	"regexp"
	"time"

	"wxdesk/internal/simulator/state"
)

// customSend puts a message on a customer's screen: openid, window, count, content, in this order (wechat-protocol section 12).
// Only what is shown is taken from the count.
func (p *API) customSend(c *call) result {
	var m customMessage
	if refusal := decode(c.body, &m); refusal != nil {
		return refused(refusal)
	}
	f, ok := c.account.Followers[m.ToUser]
	if !ok {
		return refused(refuse(codeInvalidOpenID))
	}
	if f.Blocked {
		return refused(refuse(codeBlacklisted))
	}
	return p.sendCustom(c.account, f, m)
}

func (p *API) sendCustom(a *state.AccountData, f *state.FollowerData, m customMessage) result {
	after, err := f.Spend(p.store.Now())
	if err != nil {
		return refused(refuseWindow(err))
	}
	item, refusal := p.readCustom(m, a)
	if refusal != nil {
		return refused(refusal)
	}
	item.At, item.From, item.Channel = p.store.Wall(), state.FromAccount, state.ByCustom
	item.As, item.AI, item.InReplyTo = m.Service.KfAccount, m.AI.Written == 1, m.AI.MsgID
	after.Typing = time.Time{}
	return answered(success(), state.Change{Follower: &after, Shown: []state.Shown{f.Next(item)}})
}

func refuseWindow(err error) *APIError {
	if errors.Is(err, state.ErrWindowsEmpty) {
		return refuse(codeOutOfCount)
	}
	return refuse(codeOutOfWindow)
}

// kfAccountShape is name@account; whoever looks like one is taken as existing.
var kfAccountShape = regexp.MustCompile(`^[^@]+@[^@]+$`)

// readCustom judges the content and returns what the phone shows of it.
func (p *API) readCustom(m customMessage, a *state.AccountData) (state.Item, *APIError) {
	if m.Service.KfAccount != "" && !kfAccountShape.MatchString(m.Service.KfAccount) {
		return state.Item{}, refuse(codeBadKfAccount)
	}
	reader := customReader{customMessage: m, account: a, textLimit: p.store.Settings().TextLimit, now: p.store.Now()}
	return reader.read()
}
