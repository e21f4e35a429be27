package audit

import (
	"context"
	"strings"

	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/notify"
)

// settingsKind is the part of the set-up that an act of the audit changes; "" where desks are not told: users, sessions and API tokens are
// for administrators alone, and not every agent may know that a customer exists.
func settingsKind(act string) string {
	part, what, _ := strings.Cut(act, ".")
	if act == Presence || what == "draft" { // another event says so, or nothing is different yet
		return ""
	}
	switch part {
	case "account", "agent", "bot", "capacity-profile", "custom-presence", "faq-entry", "operating-hours", "queue", "ruleset",
		"settings", "skill", "workstream":
		return strings.ReplaceAll(part, "-", "_")
	}
	return ""
}

// publishSettings tells desks that a part of the set-up has changed, so that none shows old names.
func publishSettings(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, act, id string) error {
	kind := settingsKind(act)
	if kind == "" {
		return nil
	}
	return notify.Publish(ctx, tx, t, notify.Row{Kind: lifecycle.EventSettings, Body: lifecycle.SettingsBody{Kind: kind, ID: id}})
}
