package devstack_test

import (
	"fmt"
	"net"
	"os"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/devstack"
)

// The port is closed and then asked for again. So it is one of an address where no other program listens, and none that the system
// gives away by itself.
func TestCheckPort_namesTheBusyPort(t *testing.T) {
	t.Parallel()
	const ours = "127.86.17.44"
	port, err := devstack.FreePort(ours)
	require.NoError(t, err)
	addr := net.JoinHostPort(ours, strconv.Itoa(port))
	busy, err := net.Listen("tcp", addr)
	require.NoError(t, err)

	err = devstack.CheckPort(addr, "the API (WXDESK_HTTP_ADDR)")
	require.ErrorContains(t, err, "the API (WXDESK_HTTP_ADDR) needs "+addr)
	require.ErrorContains(t, err, "choose another port")

	require.NoError(t, busy.Close())
	require.NoError(t, devstack.CheckPort(addr, "the API"))
}

func TestFreePort_avoidsOutgoingPorts(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	require.NoError(t, err)
	var first, last int
	_, err = fmt.Sscan(string(text), &first, &last)
	require.NoError(t, err)

	seen := map[int]bool{}
	for range 200 {
		port, err := devstack.FreePort("127.0.0.1")
		require.NoError(t, err)
		require.Less(t, port+1, first, "the one after it as well")
		require.False(t, seen[port], "port %d is given twice", port)
		seen[port] = true
	}
}
