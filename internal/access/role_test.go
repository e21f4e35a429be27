package access_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/access"
)

func TestRole_validKnowsTheThree(t *testing.T) {
	t.Parallel()
	for _, r := range []access.Role{"admin", "supervisor", "agent"} {
		require.True(t, r.Valid(), r)
	}
	for _, r := range []access.Role{"", "Admin", "root", "bot"} {
		require.False(t, r.Valid(), r)
	}
}
