package upkeep

import (
	"context"
	"strings"

	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/accounts"
	"wxdesk/internal/postgres/sealing"
	"wxdesk/internal/secret"
)

// vault is a column whose values are sealed by a master key. A change of master keys concerns all vaults.
type vault struct {
	table, column string
	id            string // the column that names a row, beside the tenant
	label         string
	ids           string // what follows table and tenant in the value's place, as elements of an SQL array
}

// vaults are all of them. What the customers' data keys seal is not among them: only those keys are wrapped again. Nor is
// what stays in no table for long: callbacks on their way, and the sessions of the codec endpoint.
func vaults() []vault {
	return []vault{
		{"accounts", "id_key", "id", sealing.LabelIDKey, `id::text, 'id_key'`},
		{"accounts", "app_secret", "id", sealing.LabelAppSecret, `id::text, '` + accounts.PurposeAppSecret + `'`},
		{"account_secrets", "sealed", "id", sealing.LabelCallback, `account_id::text, id::text, purpose`},
		{"access_tokens", "sealed", "account_id", sealing.LabelAccessToken, `account_id::text`},
		{"bots", "secret", "id", sealing.LabelBotSecret, `id::text, '` + accounts.PurposeBotSecret + `'`},
		{"bots", "old_secret", "id", sealing.LabelBotSecret, `id::text, '` + accounts.PurposeOldBotSecret + `'`},
		{"customers", "data_key", "id", sealing.LabelDataKey, `id::text, 'data_key'`},
		{"events", "body", "id", sealing.LabelEvent, `account_id::text, id::text`},
		{"quarantine", "raw", "delivery_id", sealing.LabelQuarantine, `account_id::text, delivery_id::text`},
	}
}

// String names the vault for people.
func (v vault) String() string { return v.table + "." + v.column }

// query writes the vault's names into a statement.
func (v vault) query(statement string) string {
	return strings.NewReplacer("{table}", v.table, "{column}", v.column, "{id}", v.id, "{ids}", v.ids).Replace(statement)
}

// valueHead is the beginning of a sealed value, which names the key.
type valueHead struct {
	Tenant conversation.Tenant `db:"tenant"`
	ID     string              `db:"id"`
	Head   []byte              `db:"head"`
}

// headsAtOnce keeps each statement of a walk far below the statement timeout.
const headsAtOnce = 2000

// walk shows the heads of all values of a vault, some at a time, in the order of the primary key. A value that is empty,
// as erasure leaves it, is none.
func (db *DB) walk(ctx context.Context, v vault, some func([]valueHead) error) error {
	query := v.query(`
		select tenant, {id}::text as id, substring({column} from 1 for $4) as head from {table}
		where (tenant, {id}) > ($1, $2::uuid) and octet_length({column}) > 0
		order by tenant, {id} limit $3`)
	after := valueHead{ID: "00000000-0000-0000-0000-000000000000"}
	for {
		var heads []valueHead
		if err := db.pool.SelectContext(ctx, &heads, query, after.Tenant, after.ID, headsAtOnce, secret.MaxHead); err != nil {
			return postgres.Explain(ctx, "read which keys seal "+v.String(), err)
		}
		if err := some(heads); err != nil || len(heads) < headsAtOnce {
			return err
		}
		after = heads[len(heads)-1]
	}
}

// KeyUse says how many values in one place are sealed by a master key.
type KeyUse struct {
	Place  string // table.column
	Key    string // the key's id; "" for values that no key can have sealed
	Values int
}

// KeyUses counts what each master key seals, place by place, whether or not the key is on the ring.
func (db *DB) KeyUses(ctx context.Context) ([]KeyUse, error) {
	var uses []KeyUse
	for _, v := range vaults() {
		byKey := map[string]int{}
		if err := db.walk(ctx, v, func(heads []valueHead) error {
			for _, h := range heads {
				key, _ := secret.KeyID(h.Head)
				byKey[key]++
			}
			return nil
		}); err != nil {
			return nil, err
		}
		for key, n := range byKey {
			uses = append(uses, KeyUse{Place: v.String(), Key: key, Values: n})
		}
	}
	return uses, nil
}
