package desk

import (
	"context"

	"github.com/danielgtaylor/huma/v2"

	"wxdesk/api/web"
	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
)

// meView is who asks.
type meView struct {
	Name  string        `json:"name" doc:"Of the API token"`
	Role  access.Role   `json:"role" enum:"admin,supervisor,agent"`
	Agent *presenceView `json:"agent" doc:"Null unless the role is agent"`
}

// TransformSchema implements huma.SchemaTransformer: agent may be null here, while a presenceView is not null elsewhere.
func (meView) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	agent := s.Properties["agent"]
	agent.AnyOf, agent.Ref = []*huma.Schema{{Ref: agent.Ref}, {Type: "null"}}, ""
	return s
}

func (d *Desk) GetMe(ctx context.Context, _ *struct{}) (*struct{ Body meView }, error) {
	who := web.CallerOf(ctx)
	me := meView{Name: who.Name, Role: who.Role}
	if who.Role == access.RoleAgent {
		now, err := d.cfg.Presences.AgentNow(ctx, who.Tenant, who.AgentID)
		if err != nil {
			return nil, err
		}
		v := viewPresence(now)
		me.Agent = &v
	}
	return &struct{ Body meView }{me}, nil
}

// workView is what concerns an agent now.
type workView struct {
	Offers []ConversationView `json:"offers" nullable:"false" doc:"Offered to you, the one that ends soonest first"`
	Mine   []ConversationView `json:"mine" nullable:"false" doc:"That you have"`
	Open   []ConversationView `json:"open" nullable:"false" doc:"That wait in your queues, the longest first"`
}

func (d *Desk) GetMyWork(ctx context.Context, _ *struct{}) (*struct{ Body workView }, error) {
	w, err := d.cfg.Conversations.Work(ctx, web.CallerOf(ctx).Viewer())
	if err != nil {
		return nil, err
	}
	view := func(found []conversation.Conversation) []ConversationView {
		list := make([]ConversationView, len(found))
		for i, c := range found {
			list[i] = d.viewConversation(c)
		}
		return list
	}
	return &struct{ Body workView }{workView{view(w.Offers), view(w.Mine), view(w.Open)}}, nil
}
