package postgrestest

import (
	"github.com/stretchr/testify/require"

	"wxdesk/internal/access"
	"wxdesk/internal/routing"
)

// Chooses has an agent choose a presence.
func (d *Office) Chooses(who access.Principal, p routing.Presence, custom routing.PresenceID) {
	d.T.Helper()
	_, err := d.SetPresence(d.T.Context(), who, who.AgentID, p, custom)
	require.NoError(d.T, err)
}
