package postgrestest

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/callback"
	"wxdesk/internal/conversation"
)

// SpooledBy is a callback of a customer.
func SpooledBy(customer, messageKey string, account conversation.AccountID) callback.Received {
	return callback.Received{
		Tenant: Tenant, AccountID: account, CustomerKey: conversation.CustomerKey(customer), DeliveryID: uuid.NewString(),
		MessageKey: messageKey, KeyID: "11111111-1111-4111-8111-111111111111", Ciphertext: "c2VhbGVk",
		ReceivedAt: time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC), Fingerprint: "print of " + messageKey,
		Traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
	}
}

// Spools spools a callback.
func (f *Fixture) Spools(t *testing.T, customer, messageKey string) callback.Received {
	t.Helper()
	h := SpooledBy(customer, messageKey, f.TheAccount.ID)
	require.NoError(t, f.Spool(t.Context(), h))
	return h
}

// Blocks counts how many blocks a statement looks at, planned for any arguments.
func (f *Fixture) Blocks(t *testing.T, statement, types, args string) int {
	t.Helper()
	tx, err := f.Raw.Beginx()
	require.NoError(t, err)
	defer tx.Rollback() //nolint:errcheck // it leaves nothing behind
	var plans []byte
	for _, s := range []string{`set local plan_cache_mode = force_generic_plan`, `prepare looked_at (` + types + `) as ` + statement} {
		_, err := tx.Exec(s)
		require.NoError(t, err)
	}
	require.NoError(t, tx.Get(&plans, `explain (analyze, buffers, format json) execute looked_at (`+args+`)`))
	_, err = tx.Exec(`deallocate looked_at`)
	require.NoError(t, err)
	var plan []struct {
		Plan struct {
			Hit  int `json:"Shared Hit Blocks"`
			Read int `json:"Shared Read Blocks"`
		}
	}
	require.NoError(t, json.Unmarshal(plans, &plan))
	return plan[0].Plan.Hit + plan[0].Plan.Read
}
