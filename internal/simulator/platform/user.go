package platform

import "wxdesk/internal/simulator/state"

// userInfo tells what WeChat still tells about a customer: since 2021 neither name nor picture.
func (p *API) userInfo(c *call) result {
	f, ok := c.account.Followers[c.query.Get("openid")]
	if !ok {
		return refused(refuse(codeInvalidOpenID))
	}
	if !f.Subscribed {
		return answered(map[string]any{"subscribe": 0, "openid": f.OpenID}, state.Change{})
	}
	scene := "ADD_SCENE_SEARCH"
	if f.Scene != "" {
		scene = "ADD_SCENE_QR_CODE"
	}
	return answered(map[string]any{
		"subscribe": 1, "openid": f.OpenID, "language": "", "subscribe_time": f.Since.Unix(), "remark": "", "groupid": 0,
		"tagid_list": []int{}, "subscribe_scene": scene, "qr_scene": 0, "qr_scene_str": f.Scene,
	}, state.Change{})
}
