package postgrestest

import (
	"github.com/stretchr/testify/require"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// Chooses has an agent choose a presence.
func (d *Office) Chooses(who access.Principal, p routing.Presence, custom routing.PresenceID) {
	d.T.Helper()
	_, err := d.SetPresence(d.T.Context(), who, who.AgentID, p, custom)
	require.NoError(d.T, err)
}

// MustTargets lists to whom a conversation can be transferred.
func (d *Office) MustTargets(ref conversation.Ref, who access.Principal) routing.Targets {
	d.T.Helper()
	found, err := d.Targets(d.T.Context(), who.Viewer(), ref.Conversation)
	require.NoError(d.T, err)
	return found
}
