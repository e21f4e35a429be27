package desk

import (
	"context"

	"wxdesk/api/web"
	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// Presences reads and sets the presence of agents.
type Presences interface {
	// AgentNow fails with ErrNotFound when the tenant has no such agent.
	AgentNow(ctx context.Context, t conversation.Tenant, id conversation.AgentID) (routing.AgentNow, error)
	// SetPresence sets the presence that a person chose for an agent, or a custom one. It returns ErrNotFound when there is no such
	// agent, or they are disabled; routing.UnknownError when there is no such custom presence.
	SetPresence(ctx context.Context, by access.Principal, id conversation.AgentID, p routing.Presence, custom routing.PresenceID) (routing.AgentNow, error)
}

type presenceAnswer struct {
	Body web.PresenceView
}

func (d *Desk) GetPresence(ctx context.Context, in *struct {
	ID string `path:"id" format:"uuid"`
},
) (*presenceAnswer, error) {
	who, id := web.CallerOf(ctx), conversation.AgentID(in.ID)
	if isAnother(who, id) {
		return nil, web.NotFound.Problem()
	}
	now, err := d.cfg.Presences.AgentNow(ctx, who.Tenant, id)
	if err != nil {
		return nil, err
	}
	return &presenceAnswer{web.ViewPresence(now)}, nil
}

// presenceRequest chooses a presence, or a custom one; nobody chooses inactive.
type presenceRequest struct {
	Presence routing.Presence `json:"presence,omitempty" enum:"available,busy,dnd,away,offline"`
	CustomID string           `json:"custom_presence_id,omitempty" format:"uuid" doc:"In place of presence: a presence of your house"`
}

func (d *Desk) PutPresence(ctx context.Context, in *struct {
	ID   string `path:"id" format:"uuid"`
	Body presenceRequest
},
) (*presenceAnswer, error) {
	who, id := web.CallerOf(ctx), conversation.AgentID(in.ID)
	if isAnother(who, id) {
		return nil, web.NotFound.Problem()
	}
	switch b := in.Body; {
	case (b.Presence == "") == (b.CustomID == ""):
		return nil, web.Invalid.Problem(web.FaultAt("body", "expected either presence or custom_presence_id"))
	case b.CustomID != "" && !web.IsUUID(b.CustomID):
		return nil, badUUID("body.custom_presence_id")
	}
	now, err := d.cfg.Presences.SetPresence(ctx, who.Principal, id, in.Body.Presence, routing.PresenceID(in.Body.CustomID))
	if err != nil {
		return nil, err
	}
	return &presenceAnswer{web.ViewPresence(now)}, nil
}

// isAnother reports whether an agent asks for somebody else, whose presence does not concern them.
func isAnother(who web.Caller, id conversation.AgentID) bool {
	return who.Role == access.RoleAgent && who.AgentID != id
}
