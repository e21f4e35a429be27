package standing

import (
	"context"
	"maps"

	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/sealing"
)

// KeepContext sets context variables of a conversation; nil deletes one. old are those it has, sealed.
func KeepContext(ctx context.Context, tx *postgres.Tx, c conversation.Ref, seal sealing.Customer, old []byte, values map[string]any) error {
	merged := map[string]any{}
	if old != nil {
		maps.Copy(merged, seal.OpenContext(c.Conversation, old))
	}
	maps.Copy(merged, values)
	maps.DeleteFunc(merged, func(_ string, value any) bool { return value == nil })
	sealed, err := seal.SealContext(c.Conversation, merged)
	if err != nil {
		return err
	}
	const update = `update conversations set context = $3 where tenant = $1 and id = $2`
	_, err = tx.ExecContext(ctx, update, c.Tenant, c.Conversation, sealed)
	return err
}
