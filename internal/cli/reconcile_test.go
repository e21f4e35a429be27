package cli_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/cli"
	"wxdesk/internal/conversation"
)

// A run that is still to be told of an act may differ from the ledger until then.
func TestReconcile_passesOverPendingNotices(t *testing.T) {
	t.Parallel()
	nobody := func(string) (conversation.StandingReport, error) {
		return conversation.StandingReport{}, errors.New("nobody is to be asked")
	}
	run := conversation.StandingReport{WorkflowID: "w", State: conversation.StateActive, Holder: conversation.HolderBot}
	ended := conversation.StandingReport{WorkflowID: "w", Conversation: "1", State: conversation.StateClosed, NoticePending: true}
	next := conversation.StandingReport{WorkflowID: "w", Conversation: "2", State: conversation.StateOpen, Holder: conversation.HolderQueue}
	open := []conversation.StandingReport{run}
	for _, rows := range [][]conversation.StandingReport{{ended}, {ended, next}, {next, ended}} {
		require.Empty(t, cli.Compare(rows, open, nobody))
	}
	require.Len(t, open, 1, "the caller's list is as it was")
	require.NotEmpty(t, cli.Compare([]conversation.StandingReport{next}, open, nobody))
	require.NotEmpty(t, cli.Compare(nil, open, nobody))
}
