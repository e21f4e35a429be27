package postgrestest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/secret"
)

// RingOf is a ring of these master keys.
func RingOf(t testing.TB, keys ...string) *secret.Keyring {
	t.Helper()
	ring, err := secret.ParseKeyring(secret.New(strings.Join(keys, ",")))
	require.NoError(t, err)
	return ring
}
