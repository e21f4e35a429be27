package wxapi

import (
	"context"
	"encoding/json"
	"errors"

	"wxdesk/internal/wechat"
)

const opSend = "message/custom/send"

// SendText sends a text to a customer through the customer-service API, once.
func (c *Client) SendText(ctx context.Context, from wechat.Credentials, to wechat.OpenID, text string) wechat.SendOutcome {
	return c.Send(ctx, from, to, wechat.Text{Content: text})
}

// Send sends a message of any kind to a customer through the customer-service API, once. Only if WeChat refuses the
// access token is the same message sent a second time, with another token: such a message was not sent. One that does not
// pass its own Check fails without a call, with the reason that WeChat would give and no code.
func (c *Client) Send(ctx context.Context, from wechat.Credentials, to wechat.OpenID, m wechat.Message) wechat.SendOutcome {
	if err := m.Check(); err != nil {
		return wechat.SendOutcome{Status: wechat.SendFailed, Reason: reasonOf(m, err)}
	}
	message := appendMessage(nil, to, m)
	token, err := c.tokens.current(ctx, from)
	if err != nil {
		return c.notSent(err)
	}
	outcome := c.tryCustom(ctx, token, message)
	if outcome.Code.Class() != wechat.ClassRefresh {
		return outcome
	}
	token, err = c.tokens.another(ctx, from, token)
	if err != nil {
		return c.notSent(err)
	}
	return c.tryCustom(ctx, token, message)
}

// Prepare fetches the account's access token if none is at hand, so that a send need not. SendSent says that it is there;
// anything else is what a message would come to.
func (c *Client) Prepare(ctx context.Context, from wechat.Credentials) wechat.SendOutcome {
	if _, err := c.tokens.current(ctx, from); err != nil {
		return c.notSent(err)
	}
	return wechat.SendOutcome{Status: wechat.SendSent}
}

func (c *Client) tryCustom(ctx context.Context, token Token, message []byte) wechat.SendOutcome {
	resp, err := c.do(ctx, request{op: opSend, body: message}, token.Value)
	if err != nil {
		return attempted(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := readAnswer(ctx, opSend, resp)
	if err != nil {
		return attempted(err)
	}
	var a answer
	switch err := json.Unmarshal(body, &a); {
	case err != nil || !a.ErrCode.given:
		return wechat.SendOutcome{Status: wechat.SendUnknown, Reason: wechat.ReasonAnswerUnclear}
	case !a.ErrCode.valid:
		return wechat.SendOutcome{Status: wechat.SendFailed, Reason: wechat.ReasonUnknown}
	}
	return wechat.OutcomeOf(wechat.ErrCode(a.ErrCode.n), c.now())
}

// reasonOf says why a message did not pass its Check, in WeChat's terms if it has one.
func reasonOf(m wechat.Message, err error) string {
	switch {
	case errors.Is(err, wechat.ErrMessageEmpty):
		return wechat.CodeTextEmpty.Reason()
	case errors.Is(err, wechat.ErrMessageArticles) && articles(m) > 1:
		return wechat.CodeTooManyArticles.Reason()
	case errors.Is(err, wechat.ErrMessageArticles):
		return wechat.CodeArticleEmpty.Reason()
	}
	return wechat.ReasonIncomplete
}

func articles(m wechat.Message) int {
	switch m := m.(type) {
	case wechat.As:
		return articles(m.Message)
	case wechat.FromAI:
		return articles(m.Message)
	case wechat.News:
		return len(m.Articles)
	}
	return 0
}
