package postgres

import (
	"context"

	"github.com/jmoiron/sqlx"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// CapacityReads are the statements that read what agents have, each by who reads it.
func CapacityReads(t conversation.Tenant, queue conversation.QueueID, agents []conversation.AgentID) map[string]func(context.Context, *sqlx.Tx) error {
	return map[string]func(context.Context, *sqlx.Tx) error{
		"distribution": func(ctx context.Context, tx *sqlx.Tx) error {
			_, err := readCrew(ctx, tx, t, []routing.Queue{{ID: queue}}, nil, details{released: true})
			return err
		},
		"presence": func(ctx context.Context, tx *sqlx.Tx) error {
			return settlePresence(ctx, tx, t, agents...)
		},
		"pick": func(ctx context.Context, tx *sqlx.Tx) error {
			for _, a := range agents {
				talk := &talk{tx: tx, ref: conversation.Ref{Tenant: t, Conversation: conversation.ID(newID())}, item: &talkItem{Units: 25}}
				if _, err := talk.roomFor(ctx, person{ID: a, Units: 100}); err != nil {
					return err
				}
			}
			return nil
		},
		"figures": func(ctx context.Context, tx *sqlx.Tx) error {
			for _, a := range agents {
				if _, err := agentNow(ctx, tx, t, a); err != nil {
					return err
				}
			}
			return nil
		},
	}
}
