package temporalclient_test

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"

	"wxdesk/internal/conversation"
	"wxdesk/internal/temporalclient"
	"wxdesk/workflows"
)

// signals is a client that keeps what is signalled, and fails as it is told to.
type signals struct {
	client.Client
	err  error
	sent []any
}

func (s *signals) SignalWorkflow(_ context.Context, workflowID, runID, name string, arg any) error {
	s.sent = append(s.sent, []any{workflowID, runID, name, arg})
	return s.err
}

func TestNotify_namesConversationAndActAndNoRun(t *testing.T) {
	t.Parallel()
	for assignment, name := range map[bool]string{true: workflows.SignalAssigned, false: workflows.SignalActed} {
		s := &signals{}
		gone, err := (&temporalclient.Conversations{Client: s}).Notify(t.Context(), conversation.RunNotice{
			Ref: conversation.Ref{Conversation: "c"}, WorkflowID: "w", Act: "reply", Assignment: assignment,
		})
		require.NoError(t, err)
		require.False(t, gone)
		require.Equal(t, []any{[]any{"w", "", name, workflows.ActSignal{Conversation: "c", Act: "reply"}}}, s.sent)
	}
}

func TestNotify_onlyAMissingRunIsGone(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		err  error
		gone bool
	}{
		{serviceerror.NewNotFound("workflow execution already completed"), true},
		{serviceerror.NewNamespaceNotFound("another"), false}, // a wrong setting ends no conversation
		{serviceerror.NewUnavailable("away"), false},
		{context.DeadlineExceeded, false},
	} {
		s := &signals{err: c.err}
		runs := &temporalclient.Conversations{Client: s}
		gone, err := runs.Notify(t.Context(), conversation.RunNotice{WorkflowID: "w"})
		require.Equal(t, c.gone, gone)
		require.Equal(t, !c.gone, errors.Is(err, c.err))
		gone, err = runs.Nudge(t.Context(), "w")
		require.Equal(t, c.gone, gone)
		require.Equal(t, !c.gone, errors.Is(err, c.err))
	}
}
