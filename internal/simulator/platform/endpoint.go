package platform

import (
	"net/http"

	"wxdesk/internal/simulator/state"
)

// endpoint is one row of WeChat's API: what is checked before serve is called, and by which quota.
type endpoint struct {
	path   string
	method string
	secret bool                  // the account is the one whose AppID and secret are given; without it there is an access token
	file   bool                  // the body is a form with a file, not JSON
	may    func(state.Kind) bool // which accounts; nil is all
	quota  func(state.Settings) quota
	serve  func(*API, *call) result
}

// endpoints are the calls that are modelled; docs/simulator.md says what each leaves out.
func endpoints() []endpoint {
	const get, post = http.MethodGet, http.MethodPost
	return []endpoint{
		{
			path: "/cgi-bin/token", method: get, secret: true, serve: (*API).token,
			quota: func(s state.Settings) quota { return quota{day: s.TokenDaily} },
		},
		{
			path: "/cgi-bin/stable_token", method: post, secret: true, serve: (*API).stableToken,
			quota: func(s state.Settings) quota { return quota{day: s.StableDaily, minute: s.StableMinute} },
		},
		{
			path: "/cgi-bin/message/custom/send", method: post, may: state.Kind.Verified, serve: (*API).customSend,
			quota: func(s state.Settings) quota { return quota{day: s.SendDaily, minute: s.SendMinute} },
		},
		{path: "/cgi-bin/message/custom/typing", method: post, may: state.Kind.Verified, serve: (*API).typing},
		{
			path: "/cgi-bin/message/template/send", method: post, may: state.Kind.Service, serve: (*API).templateSend,
			quota: func(s state.Settings) quota { return quota{day: s.TemplateDaily} },
		},
		{
			path: "/cgi-bin/media/upload", method: post, file: true, may: state.Kind.Verified, serve: (*API).mediaUpload,
			quota: func(s state.Settings) quota { return quota{day: s.UploadDaily} },
		},
		{
			path: "/cgi-bin/media/get", method: get, may: state.Kind.Verified, serve: (*API).mediaGet,
			quota: func(s state.Settings) quota { return quota{day: s.DownloadDaily} },
		},
		{
			path: "/cgi-bin/user/info", method: get, may: state.Kind.Verified, serve: (*API).userInfo,
			quota: func(s state.Settings) quota { return quota{day: s.UserDaily} },
		},
		{
			path: "/cgi-bin/qrcode/create", method: post, may: state.Kind.Service, serve: (*API).qrcodeCreate,
			quota: func(s state.Settings) quota { return quota{day: s.QRCodeDaily} },
		},
		{
			path: "/cgi-bin/menu/create", method: post, may: state.Kind.HasMenus, serve: (*API).menuCreate,
			quota: func(s state.Settings) quota { return quota{day: s.MenuDaily} },
		},
		{
			path: "/cgi-bin/menu/get", method: get, may: state.Kind.HasMenus, serve: (*API).menuGet,
			quota: func(s state.Settings) quota { return quota{day: s.MenuGetDaily} },
		},
		{
			path: "/cgi-bin/menu/delete", method: get, may: state.Kind.HasMenus, serve: (*API).menuDelete,
			quota: func(s state.Settings) quota { return quota{day: s.MenuDaily} },
		},
		{path: "/cgi-bin/clear_quota", method: post, serve: (*API).clearQuota},
		{path: "/cgi-bin/getcallbackip", method: get, serve: (*API).addresses},
		{path: "/cgi-bin/get_api_domain_ip", method: get, serve: (*API).addresses},
		{path: "/cgi-bin/callback/check", method: post, serve: (*API).callbackCheck},
	}
}
