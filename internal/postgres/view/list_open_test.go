package view_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/postgrestest"
)

func TestConversations_ordersForWork(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	first, second := d.Had("wang", li), d.Had("zhao", li)
	waits := d.Waiting("qian")
	closed := d.Had("sun", li)
	d.Sent()
	d.Done(closed, li, command.Close)
	require.Empty(t, d.Command(first, li, command.Reply, "hello").Refused) // answered, and now the last to be active
	ids := func(f conversation.Filter) (list []conversation.ID) {
		after := conversation.Position{}
		for {
			page, err := d.Conversations(t.Context(), li.Viewer(), f, after, 1)
			require.NoError(t, err)
			if len(page) == 0 {
				return list
			}
			list = append(list, page[0].ID)
			after = page[0].PositionIn(f.Order)
		}
	}
	require.Equal(t, []conversation.ID{first.Conversation, waits.Conversation, second.Conversation}, ids(conversation.Filter{Order: conversation.OrderActivity}))
	require.Equal(t, []conversation.ID{second.Conversation, waits.Conversation}, ids(conversation.Filter{Order: conversation.OrderAnswer}))
	require.Equal(t, []conversation.ID{waits.Conversation}, ids(conversation.Filter{Order: conversation.OrderWaited}))
	d.Writes(first, "wang", "thank you")
	require.Equal(t, []conversation.ID{second.Conversation, waits.Conversation, first.Conversation}, ids(conversation.Filter{Order: conversation.OrderAnswer}))

	counts, err := d.CountConversations(t.Context(), li.Viewer(), conversation.Filter{})
	require.NoError(t, err)
	require.Equal(t, map[conversation.State]int{"open": 1, "active": 2, "closed": 1}, counts)
	counts, err = d.CountConversations(t.Context(), postgrestest.Everything, conversation.Filter{Holder: conversation.HolderAgent})
	require.NoError(t, err)
	require.Equal(t, map[conversation.State]int{"active": 2}, counts)
}

func TestConversations_narrowedByEveryFilter(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	had, waits := d.Had("wang", li), d.Waiting("qian")
	c, err := d.Conversation(t.Context(), postgrestest.Everything, had.Conversation)
	require.NoError(t, err)
	for name, f := range map[string]conversation.Filter{
		"customer":   {CustomerID: c.Customer.ID},
		"holder":     {Holder: conversation.HolderAgent},
		"states":     {States: []conversation.State{conversation.StateActive, conversation.StateWrapUp}},
		"ids":        {IDs: []conversation.ID{had.Conversation}},
		"times":      {From: c.OpenedAt, To: c.OpenedAt.Add(time.Microsecond)},
		"queue":      {QueueID: c.QueueID, Holder: conversation.HolderAgent},
		"workstream": {WorkstreamID: postgrestest.DefaultStream, AgentID: li.AgentID, Unanswered: true},
	} {
		found, err := d.Conversations(t.Context(), postgrestest.Everything, f, conversation.Position{}, 10)
		require.NoError(t, err, name)
		require.Len(t, found, 1, name)
		require.Equal(t, had.Conversation, found[0].ID, name)
	}
	all, err := d.Conversations(t.Context(), li.Viewer(), conversation.Filter{IDs: []conversation.ID{had.Conversation, waits.Conversation}}, conversation.Position{}, 10)
	require.NoError(t, err)
	require.Len(t, all, 2)
	bo := d.NewAgent("Bo").Viewer()
	for _, f := range []conversation.Filter{{IDs: []conversation.ID{had.Conversation}}, {CustomerID: c.Customer.ID}, {Unanswered: true, AgentID: li.AgentID}} {
		others, err := d.Conversations(t.Context(), bo, f, conversation.Position{}, 10)
		require.NoError(t, err)
		require.Empty(t, others)
	}
}

func TestConversation_rowsCanBeRead(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	d.Stream(`wrap_up = 'after', wrap_up_ms = 60000`)
	li := d.NewAgent("Li")
	ref := d.Had("wang", li)
	read := func() conversation.Conversation {
		c, err := d.Conversation(t.Context(), li.Viewer(), ref.Conversation)
		require.NoError(t, err)
		return c
	}
	c := read()
	require.Equal(t, conversation.AuthorCustomer, c.Last.Author, "an automated message is not shown as the last")
	require.False(t, c.UnansweredSince.IsZero(), "nobody has answered yet")
	require.True(t, c.AnsweredAt.IsZero())
	require.Empty(t, d.Command(ref, li, command.Reply, "hello").Refused)
	c = read()
	require.Equal(t, []any{conversation.AuthorAgent, "text", "hello"}, []any{c.Last.Author, c.Last.Kind, c.Last.Text})
	require.True(t, c.UnansweredSince.IsZero())
	require.False(t, c.AnsweredAt.IsZero())
	require.Equal(t, 100, c.Priority)
	d.Writes(ref, "wang", "one")
	since := read().UnansweredSince
	d.Writes(ref, "wang", "two")
	require.Equal(t, since, read().UnansweredSince, "since the first of them")
	d.Done(ref, li, command.WrapUp)
	require.Equal(t, conversation.DueWrapUp, read().Due[0].What)
}
