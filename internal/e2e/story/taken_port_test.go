package story_test

import (
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

// An API that cannot have its private address says so and ends, so that whoever started it can start it again.
func TestAPI_endsWhereItsPrivateAddressIsTaken(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	_, port, err := net.SplitHostPort(s.OpsAddr)
	require.NoError(t, err)
	p := s.NewProcess("api", harness.FreePorts(t, 1)[0], "WXDESK_OPS_ADDR=0.0.0.0:"+port)
	p.LaunchWithoutWaiting()
	ended := make(chan error, 1)
	go func() { ended <- p.Wait() }()
	select {
	case err := <-ended:
		require.Error(t, err)
		require.Contains(t, p.Log.String(), "address already in use")
	case <-time.After(20 * time.Second):
		require.Fail(t, "it still runs", p.Log.String())
	}
}
