package temporalclient_test

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/temporalclient"
)

func TestOpenRuns_forgetsTheOldest(t *testing.T) {
	t.Parallel()
	var open temporalclient.OpenRuns
	for n := range 2 * temporalclient.MaxRecent {
		open.Add(strconv.Itoa(n), "run")
	}
	require.Equal(t, "run", open.Of("0"), "there is room for two halves")
	open.Add("one more", "its run")
	require.Empty(t, open.Of("0"))
	require.Equal(t, "its run", open.Of("one more"))
	require.Equal(t, "run", open.Of(strconv.Itoa(2*temporalclient.MaxRecent-1)))
}

func TestOpenRuns_forgetsARunThatIsOver(t *testing.T) {
	t.Parallel()
	var open temporalclient.OpenRuns
	require.Empty(t, open.Of("a"))
	open.Add("a", "run")
	open.Forget("a")
	require.Empty(t, open.Of("a"))
}
