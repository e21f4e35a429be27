package transcript

import (
	"context"
	"maps"

	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/sealing"
	"wxdesk/internal/postgres/setup"
	"wxdesk/internal/postgres/standing"
)

// keepBotContext sets the context variables of a bot. It leaves out those that the workstream does not declare or that cannot be
// stored (B07).
func keepBotContext(ctx context.Context, tx *postgres.Tx, c conversation.Ref, seal sealing.Customer, old []byte, values map[string]any) error {
	if len(values) == 0 {
		return nil
	}
	const query = `
		select w.variables from conversations c join accounts a on a.tenant = c.tenant and a.id = c.account_id ` + standing.WorkstreamOf + `
		where c.tenant = $1 and c.id = $2`
	var encoded []byte
	if err := tx.GetContext(ctx, &encoded, query, c.Tenant, c.Conversation); err != nil {
		return err
	}
	declared, err := setup.Variables(encoded)
	if err != nil {
		return err
	}
	usable := maps.Clone(values)
	maps.DeleteFunc(usable, func(name string, value any) bool { return !lifecycle.AcceptsVariable(declared, name, value) })
	if len(usable) == 0 {
		return nil
	}
	return standing.KeepContext(ctx, tx, c, seal, old, usable)
}
