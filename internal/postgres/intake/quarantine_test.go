package intake_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/callback"
	"wxdesk/internal/postgres/postgrestest"
)

// unreadable is a callback that the callback endpoint could not read, in a request of its own.
func unreadable(f *postgrestest.Fixture, raw string) callback.Unreadable {
	return callback.Unreadable{
		Tenant: postgrestest.Tenant, AccountID: f.TheAccount.ID, DeliveryID: uuid.NewString(), Reason: "undecipherable", Raw: []byte(raw), ReceivedAt: time.Now(),
	}
}

// S4, K09
// WeChat repeats what it is told to repeat, and anybody can repeat a request that they have seen. There is one row anyway,
// also much later, and also where unsigned parts around the signed one have changed.
func TestQuarantine_keepsTheUnreadableOnce(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	const signed = "<Encrypt>AAAA</Encrypt>"
	first := unreadable(f, "<xml>"+signed+"</xml>")
	require.NoError(t, f.Quarantine(t.Context(), first))
	require.NoError(t, f.Quarantine(t.Context(), first), "the same delivery, whose answer was lost")
	f.Exec(t, `update quarantine set created_at = now() - interval '30 days', received_at = now() - interval '30 days'`)
	f.Exec(t, `update receipts set created_at = now() - interval '30 days', received_at = now() - interval '30 days'`)
	for _, raw := range []string{"<xml>" + signed + "</xml>", "<xml>\n" + signed + "\n</xml>", "<xml><ToUserName>x</ToUserName>" + signed + "</xml>"} {
		require.NoError(t, f.Quarantine(t.Context(), unreadable(f, raw)))
	}
	require.Equal(t, 1, f.Count(t, "quarantine", "delivery_id = $1", first.DeliveryID))
	require.Equal(t, 1, f.Count(t, "quarantine", "true"))

	require.NoError(t, f.Quarantine(t.Context(), unreadable(f, strings.Replace(string(first.Raw), "AAAA", "BBBB", 1))))
	require.NoError(t, f.Quarantine(t.Context(), unreadable(f, "a plain body")))
	require.NoError(t, f.Quarantine(t.Context(), unreadable(f, "another plain body")))
	require.Equal(t, 4, f.Count(t, "quarantine", "true"), "what differs is kept")
}

// S4, C11
// The second of two messages under one key comes again and again: it is in quarantine once.
func TestQuarantine_keepsOtherContentOnce(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	id := postgrestest.NewConversation()
	f.MustReceive(t, f.Batch(id, "li", postgrestest.Says("k1", "hello")))
	for _, words := range []string{"one thing", "another thing", "one thing", "one thing"} {
		got := f.MustReceive(t, f.Batch(id, "li", postgrestest.Says("k1", words)))
		require.Equal(t, []callback.ReceiptOutcome{"quarantined"}, postgrestest.Outcomes(got))
	}
	twice := postgrestest.Says("k1", "in one batch")
	f.MustReceive(t, f.Batch(id, "li", twice, postgrestest.Redelivered(twice)))
	require.Equal(t, 3, f.Count(t, "quarantine", "true"))
}

// C07
// A callback whose timestamp is ten minutes old, or which comes a month later, has no effect if its key is known.
func TestReceive_lateRepeatHasNoEffect(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	id, hello := postgrestest.NewConversation(), postgrestest.Says("k1", "hello")
	f.MustReceive(t, f.Batch(id, "li", hello))
	late := postgrestest.Redelivered(hello)
	late.Stale = true
	require.Equal(t, []callback.ReceiptOutcome{"repeat"}, postgrestest.Outcomes(f.MustReceive(t, f.Batch(id, "li", late))))

	f.Exec(t, `update receipts set created_at = now() - interval '30 days', received_at = now() - interval '30 days'`)
	for table, column := range map[string]string{"messages": "created_at", "conversations": "opened_at"} {
		f.Exec(t, `update `+table+` set `+column+` = now() - interval '30 days'`)
	}
	got := f.MustReceive(t, f.Batch(postgrestest.NewConversation(), "li", postgrestest.Redelivered(late), postgrestest.Redelivered(hello)))
	require.Equal(t, []callback.ReceiptOutcome{"repeat", "repeat"}, postgrestest.Outcomes(got))
	require.False(t, got.Begun)
	require.Equal(t, 1, f.Count(t, "messages", "true"))
	require.Equal(t, 1, f.Count(t, "conversations", "true"))
	require.Zero(t, f.Count(t, "quarantine", "true"))
}
