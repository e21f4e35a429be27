package simulator

import "time"

// typingLasts and typingNeeds are the times of message/custom/typing (wechat-protocol 5.3).
const (
	typingLasts = 15 * time.Second
	typingNeeds = 30 * time.Second
)

// typing shows or ends the customer's "typing" line.
func (s *Simulator) typing(c *call) (any, *refusal, change) {
	var m struct {
		ToUser  string `json:"touser"`
		Command string `json:"command"`
	}
	if refused := decodeCall(c.body, &m); refused != nil {
		return nil, refused, change{}
	}
	f, ok := c.account.followers[m.ToUser]
	if !ok {
		return nil, refuse(codeInvalidOpenID), change{}
	}
	after, now := f.Follower, s.now()
	switch {
	case m.Command == "CancelTyping":
		after.Typing = time.Time{}
	case m.Command != "Typing":
		return nil, refuse(codeBadTypingCommand), change{}
	case !f.Subscribed || f.LastAct.IsZero() || now.Sub(f.LastAct) > typingNeeds:
		return nil, refuse(codeNoInteraction), change{}
	case now.Before(f.Typing):
		return nil, refuse(codeAlreadyTyping), change{}
	default:
		after.Typing = now.Add(typingLasts)
	}
	return okAnswer(), nil, change{Follower: &after}
}

// userInfo tells what WeChat still tells about a customer: since 2021 neither name nor picture.
func (s *Simulator) userInfo(c *call) (any, *refusal, change) {
	f, ok := c.account.followers[c.query.Get("openid")]
	if !ok {
		return nil, refuse(codeInvalidOpenID), change{}
	}
	if !f.Subscribed {
		return map[string]any{"subscribe": 0, "openid": f.OpenID}, nil, change{}
	}
	scene := "ADD_SCENE_SEARCH"
	if f.Scene != "" {
		scene = "ADD_SCENE_QR_CODE"
	}
	return map[string]any{
		"subscribe": 1, "openid": f.OpenID, "language": "", "subscribe_time": f.Since.Unix(), "remark": "", "groupid": 0,
		"tagid_list": []int{}, "subscribe_scene": scene, "qr_scene": 0, "qr_scene_str": f.Scene,
	}, nil, change{}
}
