package devstack

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
)

// CheckPort says whether addr ("127.0.0.1:8080") is free to listen on. What names the part that wants it, and how to
// give it another one: "the API (WXDESK_HTTP_ADDR)". A busy port is an error that names the port and says what to do.
func CheckPort(addr, what string) error {
	l, err := net.Listen("tcp", addr)
	if errors.Is(err, syscall.EADDRINUSE) {
		_, port, _ := net.SplitHostPort(addr)
		return fmt.Errorf("%s needs %s, but another program listens there: stop that one (`ss -ltnp 'sport = :%s'` shows it) or choose another port", what, addr, port)
	}
	if err != nil {
		return fmt.Errorf("%s cannot listen on %s: %w", what, addr, err)
	}
	return l.Close()
}

// The ports that FreePort gives: above those of well-known services, and below those that Linux hands out of itself.
const (
	lowestPort  = 10000
	highestPort = 32767
	portTries   = 1000
)

// given are the ports that this process has had from FreePort, none of them twice.
var given sync.Map

// FreePort returns an even port of ip that nothing listened on a moment ago, nor on the one after it. It is never one
// that the system would give to an outgoing connection: a server that dies and is started again finds it free.
func FreePort(ip string) (int, error) {
	end := min(highestPort, ephemeral()-1)
	if end <= lowestPort {
		return 0, fmt.Errorf("find a free port: the system hands out every port above %d itself (net.ipv4.ip_local_port_range)", lowestPort)
	}
	for range portTries {
		port := lowestPort + 2*rand.IntN((end-lowestPort+1)/2) //nolint:gosec // a guess, not a secret
		if _, twice := given.LoadOrStore(port, true); !twice && listens(ip, port) && listens(ip, port+1) {
			return port, nil
		}
	}
	return 0, fmt.Errorf("find a free port: none of %d tried between %d and %d of %s", portTries, lowestPort, end, ip)
}

// ephemeral is the first port that the system gives to outgoing connections.
func ephemeral() int {
	text, _ := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if fields := strings.Fields(string(text)); len(fields) == 2 {
		if first, err := strconv.Atoi(fields[0]); err == nil {
			return first
		}
	}
	return highestPort + 1
}

// listens tells whether one can listen on the port.
func listens(ip string, port int) bool {
	l, err := net.Listen("tcp", net.JoinHostPort(ip, strconv.Itoa(port)))
	if err != nil {
		return false
	}
	return l.Close() == nil
}
