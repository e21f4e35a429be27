package postgrestest

import (
	"github.com/stretchr/testify/require"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// MustTargets lists to whom a conversation can be transferred.
func (d *Office) MustTargets(ref conversation.Ref, who access.Principal) routing.Targets {
	d.T.Helper()
	found, err := d.Targets(d.T.Context(), who.Viewer(), ref.Conversation)
	require.NoError(d.T, err)
	return found
}
