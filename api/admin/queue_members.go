package admin

import (
	"context"

	"wxdesk/api/web"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// queueMembers is who belongs to a queue.
type queueMembers struct {
	AgentIDs []string `json:"agent_ids" nullable:"false" maxItems:"5000" doc:"All of them; who is not here is no member"`
}

type queueMembersAnswer struct {
	ETag string `header:"ETag"`
	Body queueMembers
}

func (a *Admin) GetQueueMembers(ctx context.Context, in *ResourcePath) (*queueMembersAnswer, error) {
	members, version, err := a.cfg.Setup.QueueMembers(ctx, web.CallerOf(ctx).Tenant, conversation.QueueID(in.ID))
	if err != nil {
		return nil, err
	}
	return &queueMembersAnswer{web.VersionTag(version), queueMembers{web.Texts(members)}}, nil
}

func (a *Admin) SetQueueMembers(ctx context.Context, in *changing[queueMembers]) (*queueMembersAnswer, error) {
	who, id := web.CallerOf(ctx), conversation.QueueID(in.ID)
	members, faults := uuids[conversation.AgentID](in.Body.AgentIDs, "agent_ids")
	if len(faults) > 0 {
		return nil, web.Invalid.Problem(faults...)
	}
	_, err := changeResource(in.IfMatch,
		func() (routing.Queue, error) { return a.cfg.Setup.Queue(ctx, who.Tenant, id) },
		func(q *routing.Queue) []web.Fault {
			if q.Default {
				return []web.Fault{web.FaultAt("body.agent_ids", "expected another queue: every agent is a member of the default queue")}
			}
			return nil
		},
		func(q routing.Queue) (routing.Queue, error) {
			return a.cfg.Setup.SetQueueMembers(ctx, who.Actor(), id, q.Version, members)
		})
	if err != nil {
		return nil, err
	}
	return a.GetQueueMembers(ctx, &ResourcePath{in.ID})
}
