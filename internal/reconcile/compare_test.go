package reconcile_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/conversation"
	"wxdesk/internal/reconcile"
)

// A run that is still to be told of an act may differ from the ledger until then.
func TestReconcile_ignoresPendingNotices(t *testing.T) {
	t.Parallel()
	nobody := func(string) (reconcile.Report, error) {
		return reconcile.Report{}, errors.New("nobody is to be asked")
	}
	run := reconcile.Report{WorkflowID: "w", State: conversation.StateActive, Holder: conversation.HolderBot}
	ended := reconcile.Report{WorkflowID: "w", Conversation: "1", State: conversation.StateClosed, NoticePending: true}
	next := reconcile.Report{WorkflowID: "w", Conversation: "2", State: conversation.StateOpen, Holder: conversation.HolderQueue}
	open := []reconcile.Report{run}
	for _, rows := range [][]reconcile.Report{{ended}, {ended, next}, {next, ended}} {
		require.Empty(t, reconcile.Compare(rows, open, nobody))
	}
	require.Len(t, open, 1, "the caller's list is as it was")
	require.NotEmpty(t, reconcile.Compare([]reconcile.Report{next}, open, nobody))
	require.NotEmpty(t, reconcile.Compare(nil, open, nobody))
}
