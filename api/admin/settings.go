package admin

import (
	"context"

	"wxdesk/api/web"
	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// Settings stores the settings of the whole tenant.
type Settings interface {
	Settings(ctx context.Context, t conversation.Tenant) (routing.Settings, error)
	UpdateSettings(ctx context.Context, by access.Actor, s routing.Settings) error
}

// settingsView are the settings as the API shows them.
type settingsView struct {
	MaxConversations  int `json:"max_conversations" doc:"Conversations that an agent has at a time at most, whatever their capacity; those put aside do not count"`
	KeepConversations int `json:"keep_conversations_days" doc:"Days that a conversation is kept after its end, with all that was said and done in it"`
	KeepReceipts      int `json:"keep_receipts_days" doc:"Days that receipts are kept, by which a callback that comes again is known"`
	KeepEvents        int `json:"keep_events_days" doc:"Days that events are kept that concern no conversation"`
	KeepQuarantine    int `json:"keep_quarantine_days" doc:"Days that a callback is kept in quarantine after it was taken in"`
	KeepTraces        int `json:"keep_traces_days" doc:"Days that the steps of routing and distribution are kept"`
	KeepAudit         int `json:"keep_audit_days" doc:"Days that the audit is kept"`
}

type settingsAnswer struct{ Body settingsView }

func (a *Admin) GetSettings(ctx context.Context, _ *struct{}) (*settingsAnswer, error) {
	s, err := a.cfg.Setup.Settings(ctx, web.CallerOf(ctx).Tenant)
	if err != nil {
		return nil, err
	}
	return &settingsAnswer{settingsView(s)}, nil
}

type settingsChange struct {
	MaxConversations  *int `json:"max_conversations,omitempty" minimum:"1" maximum:"1000" doc:"Conversations that an agent has at a time at most"`
	KeepConversations *int `json:"keep_conversations_days,omitempty" minimum:"1" maximum:"36500" doc:"Days that a conversation is kept after its end"`
	KeepReceipts      *int `json:"keep_receipts_days,omitempty" minimum:"7" maximum:"36500" doc:"Days that receipts are kept"`
	KeepEvents        *int `json:"keep_events_days,omitempty" minimum:"1" maximum:"36500" doc:"Days that events are kept that concern no conversation"`
	KeepQuarantine    *int `json:"keep_quarantine_days,omitempty" minimum:"1" maximum:"36500" doc:"Days that a callback is kept in quarantine after it was taken in"`
	KeepTraces        *int `json:"keep_traces_days,omitempty" minimum:"1" maximum:"36500" doc:"Days that the steps of routing and distribution are kept"`
	KeepAudit         *int `json:"keep_audit_days,omitempty" minimum:"180" maximum:"36500" doc:"Days that the audit is kept"`
}

func (a *Admin) ChangeSettings(ctx context.Context, in *struct{ Body settingsChange }) (*settingsAnswer, error) {
	who := web.CallerOf(ctx)
	s, err := a.cfg.Setup.Settings(ctx, who.Tenant)
	if err != nil {
		return nil, err
	}
	set(&s.MaxConversations, in.Body.MaxConversations)
	set(&s.KeepConversations, in.Body.KeepConversations)
	set(&s.KeepReceipts, in.Body.KeepReceipts)
	set(&s.KeepEvents, in.Body.KeepEvents)
	set(&s.KeepQuarantine, in.Body.KeepQuarantine)
	set(&s.KeepTraces, in.Body.KeepTraces)
	set(&s.KeepAudit, in.Body.KeepAudit)
	if err := a.cfg.Setup.UpdateSettings(ctx, who.Actor(), s); err != nil {
		return nil, err
	}
	return &settingsAnswer{settingsView(s)}, nil
}
