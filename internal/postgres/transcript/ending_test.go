package transcript_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/postgrestest"
)

// From the wish to end on nothing is asked of people, and the tables agree about that.
func TestEnding_endsTheWorkAtOnce(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*postgrestest.Office, conversation.Ref){
		"too long in its state": func(d *postgrestest.Office, ref conversation.Ref) {
			d.Exec(d.T, `update conversations set since = now() - interval '40 days'`)
			require.Equal(d.T, conversation.ClosedStateLimit, d.MustDue(ref).Closing)
		},
		"the customer unfollows": func(d *postgrestest.Office, ref conversation.Ref) {
			d.MustReceive(d.T, d.Batch(ref.Conversation, "wang", postgrestest.Unfollows(uuid.NewString())))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := postgrestest.NewOffice(t)
			li := d.NewAgent("Li")
			ref := d.Had("wang", li)
			before, err := d.Conversation(t.Context(), postgrestest.Everything, ref.Conversation)
			require.NoError(t, err)
			d.Exec(t, `delete from feed`)
			end(d, ref)
			d.ItemIs(ref, "state = 'done'")
			require.Zero(t, d.Load(li))
			after, err := d.Conversation(t.Context(), postgrestest.Everything, ref.Conversation)
			require.NoError(t, err)
			require.Greater(t, after.Revision, before.Revision)
			require.Empty(t, after.Due)
			require.Equal(t, 1, d.Count(t, "feed", "kind = 'conversation' and agent_id = $1", li.AgentID))
			found, err := d.Disagreements(t.Context(), postgrestest.Tenant)
			require.NoError(t, err)
			require.Empty(t, found)
			d.Refused(command.RefusedClosed, ref, li, command.Reply)
		})
	}
}
