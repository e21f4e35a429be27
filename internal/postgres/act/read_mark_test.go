package act_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/postgrestest"
)

func TestMarkRead_countsWhatIsUnread(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	ref := d.Had("wang", li)
	unread := func(v access.Viewer) int {
		c, err := d.Conversation(t.Context(), v, ref.Conversation)
		require.NoError(t, err)
		return c.Unread
	}
	d.Writes(ref, "wang", "one")
	require.Equal(t, 2, unread(li.Viewer()))
	var last int64
	require.NoError(t, d.Raw.Get(&last, `select last_seq from conversations where id = $1`, ref.Conversation))
	for range 2 {
		require.NoError(t, d.MarkRead(t.Context(), li.Viewer(), ref.Conversation, last+100))
	}
	require.NoError(t, d.MarkRead(t.Context(), li.Viewer(), ref.Conversation, 1), "a mark never goes back")
	require.Zero(t, unread(li.Viewer()))
	require.Equal(t, 2, unread(d.Supervisor.Viewer()), "each person has their own")
	d.Writes(ref, "wang", "two")
	require.Equal(t, 1, unread(li.Viewer()))
	require.Equal(t, 1, d.Count(t, "feed", "kind = 'read' and (body ->> 'seq')::bigint = $1", last))
	require.ErrorIs(t, d.MarkRead(t.Context(), d.NewAgent("Bo").Viewer(), ref.Conversation, 1), conversation.ErrNotFound)
}
