package routing_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/routing"
)

// CAP-9, DSK-15, PRE-4, PRE-5, PRE-6, PRE-8
func TestNextPresence(t *testing.T) {
	t.Parallel()
	profiles := func(list ...routing.ProfileUse) []routing.ProfileUse { return list }
	for _, test := range []struct {
		name  string
		facts routing.PresenceFacts
		want  routing.Presence
	}{
		{"PRE-4 free", routing.PresenceFacts{Presence: routing.Busy, Units: 100}, routing.Available},
		{"PRE-4 partly used", routing.PresenceFacts{Presence: routing.Available, Units: 100, Load: 25}, routing.Busy},
		{"PRE-4 full", routing.PresenceFacts{Presence: routing.Busy, Units: 100, Load: 100}, routing.DND},
		{"PRE-4 over", routing.PresenceFacts{Presence: routing.Busy, Units: 100, Load: 125, Profiles: profiles(routing.ProfileUse{Limit: 5})}, routing.DND},
		{"PRE-4 CAP-9 ten conversations", routing.PresenceFacts{Presence: routing.Busy, Units: 100, Load: 10, Sessions: 10}, routing.DND},
		{"PRE-4 CAP-9 as many as the tenant says", routing.PresenceFacts{Presence: routing.Busy, Units: 100, Load: 10, Sessions: 4, MaxSessions: 4}, routing.DND},
		{"PRE-4 put aside takes nothing", routing.PresenceFacts{Presence: routing.DND, Units: 100, Sessions: 4}, routing.Available},
		{"PRE-5 units used up, a profile not", routing.PresenceFacts{Presence: routing.Busy, Units: 100, Load: 100, Profiles: profiles(routing.ProfileUse{Limit: 2, Used: 1})}, routing.Busy},
		{"PRE-5 a profile used up, units not", routing.PresenceFacts{Presence: routing.Busy, Units: 100, Profiles: profiles(routing.ProfileUse{Limit: 2, Used: 2})}, routing.Busy},
		{"PRE-5 units and profile used up", routing.PresenceFacts{Presence: routing.Busy, Units: 100, Load: 100, Profiles: profiles(routing.ProfileUse{Limit: 2, Used: 2})}, routing.DND},
		{"PRE-5 one of several profiles left", routing.PresenceFacts{Presence: routing.Busy, Units: 100, Load: 100, Profiles: profiles(routing.ProfileUse{Limit: 2, Used: 2}, routing.ProfileUse{Limit: 1})}, routing.Busy},
		{"PRE-5 a blocking profile used up", routing.PresenceFacts{Presence: routing.Busy, Units: 100, Profiles: profiles(routing.ProfileUse{Limit: 1, Used: 1, Blocking: true}, routing.ProfileUse{Limit: 9})}, routing.DND},
		{"PRE-5 another than the blocking one", routing.PresenceFacts{Presence: routing.Busy, Units: 100, Profiles: profiles(routing.ProfileUse{Limit: 2, Used: 1, Blocking: true}, routing.ProfileUse{Limit: 1, Used: 1})}, routing.Busy},
		{"PRE-6 chosen available lasts", routing.PresenceFacts{Presence: routing.Available, Manual: true, Units: 100, Load: 100}, routing.Available},
		{"PRE-6 chosen busy lasts", routing.PresenceFacts{Presence: routing.Busy, Manual: true, Units: 100}, routing.Busy},
		{"PRE-6 until the next accept", routing.PresenceFacts{Presence: routing.Available, Manual: true, Turned: true, Units: 100, Load: 100}, routing.DND},
		{"PRE-6 until the next close", routing.PresenceFacts{Presence: routing.Busy, Manual: true, Turned: true, Units: 100}, routing.Available},
		{"PRE-6 chosen dnd stays", routing.PresenceFacts{Presence: routing.DND, Manual: true, Turned: true, Units: 100}, routing.DND},
		{"PRE-6 chosen away stays", routing.PresenceFacts{Presence: routing.Away, Manual: true, Turned: true, Units: 100}, routing.Away},
		{"PRE-6 offline stays", routing.PresenceFacts{Presence: routing.Offline, Turned: true, Units: 100}, routing.Offline},
		{"PRE-4 dnd by capacity ends with it", routing.PresenceFacts{Presence: routing.DND, Units: 100, Load: 75}, routing.Busy},
		{"PRE-8 inactive stays", routing.PresenceFacts{Presence: routing.Inactive, Turned: true, Units: 100}, routing.Inactive},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, test.want, routing.NextPresence(test.facts))
		})
	}
}

// PRE-6
func TestPresenceFacts_chosenUntilAcceptOrClose(t *testing.T) {
	t.Parallel()
	require.True(t, routing.PresenceFacts{Presence: routing.Busy, Manual: true}.Chosen())
	require.False(t, routing.PresenceFacts{Presence: routing.Busy, Manual: true, Turned: true}.Chosen())
	require.True(t, routing.PresenceFacts{Presence: routing.DND, Manual: true, Turned: true}.Chosen())
	require.False(t, routing.PresenceFacts{Presence: routing.DND}.Chosen())
}
