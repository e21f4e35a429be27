package intake_test

import (
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/bot"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/postgrestest"
)

func TestConversations_listsNewestFirstByFilter(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	var want []conversation.ID
	for i := range 7 {
		id := postgrestest.NewConversation()
		f.MustReceive(t, f.Batch(id, fmt.Sprintf("customer %d", i), postgrestest.Says(fmt.Sprintf("k%d", i), "hello")))
		want = append([]conversation.ID{id}, want...)
	}
	var got []conversation.ID
	var after conversation.Position
	for {
		page, err := f.Conversations(t.Context(), postgrestest.Everything, conversation.Filter{}, after, 3)
		require.NoError(t, err)
		if len(page) == 0 {
			break
		}
		for _, c := range page {
			got = append(got, c.ID)
			after = c.PositionIn(conversation.OrderOpened)
		}
	}
	require.Equal(t, want, got)

	closed := conversation.Ref{Tenant: postgrestest.Tenant, Conversation: want[2]}
	postgrestest.Ended(t)(f.CloseConversation(t.Context(), closed, conversation.ClosedIdle))
	active, ended := []conversation.State{conversation.StateActive}, []conversation.State{conversation.StateClosed}
	for _, of := range []struct {
		conversation.Filter
		n int
	}{
		{conversation.Filter{States: ended}, 1},
		{conversation.Filter{States: active}, 6},
		{conversation.Filter{AccountID: f.TheAccount.ID}, 7},
		{conversation.Filter{AccountID: conversation.AccountID(uuid.NewString())}, 0},
		{conversation.Filter{QueueID: conversation.QueueID(uuid.NewString())}, 0},
		{conversation.Filter{AgentID: conversation.AgentID(uuid.NewString())}, 0},
		{conversation.Filter{States: active, AccountID: f.TheAccount.ID}, 6},
	} {
		list, err := f.Conversations(t.Context(), postgrestest.Everything, of.Filter, conversation.Position{}, 100)
		require.NoError(t, err)
		require.Len(t, list, of.n, "%+v", of.Filter)
	}
}

// TRN-4
func TestMessages_pagesByNumber(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	id := postgrestest.NewConversation()
	f.MustReceive(t, f.Batch(id, "li", postgrestest.Says("k1", "1"), postgrestest.Says("k2", "2"), postgrestest.Says("k3", "3")))
	lines, err := f.Messages(t.Context(), postgrestest.Everything, id, 1, 1)
	require.NoError(t, err)
	require.Len(t, lines, 1)
	require.Equal(t, int64(2), lines[0].Seq)
	_, err = f.Messages(t.Context(), postgrestest.Everything, postgrestest.NewConversation(), 0, 1)
	require.ErrorIs(t, err, conversation.ErrNotFound)
	_, err = f.Conversation(t.Context(), postgrestest.Everything, "1")
	require.ErrorIs(t, err, conversation.ErrNotFound)
}

// X16
func TestMessages_keepTextExactly(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	id := postgrestest.NewConversation()
	odd := postgrestest.Says("k1", "")
	odd.Text = "<script>\u202e'; drop table messages; -- ${jndi:x} %s \\u0000 😀\u200b\r\n\t  "
	f.MustReceive(t, f.Batch(id, "li", odd))
	lines, err := f.Messages(t.Context(), postgrestest.Everything, id, 0, 1)
	require.NoError(t, err)
	require.Equal(t, odd.Text, lines[0].Text)
}

func TestFAQEntries_accountsOwnHidesTheTenants(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	put := func(account conversation.AccountID, entries ...bot.FAQEntry) {
		require.NoError(t, f.PutFAQEntries(t.Context(), postgrestest.Tenant, account, entries))
	}
	put("", bot.FAQEntry{Language: "en", Phrase: "open", Answer: "nine"}, bot.FAQEntry{Language: "en", Phrase: "price", Answer: "ten"})
	put("", bot.FAQEntry{Language: "en", Phrase: "price", Answer: "eleven"})
	put(f.TheAccount.ID, bot.FAQEntry{Language: "en", Phrase: "open", Answer: "never"})

	got, err := f.FAQEntries(t.Context(), postgrestest.Tenant, f.TheAccount.ID)
	require.NoError(t, err)
	require.Equal(t, []bot.FAQEntry{{Language: "en", Phrase: "open", Answer: "never"}, {Language: "en", Phrase: "price", Answer: "eleven"}}, got)
	got, err = f.FAQEntries(t.Context(), postgrestest.Tenant, conversation.AccountID(uuid.NewString()))
	require.NoError(t, err)
	require.Equal(t, "nine", got[0].Answer)
}

func TestWorkerBeat_saysThatAWorkerPolls(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewEmptyFixture(t)
	polls := func() bool {
		yes, err := f.WorkerPolls(t.Context())
		require.NoError(t, err)
		return yes
	}
	require.False(t, polls())
	id := uuid.NewString()
	for range 2 {
		require.NoError(t, f.WorkerBeat(t.Context(), id, "v1"))
	}
	require.True(t, polls())
	f.Exec(t, `update workers set beat_at = now() - interval '6 seconds'`)
	require.False(t, polls(), "it has been silent")
	require.NoError(t, f.WorkerBeat(t.Context(), id, "v1"))
	require.NoError(t, f.WorkerGone(t.Context(), id))
	require.False(t, polls())
}
