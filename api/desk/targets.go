package desk

import (
	"context"

	"wxdesk/api/web"
	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// targetsView is where a conversation may be handed on to now.
type targetsView struct {
	Queues []queueTargetView     `json:"queues" nullable:"false" doc:"That are open and have somebody else in them, by name"`
	Skills []routing.NeededSkill `json:"skills" nullable:"false" doc:"That the conversation needs"`
	Agents []agentTargetView     `json:"agents" nullable:"false" doc:"Who can be asked, those first who come nearest to the skills that it needs; at most 200. Empty for agents where the workstream says so"`
}

type queueTargetView struct {
	ID   string `json:"id" format:"uuid"`
	Name string `json:"name"`
}

type agentTargetView struct {
	ID       string           `json:"id" format:"uuid"`
	Name     string           `json:"name"`
	Presence routing.Presence `json:"presence" enum:"available,busy"`
	Missing  int              `json:"missing_skills" doc:"How many of the needed skills the agent lacks, or has at a lower rating"`
}

// maxTargets is how many agents are listed; those behind fit worst. A guess at what somebody reads.
const maxTargets = 200

// ListTargets answers the agent who has the conversation, and supervisors. Nobody else gets a list of colleagues from it.
func (d *Desk) ListTargets(ctx context.Context, in *struct {
	ID string `path:"id" format:"uuid"`
},
) (*struct{ Body targetsView }, error) {
	who, id := web.CallerOf(ctx), conversation.ID(in.ID)
	found, err := d.cfg.Conversations.Conversation(ctx, who.Viewer(), id)
	switch {
	case err != nil:
		return nil, err
	case found.State == conversation.StateClosed:
		return nil, web.ConversationClosed.Problem()
	case who.Role == access.RoleAgent && (found.Holder != conversation.HolderAgent || found.AgentID != who.AgentID):
		return nil, web.NotYours.Problem()
	}
	targets, err := d.cfg.Conversations.Targets(ctx, who.Viewer(), id)
	if err != nil {
		return nil, err
	}
	v := targetsView{[]queueTargetView{}, append([]routing.NeededSkill{}, targets.Needed...), []agentTargetView{}}
	for _, q := range targets.Queues {
		v.Queues = append(v.Queues, queueTargetView{string(q.ID), q.Name})
	}
	for _, g := range targets.Agents[:min(len(targets.Agents), maxTargets)] {
		v.Agents = append(v.Agents, agentTargetView{string(g.ID), g.Name, g.Presence, g.Missing})
	}
	return &struct{ Body targetsView }{v}, nil
}
