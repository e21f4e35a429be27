package harness

import (
	"net"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/devstack"
)

// WorkerOpsAddr returns the address of the worker's private listener. Its port is the one after that of the API.
func (s *System) WorkerOpsAddr() string {
	s.T.Helper()
	_, port, err := net.SplitHostPort(s.OpsAddr)
	require.NoError(s.T, err)
	n, err := strconv.Atoi(port)
	require.NoError(s.T, err)
	return Addr(n + 1)
}

// Addr returns the address of a port on this machine.
func Addr(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// FreePorts returns n ports that are free. The port after each is free too: the worker's private listener takes it.
func FreePorts(t testing.TB, n int) []int {
	t.Helper()
	ports := make([]int, n)
	for i := range ports {
		var err error
		ports[i], err = devstack.FreePort("127.0.0.1")
		require.NoError(t, err)
	}
	return ports
}
