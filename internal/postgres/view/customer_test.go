package view_test

import (
	"maps"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/access"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/postgrestest"
)

// customers reads what agents see of one customer.
type customers struct {
	*postgrestest.Office
	t  *testing.T
	id conversation.CustomerID
}

// of is what somebody may read: the customer, and which of the conversations, read one by one and listed by the customer.
func (c customers) of(v access.Viewer, all ...conversation.Ref) (knows bool, sees []conversation.ID) {
	c.t.Helper()
	_, err := c.SeenCustomer(c.t.Context(), v, c.id)
	knows = err == nil
	if !knows {
		require.ErrorIs(c.t, err, conversation.ErrNotFound)
	}
	for _, ref := range all {
		_, err := c.Conversation(c.t.Context(), v, ref.Conversation)
		_, said := c.Timeline(c.t.Context(), v, ref.Conversation, conversation.TimelineRange{Limit: 10})
		if err == nil {
			require.NoError(c.t, said)
			sees = append(sees, ref.Conversation)
			continue
		}
		require.ErrorIs(c.t, err, conversation.ErrNotFound)
		require.ErrorIs(c.t, said, conversation.ErrNotFound)
	}
	list, err := c.Conversations(c.t.Context(), v, conversation.Filter{CustomerID: c.id}, conversation.Position{}, 10)
	require.NoError(c.t, err)
	var listed []conversation.ID
	for _, one := range list {
		listed = append(listed, one.ID)
	}
	require.ElementsMatch(c.t, sees, listed)
	c.counts(v, list, conversation.Filter{CustomerID: c.id}, conversation.Filter{CustomerID: c.id, IDs: listed})
	everything, err := c.Conversations(c.t.Context(), v, conversation.Filter{}, conversation.Position{}, 10)
	require.NoError(c.t, err)
	c.counts(v, everything, conversation.Filter{})
	return knows, sees
}

// counts requires that with each of the filters as many are counted of each state as are listed.
func (c customers) counts(v access.Viewer, listed []conversation.Conversation, filters ...conversation.Filter) {
	c.t.Helper()
	want := map[conversation.State]int{}
	for _, one := range listed {
		want[one.State]++
	}
	for _, f := range filters {
		counts, err := c.CountConversations(c.t.Context(), v, f)
		require.NoError(c.t, err)
		maps.DeleteFunc(counts, func(_ conversation.State, n int) bool { return n == 0 })
		require.Equal(c.t, want, counts)
	}
}

// S5, BOT-6
// While an agent has a customer's conversation, they read the customer's earlier ones. Before and after they see what is theirs.
func TestCustomer_earlierOnesWhileAgentHasOne(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li, zhao := d.NewAgent("Li"), d.NewAgent("Zhao")
	first := d.Had("wang", zhao)
	d.Done(first, d.Supervisor, command.ForceClose)
	c := customers{Office: d, t: t}
	require.NoError(t, d.Raw.Get(&c.id, `select customer_id from conversations where id = $1`, first.Conversation))
	other := d.Had("qian", zhao) // another customer's

	second := d.Waiting("wang")
	to := func(agent access.Principal) func() {
		return func() { d.Done(second, d.Supervisor, command.Assign, postgrestest.ToAgent(agent)) }
	}
	for _, step := range []struct {
		name     string
		do       func()
		li, zhao []conversation.Ref
	}{
		{"it waits in their queue", func() {}, []conversation.Ref{second}, []conversation.Ref{first, second}},
		{"it is offered to li", func() { d.Offer(second, li) }, []conversation.Ref{second}, []conversation.Ref{first, second}},
		{"li has it", func() { d.Done(second, li, command.Accept) }, []conversation.Ref{first, second}, []conversation.Ref{first}},
		{"zhao has it", to(zhao), []conversation.Ref{second}, []conversation.Ref{first, second}},
		{"li has it again", to(li), []conversation.Ref{first, second}, []conversation.Ref{first, second}},
		{"li wraps up", func() { d.Done(second, li, command.WrapUp) }, []conversation.Ref{first, second}, []conversation.Ref{first, second}},
		{"it is over", func() { d.Done(second, d.Supervisor, command.ForceClose) }, []conversation.Ref{second}, []conversation.Ref{first, second}},
	} {
		step.do()
		for who, want := range map[access.Principal][]conversation.Ref{li: step.li, zhao: step.zhao} {
			var ids []conversation.ID
			for _, ref := range want {
				ids = append(ids, ref.Conversation)
			}
			knows, sees := c.of(who.Viewer(), first, second)
			require.True(t, knows, step.name)
			require.ElementsMatch(t, ids, sees, step.name)
		}
	}
	knows, sees := c.of(d.NewAgent("Bo").Viewer(), first, second)
	require.False(t, knows, "Bo may see none of them")
	require.Empty(t, sees)
	knows, _ = c.of(d.Supervisor.Viewer(), first, second)
	require.True(t, knows)
	knows, _ = c.of(access.Viewer{Tenant: "another", AgentID: li.AgentID}, first, second)
	require.False(t, knows)
	_, err := d.Conversation(t.Context(), li.Viewer(), other.Conversation)
	require.ErrorIs(t, err, conversation.ErrNotFound)
}
