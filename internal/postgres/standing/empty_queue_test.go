package standing_test

import (
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/postgrestest"
	"wxdesk/internal/routing"
)

func TestEmptyQueue_alertsOnce(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	comes := func(n int) routing.Decision {
		t.Helper()
		ref := conversation.Ref{Tenant: postgrestest.Tenant, Conversation: postgrestest.NewConversation()}
		d.MustReceive(t, d.Batch(ref.Conversation, fmt.Sprint(n), postgrestest.Says(uuid.NewString(), "a person, please")))
		d.MustRequestHandOver(t, ref)
		question, err := d.RoutingQuestion(t.Context(), ref)
		require.NoError(t, err)
		decision := routing.Decide(question, nil)
		d.MustHandOver(t, ref, decision)
		return decision
	}
	alerts := func() int { return d.Count(t, "feed", "kind = 'alert' and body ->> 'alert' = 'empty-queue'") }

	require.Equal(t, "empty-queue", comes(1).Alert)
	for n := range 5 {
		decision := comes(2 + n)
		require.Empty(t, decision.Alert, "the worker logs nothing more")
		require.Equal(t, routing.NoticeNobody, decision.Notice, "but each customer is told")
	}
	require.Equal(t, 1, alerts())

	who := d.NewAgent("Li")
	_, err := d.Distribute(t.Context(), postgrestest.Tenant)
	require.NoError(t, err)
	require.Empty(t, comes(7).Alert)
	d.Exec(t, `update agents set disabled = true where id = $1`, who.AgentID)
	require.Equal(t, "empty-queue", comes(8).Alert, "nobody works there again")
	require.Empty(t, comes(9).Alert)
	require.Equal(t, 2, alerts())
}
