package cli

import (
	"wxdesk/api/admin"
	"wxdesk/internal/config"
	"wxdesk/internal/wechat/wxapi"
)

// platform is WeChat's API as the setting up of accounts needs it.
func platform(cfg config.Config, tokens wxapi.TokenStore) admin.Platform {
	return wxapi.New(cfg.WeChatAPI, wxapi.NewHTTPClient(cfg.AllowPrivate), tokens)
}
