package cli

import (
	"wxdesk/api"
	"wxdesk/internal/config"
	"wxdesk/internal/wechat/wxapi"
)

// platform is WeChat's API as the setting up of accounts needs it.
func platform(cfg config.Config, tokens wxapi.TokenStore) api.Platform {
	return wxapi.New(cfg.WeChatAPI, wxapi.NewHTTPClient(cfg.AllowPrivate), tokens)
}
