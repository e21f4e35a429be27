package postgrestest

import (
	"github.com/stretchr/testify/require"

	"wxdesk/internal/conversation"
)

// TextOf is the text of a message.
func (d *Office) TextOf(ref conversation.Ref, id conversation.MessageID) string {
	d.T.Helper()
	lines, err := d.Messages(d.T.Context(), Everything, ref.Conversation, 0, 100)
	require.NoError(d.T, err)
	for _, l := range lines {
		if l.ID == id {
			return l.Text
		}
	}
	require.Fail(d.T, "no such message")
	return ""
}

// Closes ends a conversation as its run does, twice.
func (d *Office) Closes(ref conversation.Ref, why conversation.CloseReason) {
	d.T.Helper()
	require.NotEmpty(d.T, why)
	Ended(d.T)(d.CloseConversation(d.T.Context(), ref, why))
	rows := d.Rows()
	Ended(d.T)(d.CloseConversation(d.T.Context(), ref, why))
	require.Equal(d.T, rows, d.Rows())
	d.Closed(ref, why)
}

// Sent is what follows from WeChat taking all that waits.
func (d *Office) Sent() {
	d.T.Helper()
	d.Exec(d.T, `update deliveries set status = 'sent' where status in ('queued', 'sending')`)
}

// Closed checks that a conversation has ended, and with it all that it asked of people.
func (d *Office) Closed(ref conversation.Ref, why conversation.CloseReason) {
	d.T.Helper()
	c, err := d.Conversation(d.T.Context(), Everything, ref.Conversation)
	require.NoError(d.T, err)
	require.Equal(d.T, []any{Closed, why}, []any{c.State, c.CloseReason})
	require.Zero(d.T, d.Count(d.T, "work_items", "conversation_id = $1 and state <> 'done'", ref.Conversation))
	require.Zero(d.T, d.Count(d.T, "assignments", "conversation_id = $1 and state in ('offered', 'accepted')", ref.Conversation))
}

// States and holders, by what tests call them.
const (
	Queued  = conversation.StateOpen
	Active  = conversation.StateActive
	Aside   = conversation.StateWaiting
	WrapUp  = conversation.StateWrapUp
	Closed  = conversation.StateClosed
	ByAgent = conversation.HolderAgent
	ByQueue = conversation.HolderQueue
)
