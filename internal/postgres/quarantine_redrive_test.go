package postgres_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/callback"
	"wxdesk/internal/conversation"
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

func (f *fixture) waiting(t *testing.T) []callback.Quarantined {
	t.Helper()
	rows, err := f.Quarantined(t.Context(), tenant, callback.QuarantineFilter{})
	require.NoError(t, err)
	return rows
}

func TestBad_K09_aRedrivenCallbackIsTakenInOnceAndLeavesQuarantine(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id, hello := newConversation(), says("k1", "hello")
	f.receive(t, f.batch(id, "li", broken(hello)))
	require.Len(t, f.waiting(t), 1)
	n, err := f.QuarantineWaiting(t.Context())
	require.NoError(t, err)
	require.Equal(t, int64(1), n)

	got := f.receive(t, f.batch(id, "li", redriven(hello)))
	require.Equal(t, []callback.ReceiptOutcome{"new"}, outcomes(got), "the same delivery, readable now")
	require.Empty(t, f.waiting(t))

	again := f.receive(t, f.batch(id, "li", redriven(hello)))
	require.Equal(t, got.Receipts, again.Receipts, "a Receive that runs again answers the same")
	next := f.receive(t, f.batch(newConversation(), "li", redriven(hello)))
	require.Equal(t, []callback.ReceiptOutcome{"repeat"}, outcomes(next))
	require.Equal(t, 1, f.count(t, "messages", "true"))
	require.Equal(t, 1, f.count(t, "quarantine", "done_at is not null"), "the row stays as evidence")
}

func TestBad_X23_whatStillCannotBeReadStaysWithTheReasonOfNow(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id, hello := newConversation(), says("k1", "hello")
	f.receive(t, f.batch(id, "li", broken(hello)))
	require.NoError(t, f.QuarantineHandedOver(t.Context(), tenant, hello.DeliveryID))
	require.NotNil(t, f.waiting(t)[0].HandedAt)

	still := redriven(broken(hello))
	still.Quarantine = "panics"
	for range 2 {
		got := f.receive(t, f.batch(id, "li", still, says("k2", "the next one goes on")))
		require.Equal(t, callback.ReceiptQuarantined, got.Receipts[0].Outcome)
		rows := f.waiting(t)
		require.Len(t, rows, 1)
		require.Equal(t, "panics", rows[0].Reason)
		require.Nil(t, rows[0].HandedAt, "it is to be redriven again")
	}
}

func TestBad_C11_aRedrivenCallbackWhoseKeyAnotherHasStaysAsEvidence(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id, first, other := newConversation(), says("k1", "hello"), says("k1", "something else")
	f.receive(t, f.batch(id, "li", broken(other)))
	f.receive(t, f.batch(id, "li", first))
	got := f.receive(t, f.batch(id, "li", redriven(other)))
	require.Equal(t, []callback.ReceiptOutcome{"quarantined"}, outcomes(got))
	rows := f.waiting(t)
	require.Len(t, rows, 1)
	require.Equal(t, callback.OtherContent, rows[0].Reason)
	require.Equal(t, 1, f.count(t, "messages", "true"))
}

func TestQuarantine_opensOnlyWhatItHasSealedItself(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	u := callback.Unreadable{
		Tenant: tenant, AccountID: f.account.ID, DeliveryID: uuid.NewString(), Reason: "undecipherable", Raw: []byte(canary),
	}
	require.NoError(t, f.Quarantine(t.Context(), u))
	rows := f.waiting(t)
	raw, err := f.QuarantinedRaw(t.Context(), tenant, rows[0])
	require.NoError(t, err)
	require.Equal(t, canary, string(raw))
	rows[0].AccountID = conversation.AccountID(uuid.NewString())
	_, err = f.QuarantinedRaw(t.Context(), tenant, rows[0])
	require.Error(t, err, "bound to its account")

	require.NoError(t, f.QuarantineDone(t.Context(), tenant, u.DeliveryID))
	require.Empty(t, f.waiting(t))
}
