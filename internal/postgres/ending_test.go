package postgres_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
)

// From the wish to end on nothing is asked of people, and the tables agree about that.
func TestEnding_endsTheWorkWithTheWish(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*office, conversation.Ref){
		"too long in its state": func(d *office, ref conversation.Ref) {
			d.exec(d.t, `update conversations set since = now() - interval '40 days'`)
			require.Equal(d.t, conversation.ClosedStateLimit, d.due(ref).Closing)
		},
		"the customer unfollows": func(d *office, ref conversation.Ref) {
			d.receive(d.t, d.batch(ref.Conversation, "wang", unfollows(uuid.NewString())))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newOffice(t)
			li := d.agent("Li")
			ref := d.had("wang", li)
			before, err := d.Conversation(t.Context(), everything, ref.Conversation)
			require.NoError(t, err)
			d.exec(t, `delete from feed`)
			end(d, ref)
			d.itemIs(ref, "state = 'done'")
			require.Zero(t, d.load(li))
			after, err := d.Conversation(t.Context(), everything, ref.Conversation)
			require.NoError(t, err)
			require.Greater(t, after.Revision, before.Revision)
			require.Empty(t, after.Due)
			require.Equal(t, 1, d.count(t, "feed", "kind = 'conversation' and agent_id = $1", li.AgentID))
			found, err := d.Disagreements(t.Context(), tenant)
			require.NoError(t, err)
			require.Empty(t, found)
			d.refused(command.RefusedClosed, ref, li, command.Reply)
		})
	}
}
