package postgres

import (
	"context"

	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/routing"
)

// CapacityReads are the statements that read what agents have, each by who reads it.
func CapacityReads(t conversation.Tenant, queue conversation.QueueID, agents []conversation.AgentID) map[string]func(context.Context, *transaction) error {
	return map[string]func(context.Context, *transaction) error{
		"distribution": func(ctx context.Context, tx *transaction) error {
			_, err := readPool(ctx, tx, t, []routing.Queue{{ID: queue}}, details{released: true})
			return err
		},
		"presence": func(ctx context.Context, tx *transaction) error {
			return settlePresence(ctx, tx, t, agents...)
		},
		"pick": func(ctx context.Context, tx *transaction) error {
			for _, a := range agents {
				l := &locked{tx: tx, ref: conversation.Ref{Tenant: t, Conversation: conversation.ID(newID())}}
				l.Agents, l.Workstream.ID = map[conversation.AgentID]lifecycle.Agent{}, conversation.WorkstreamID(newID())
				if err := l.loadAgents(ctx, []conversation.AgentID{a}); err != nil {
					return err
				}
			}
			return nil
		},
		"figures": func(ctx context.Context, tx *transaction) error {
			for _, a := range agents {
				if _, err := agentNow(ctx, tx, t, a); err != nil {
					return err
				}
			}
			return nil
		},
	}
}
