package temporalclient_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/temporalclient"
)

func TestOpenRuns_remembersTheLatestAndForgetsTheOldest(t *testing.T) {
	t.Parallel()
	var open temporalclient.OpenRuns
	for n := range 2 * temporalclient.MaxRecent {
		open.Add(strconv.Itoa(n))
	}
	require.True(t, open.Has("0"), "there is room for two halves")
	open.Add("one more")
	require.False(t, open.Has("0"))
	require.True(t, open.Has("one more"))
	require.True(t, open.Has(strconv.Itoa(2*temporalclient.MaxRecent-1)))
}

func TestOpenRuns_forgetsARunThatIsOver(t *testing.T) {
	t.Parallel()
	var open temporalclient.OpenRuns
	require.False(t, open.Has("a"))
	open.Add("a")
	open.Forget("a")
	require.False(t, open.Has("a"))
}
