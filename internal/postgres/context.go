package postgres

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// maxVariable is how many characters a context variable may hold (CTX-1).
const maxVariable = 4000

// setContext sets context variables: strings, whole numbers, and null to forget one. All of them or none.
func (a *act) setContext(ctx context.Context) (conversation.Refusal, error) {
	if !a.mine() && !a.supervises() {
		return conversation.RefusedNotYours, nil
	}
	values, ok := valuesOf(a.text)
	if !ok {
		return conversation.RefusedText, nil
	}
	declared, err := variables(a.Variables)
	if err != nil {
		return "", err
	}
	for name, value := range values {
		if !fits(declared, name, value) {
			return conversation.RefusedVariable, nil
		}
	}
	seal, err := a.seal()
	if err != nil {
		return "", err
	}
	a.moved = true
	return "", keepContext(ctx, a.tx, a.ref, seal, a.Context, values)
}

// valuesOf reads the variables of a command.
func valuesOf(text string) (values map[string]any, ok bool) {
	d := json.NewDecoder(strings.NewReader(text))
	d.UseNumber()
	err := d.Decode(&values)
	return values, err == nil
}

// keepBotContext sets what a bot asks for; what the workstream does not declare, or cannot be kept, is left out (B07).
func keepBotContext(ctx context.Context, tx *sqlx.Tx, c conversation.Ref, seal customerSeal, old []byte, values map[string]any) error {
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
	maps.DeleteFunc(usable, func(name string, value any) bool { return !fits(declared, name, value) })
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

// fits reports whether a variable is declared and may hold the value.
func fits(declared []routing.Variable, name string, value any) bool {
	for _, v := range declared {
		if v.Name != name {
			continue
		}
		switch value := value.(type) {
		case nil:
			return true
		case string:
			return !v.Number && utf8.RuneCountInString(value) <= maxVariable && !strings.ContainsRune(value, 0)
		default:
			return v.Number && whole(value)
		}
	}
	return false
}

// whole reports whether a value as JSON or a connector gives it is a whole number.
func whole(value any) bool {
	switch n := value.(type) {
	case int, int64:
		return true
	case float64:
		return n == math.Trunc(n) && math.Abs(n) < 1<<53
	case json.Number:
		_, err := n.Int64()
		return err == nil
	}
	return false
}

func keepContext(ctx context.Context, tx *sqlx.Tx, c conversation.Ref, seal customerSeal, old []byte, values map[string]any) error {
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
