package postgres_test

import (
	"wxdesk/activities"
	"wxdesk/api/admin"
	"wxdesk/api/admin/validation"
	"wxdesk/api/callback"
	"wxdesk/api/desk"
	"wxdesk/api/events"
	"wxdesk/api/people"
	"wxdesk/api/web"
	"wxdesk/internal/bot/faq"
	"wxdesk/internal/dispatch"
	"wxdesk/internal/outbox"
	"wxdesk/internal/postgres/accounts"
	"wxdesk/internal/postgres/act"
	"wxdesk/internal/postgres/agents"
	"wxdesk/internal/postgres/audit"
	"wxdesk/internal/postgres/decision"
	"wxdesk/internal/postgres/distribution"
	"wxdesk/internal/postgres/intake"
	"wxdesk/internal/postgres/notify"
	"wxdesk/internal/postgres/permits"
	"wxdesk/internal/postgres/presence"
	"wxdesk/internal/postgres/setup"
	"wxdesk/internal/postgres/tokens"
	"wxdesk/internal/postgres/transcript"
	"wxdesk/internal/postgres/upkeep"
	"wxdesk/internal/postgres/users"
	"wxdesk/internal/postgres/view"
	"wxdesk/internal/wechat/wxapi"
)

// Which room serves which port.
var (
	_ activities.Accounts        = (*accounts.DB)(nil)
	_ activities.Callbacks       = (*intake.DB)(nil)
	_ activities.Transcript      = (*transcript.DB)(nil)
	_ activities.Routing         = (*decision.DB)(nil)
	_ activities.Upkeep          = (*upkeep.DB)(nil)
	_ activities.Permits         = (*permits.DB)(nil)
	_ callback.Accounts          = (*accounts.DB)(nil)
	_ callback.Records           = (*intake.DB)(nil)
	_ callback.Spool             = (*intake.DB)(nil)
	_ admin.Accounts             = (*accounts.DB)(nil)
	_ validation.AccountChecks   = (*accounts.DB)(nil)
	_ validation.CallbackRecords = (*intake.DB)(nil)
	_ desk.Conversations         = (*view.DB)(nil)
	_ desk.Commands              = (*act.DB)(nil)
	_ desk.Presences             = (*presence.DB)(nil)
	_ events.Connections         = (*presence.DB)(nil)
	_ events.Feed                = (*notify.DB)(nil)
	_ people.Users               = (*users.DB)(nil)
	_ people.Passwords           = (*users.DB)(nil)
	_ people.Sessions            = (*users.DB)(nil)
	_ people.Links               = (*users.DB)(nil)
	_ people.Shifts              = (*presence.DB)(nil)
	_ web.Audit                  = (*audit.DB)(nil)
	_ events.TokenChecks         = (*tokens.DB)(nil)
	_ admin.Tokens               = (*tokens.DB)(nil)
	_ admin.Bots                 = (*accounts.DB)(nil)
	_ admin.FAQ                  = (*accounts.DB)(nil)
	_ admin.Setup                = (*setup.DB)(nil)
	_ admin.SeenCustomers        = (*view.DB)(nil)
	_ admin.Agents               = (*agents.DB)(nil)
	_ admin.RoutingPlans         = (*decision.DB)(nil)
	_ wxapi.TokenStore           = (*accounts.DB)(nil)
	_ faq.Connector              = faq.Connector{Entries: (*accounts.DB)(nil)}
	_ dispatch.Work              = (*distribution.DB)(nil)
	_ dispatch.AgentDue          = (*agents.DB)(nil)
	_ dispatch.Connections       = (*presence.DB)(nil)
	_ outbox.Notices             = (*notify.DB)(nil)
	_ outbox.Conversations       = (*upkeep.DB)(nil)
)
