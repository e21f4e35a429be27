package platform

import (
	"time"

	"wxdesk/internal/simulator/state"
)

// typingLasts and typingNeeds are the times of message/custom/typing (wechat-protocol 5.3).
const (
	typingLasts = 15 * time.Second
	typingNeeds = 30 * time.Second
)

// typing shows or ends the customer's "typing" line.
func (p *API) typing(c *call) result {
	var m struct {
		ToUser  string `json:"touser"`
		Command string `json:"command"`
	}
	if refusal := decode(c.body, &m); refusal != nil {
		return refused(refusal)
	}
	f, ok := c.account.Followers[m.ToUser]
	if !ok {
		return refused(refuse(codeInvalidOpenID))
	}
	after, refusal := withTyping(f.Follower, m.Command, p.store.Now())
	if refusal != nil {
		return refused(refusal)
	}
	return answered(success(), state.Change{Follower: &after})
}

// withTyping returns the customer after a command.
func withTyping(f state.Follower, command string, now time.Time) (state.Follower, *APIError) {
	switch {
	case command == "CancelTyping":
		f.Typing = time.Time{}
	case command != "Typing":
		return f, refuse(codeBadTypingCommand)
	case !f.Subscribed || f.LastAct.IsZero() || now.Sub(f.LastAct) > typingNeeds:
		return f, refuse(codeNoInteraction)
	case now.Before(f.Typing):
		return f, refuse(codeAlreadyTyping)
	default:
		f.Typing = now.Add(typingLasts)
	}
	return f, nil
}
