package postgres_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/callback"
)

// unreadable is a callback that the callback endpoint could not read, in a request of its own.
func (f *fixture) unreadable(raw string) callback.Unreadable {
	return callback.Unreadable{
		Tenant: tenant, AccountID: f.account.ID, DeliveryID: uuid.NewString(), Reason: "undecipherable", Raw: []byte(raw), ReceivedAt: time.Now(),
	}
}

// WeChat repeats what it is told to repeat, and anybody can repeat a request that they have seen. There is one row all the same,
// also much later, and also where unsigned parts around the signed one have changed.
func TestS4_whatTheDoorCannotReadIsKeptOnceHoweverOftenItComes(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	const signed = "<Encrypt>AAAA</Encrypt>"
	first := f.unreadable("<xml>" + signed + "</xml>")
	require.NoError(t, f.Quarantine(t.Context(), first))
	require.NoError(t, f.Quarantine(t.Context(), first), "the same delivery, whose answer was lost")
	f.exec(t, `update quarantine set created_at = now() - interval '30 days', received_at = now() - interval '30 days'`)
	f.exec(t, `update receipts set created_at = now() - interval '30 days', received_at = now() - interval '30 days'`)
	for _, raw := range []string{"<xml>" + signed + "</xml>", "<xml>\n" + signed + "\n</xml>", "<xml><ToUserName>x</ToUserName>" + signed + "</xml>"} {
		require.NoError(t, f.Quarantine(t.Context(), f.unreadable(raw)))
	}
	require.Equal(t, 1, f.count(t, "quarantine", "delivery_id = $1", first.DeliveryID))
	require.Equal(t, 1, f.count(t, "quarantine", "true"))

	require.NoError(t, f.Quarantine(t.Context(), f.unreadable(strings.Replace(string(first.Raw), "AAAA", "BBBB", 1))))
	require.NoError(t, f.Quarantine(t.Context(), f.unreadable("a plain body")))
	require.NoError(t, f.Quarantine(t.Context(), f.unreadable("another plain body")))
	require.Equal(t, 4, f.count(t, "quarantine", "true"), "what differs is kept")
}

// The second of two messages under one key comes again and again: it is in quarantine once.
func TestS4_otherContentUnderAKnownKeyIsKeptOnceHoweverOftenItComes(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id := newConversation()
	f.receive(t, f.batch(id, "li", says("k1", "hello")))
	for _, words := range []string{"one thing", "another thing", "one thing", "one thing"} {
		got := f.receive(t, f.batch(id, "li", says("k1", words)))
		require.Equal(t, []callback.ReceiptOutcome{"quarantined"}, outcomes(got))
	}
	twice := says("k1", "in one batch")
	f.receive(t, f.batch(id, "li", twice, redelivered(twice)))
	require.Equal(t, 3, f.count(t, "quarantine", "true"))
}

// A callback whose timestamp is ten minutes old, or which comes a month later, has no effect where its key is known.
func TestBad_C07_lateRepeatsHaveNoEffect(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	id, hello := newConversation(), says("k1", "hello")
	f.receive(t, f.batch(id, "li", hello))
	late := redelivered(hello)
	late.Stale = true
	require.Equal(t, []callback.ReceiptOutcome{"repeat"}, outcomes(f.receive(t, f.batch(id, "li", late))))

	f.exec(t, `update receipts set created_at = now() - interval '30 days', received_at = now() - interval '30 days'`)
	for table, column := range map[string]string{"messages": "created_at", "conversations": "opened_at"} {
		f.exec(t, `update `+table+` set `+column+` = now() - interval '30 days'`)
	}
	got := f.receive(t, f.batch(newConversation(), "li", redelivered(late), redelivered(hello)))
	require.Equal(t, []callback.ReceiptOutcome{"repeat", "repeat"}, outcomes(got))
	require.False(t, got.Begun)
	require.Equal(t, 1, f.count(t, "messages", "true"))
	require.Equal(t, 1, f.count(t, "conversations", "true"))
	require.Zero(t, f.count(t, "quarantine", "true"))
}
