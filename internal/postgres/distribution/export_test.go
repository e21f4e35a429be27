package distribution

import (
	"context"

	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/capacity"
	"wxdesk/internal/postgres/presence"
	"wxdesk/internal/postgres/standing"
	"wxdesk/internal/routing"
)

// CapacityReads are the statements that read what agents have, each by who reads it.
func CapacityReads(t conversation.Tenant, queue conversation.QueueID, agents []conversation.AgentID) map[string]func(context.Context, *postgres.Tx) error {
	return map[string]func(context.Context, *postgres.Tx) error{
		"distribution": func(ctx context.Context, tx *postgres.Tx) error {
			_, err := readPool(ctx, tx, t, []routing.Queue{{ID: queue}}, details{released: true})
			return err
		},
		"presence": func(ctx context.Context, tx *postgres.Tx) error {
			return capacity.SettlePresence(ctx, tx, t, agents...)
		},
		"pick": func(ctx context.Context, tx *postgres.Tx) error {
			for _, a := range agents {
				l := &standing.Locked{Tx: tx, Ref: conversation.Ref{Tenant: t, Conversation: conversation.ID(postgres.NewID())}}
				l.Agents, l.Workstream.ID = map[conversation.AgentID]lifecycle.Agent{}, conversation.WorkstreamID(postgres.NewID())
				if err := l.LoadAgents(ctx, []conversation.AgentID{a}); err != nil {
					return err
				}
			}
			return nil
		},
		"figures": func(ctx context.Context, tx *postgres.Tx) error {
			for _, a := range agents {
				if _, err := presence.AgentNow(ctx, tx, t, a); err != nil {
					return err
				}
			}
			return nil
		},
	}
}
