package postgres_test

import (
	"wxdesk/activities"
	"wxdesk/api/admin"
	"wxdesk/api/admin/validation"
	"wxdesk/api/callback"
	apidesk "wxdesk/api/desk"
	"wxdesk/api/web"
	"wxdesk/internal/postgres"
	"wxdesk/internal/wechat/wxapi"
)

// The ledger serves every port that remembers something.
var (
	_ activities.Ledger        = (*postgres.DB)(nil)
	_ activities.Permits       = (*postgres.DB)(nil)
	_ callback.Accounts        = (*postgres.DB)(nil)
	_ callback.Records         = (*postgres.DB)(nil)
	_ callback.Spool           = (*postgres.DB)(nil)
	_ admin.Accounts           = (*postgres.DB)(nil)
	_ validation.AccountChecks = (*postgres.DB)(nil)
	_ apidesk.Conversations    = (*postgres.DB)(nil)
	_ apidesk.Commands         = (*postgres.DB)(nil)
	_ apidesk.Presences        = (*postgres.DB)(nil)
	_ apidesk.Connections      = (*postgres.DB)(nil)
	_ apidesk.Feed             = (*postgres.DB)(nil)
	_ web.Authenticator        = (*postgres.DB)(nil)
	_ web.Audit                = (*postgres.DB)(nil)
	_ apidesk.TokenChecks      = (*postgres.DB)(nil)
	_ admin.Tokens             = (*postgres.DB)(nil)
	_ admin.Bots               = (*postgres.DB)(nil)
	_ admin.FAQ                = (*postgres.DB)(nil)
	_ admin.Setup              = (*postgres.DB)(nil)
	_ wxapi.TokenStore         = (*postgres.DB)(nil)
)
