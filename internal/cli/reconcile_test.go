package cli_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/cli"
	"wxdesk/internal/conversation"
)

// A run that is still to be told of an act may differ from the ledger until then.
func TestReconcile_passesOverRunsThatAreUntold(t *testing.T) {
	t.Parallel()
	nobody := func(string) (conversation.Whereabouts, error) {
		return conversation.Whereabouts{}, errors.New("nobody is to be asked")
	}
	run := conversation.Whereabouts{WorkflowID: "w", State: conversation.StateActive, Holder: conversation.HolderBot}
	ended := conversation.Whereabouts{WorkflowID: "w", Conversation: "1", State: conversation.StateClosed, Untold: true}
	next := conversation.Whereabouts{WorkflowID: "w", Conversation: "2", State: conversation.StateOpen, Holder: conversation.HolderQueue}
	open := []conversation.Whereabouts{run}
	for _, rows := range [][]conversation.Whereabouts{{ended}, {ended, next}, {next, ended}} {
		require.Empty(t, cli.Compare(rows, open, nobody))
	}
	require.Len(t, open, 1, "the caller's list is as it was")
	require.NotEmpty(t, cli.Compare([]conversation.Whereabouts{next}, open, nobody))
	require.NotEmpty(t, cli.Compare(nil, open, nobody))
}
