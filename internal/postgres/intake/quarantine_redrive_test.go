package intake_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/callback"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/postgrestest"
)

// broken is the same callback as it was when it could not be read.
func broken(a callback.Arrival) callback.Arrival {
	a.Quarantine, a.Fingerprint, a.Ciphertext, a.KeyID = "undecipherable", "", "xxxx", uuid.NewString()
	return a
}

func redriven(a callback.Arrival) callback.Arrival {
	a.Redriven = true
	return a
}

func waiting(f *postgrestest.Fixture, t *testing.T) []callback.Quarantined {
	t.Helper()
	rows, err := f.Quarantined(t.Context(), postgrestest.Tenant, callback.QuarantineFilter{})
	require.NoError(t, err)
	return rows
}

// K09
func TestReceive_redriveLeavesQuarantineOnce(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	id, hello := postgrestest.NewConversation(), postgrestest.Says("k1", "hello")
	f.MustReceive(t, f.Batch(id, "li", broken(hello)))
	require.Len(t, waiting(f, t), 1)
	n, err := f.QuarantineWaiting(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(1), n)

	got := f.MustReceive(t, f.Batch(id, "li", redriven(hello)))
	require.Equal(t, []callback.ReceiptOutcome{"new"}, postgrestest.Outcomes(got), "the same delivery, readable now")
	require.Empty(t, waiting(f, t))

	again := f.MustReceive(t, f.Batch(id, "li", redriven(hello)))
	require.Equal(t, got.Receipts, again.Receipts, "a Receive that runs again answers the same")
	next := f.MustReceive(t, f.Batch(postgrestest.NewConversation(), "li", redriven(hello)))
	require.Equal(t, []callback.ReceiptOutcome{"repeat"}, postgrestest.Outcomes(next))
	require.Equal(t, 1, f.Count(t, "messages", "true"))
	require.Equal(t, 1, f.Count(t, "quarantine", "done_at is not null"), "the row stays as evidence")
}

// X23
func TestReceive_unreadableRedriveKeepsNewReason(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	id, hello := postgrestest.NewConversation(), postgrestest.Says("k1", "hello")
	f.MustReceive(t, f.Batch(id, "li", broken(hello)))
	require.NoError(t, f.QuarantineHandedOver(t.Context(), postgrestest.Tenant, hello.DeliveryID))
	require.NotNil(t, waiting(f, t)[0].HandedAt)

	still := redriven(broken(hello))
	still.Quarantine = "panics"
	for range 2 {
		got := f.MustReceive(t, f.Batch(id, "li", still, postgrestest.Says("k2", "the next one goes on")))
		require.Equal(t, callback.ReceiptQuarantined, got.Receipts[0].Outcome)
		rows := waiting(f, t)
		require.Len(t, rows, 1)
		require.Equal(t, "panics", rows[0].Reason)
		require.Nil(t, rows[0].HandedAt, "it is to be redriven again")
	}
}

// C11
func TestReceive_redriveUnderAKnownKeyStays(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	id, first, other := postgrestest.NewConversation(), postgrestest.Says("k1", "hello"), postgrestest.Says("k1", "something else")
	f.MustReceive(t, f.Batch(id, "li", broken(other)))
	f.MustReceive(t, f.Batch(id, "li", first))
	got := f.MustReceive(t, f.Batch(id, "li", redriven(other)))
	require.Equal(t, []callback.ReceiptOutcome{"quarantined"}, postgrestest.Outcomes(got))
	rows := waiting(f, t)
	require.Len(t, rows, 1)
	require.Equal(t, callback.OtherContent, rows[0].Reason)
	require.Equal(t, 1, f.Count(t, "messages", "true"))
}

func TestQuarantine_opensOnlyWhatItHasSealedItself(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	u := callback.Unreadable{
		Tenant: postgrestest.Tenant, AccountID: f.TheAccount.ID, DeliveryID: uuid.NewString(), Reason: "undecipherable", Raw: []byte(postgrestest.Canary),
	}
	require.NoError(t, f.Quarantine(t.Context(), u))
	rows := waiting(f, t)
	raw, err := f.QuarantinedRaw(t.Context(), postgrestest.Tenant, rows[0])
	require.NoError(t, err)
	require.Equal(t, postgrestest.Canary, string(raw))
	rows[0].AccountID = conversation.AccountID(uuid.NewString())
	_, err = f.QuarantinedRaw(t.Context(), postgrestest.Tenant, rows[0])
	require.Error(t, err, "bound to its account")

	require.NoError(t, f.QuarantineDone(t.Context(), postgrestest.Tenant, u.DeliveryID))
	require.Empty(t, waiting(f, t))
}
