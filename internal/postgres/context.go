package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"

	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/routing"
)

// keepBotContext sets what a bot asks for; what the workstream does not declare, or cannot be kept, is left out (B07).
func keepBotContext(ctx context.Context, tx *transaction, c conversation.Ref, seal customerSeal, old []byte, values map[string]any) error {
	if len(values) == 0 {
		return nil
	}
	const query = `
		select w.variables from conversations c join accounts a on a.tenant = c.tenant and a.id = c.account_id ` + workstreamOf + `
		where c.tenant = $1 and c.id = $2`
	var encoded []byte
	if err := tx.GetContext(ctx, &encoded, query, c.Tenant, c.Conversation); err != nil {
		return err
	}
	declared, err := variables(encoded)
	if err != nil {
		return err
	}
	usable := maps.Clone(values)
	maps.DeleteFunc(usable, func(name string, value any) bool { return !lifecycle.AcceptsVariable(declared, name, value) })
	if len(usable) == 0 {
		return nil
	}
	return keepContext(ctx, tx, c, seal, old, usable)
}

func variables(encoded []byte) (list []routing.Variable, err error) {
	if err := json.Unmarshal(encoded, &list); err != nil {
		return nil, fmt.Errorf("context variables of a workstream: %w", err)
	}
	return list, nil
}

func keepContext(ctx context.Context, tx *transaction, c conversation.Ref, seal customerSeal, old []byte, values map[string]any) error {
	merged := map[string]any{}
	if old != nil {
		maps.Copy(merged, seal.openContext(c.Conversation, old))
	}
	maps.Copy(merged, values)
	maps.DeleteFunc(merged, func(_ string, value any) bool { return value == nil })
	sealed, err := seal.sealContext(c.Conversation, merged)
	if err != nil {
		return err
	}
	const update = `update conversations set context = $3 where tenant = $1 and id = $2`
	_, err = tx.ExecContext(ctx, update, c.Tenant, c.Conversation, sealed)
	return err
}
