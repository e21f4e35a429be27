package view_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/postgres/postgrestest"
)

// R29
// What is unread is looked for among few messages, however many there are.
func TestConversation_unreadCostsTheSame(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	viewer := postgrestest.Everything
	viewer.Reader = "a person"
	id := postgrestest.NewConversation()
	f.MustReceive(t, f.Batch(id, "li", postgrestest.Says("k1", "hello")))
	var unread int
	read := func(db *postgrestest.Ledger) error {
		c, err := db.Conversation(t.Context(), viewer, id)
		unread = c.Unread
		return err
	}
	f.Exec(t, `analyze`)
	one := f.Reads(t, read)
	require.Equal(t, 1, unread)
	f.Exec(t, `
		insert into messages (tenant, id, conversation_id, seq, author, kind, body)
		select 'default', gen_random_uuid(), $1, 100 + n, case n % 2 when 0 then 'customer' else 'bot' end, 'text', 'x' from generate_series(1, 20000) n`, id)
	f.Exec(t, `analyze`)
	require.Less(t, f.Reads(t, read), one+200)
	require.Equal(t, 50, unread, "of the newest hundred")
	require.NoError(t, f.MarkRead(t.Context(), viewer, id, 1))
	require.Less(t, f.Reads(t, read), one+200)
	require.Equal(t, 50, unread)
}
