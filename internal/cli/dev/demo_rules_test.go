package dev_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/cli/dev"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
	"wxdesk/internal/rules"
)

func TestDemo_rulesAreValid(t *testing.T) {
	t.Parallel()
	known := rules.Known{
		Queues: map[conversation.QueueID]routing.Overflow{"Wholesale": {}, "Returns": {}, "Orders and delivery": {}, "Tea desk": {}},
		Skills: []routing.SkillID{"Chinese", "English", "Japanese"},
	}
	kinds, sets := dev.DemoRules()
	require.Len(t, sets, 3)
	for name, set := range sets {
		require.NotEmpty(t, set, name)
		faults, err := rules.Check(t.Context(), kinds[name], set, known)
		require.NoError(t, err)
		require.Empty(t, faults, name)
	}
}
