package e2e_test

import (
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// An API that cannot have its private address says so and ends, so that whoever started it can start it again.
func TestAPI_endsWhereItsPrivateAddressIsTaken(t *testing.T) {
	t.Parallel()
	s := start(t)
	_, port, err := net.SplitHostPort(s.ops)
	require.NoError(t, err)
	p := s.newProcess("api", freePorts(t, 1)[0], "WXDESK_OPS_ADDR=0.0.0.0:"+port)
	p.begin()
	ended := make(chan error, 1)
	go func() { ended <- p.wait() }()
	select {
	case err := <-ended:
		require.Error(t, err)
		require.Contains(t, p.log.String(), "address already in use")
	case <-time.After(20 * time.Second):
		require.Fail(t, "it still runs", p.log.String())
	}
}
