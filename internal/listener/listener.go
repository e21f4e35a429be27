// Package listener opens the addresses that our servers listen at, and bounds what strangers can make them hold: the number of
// connections, and what the kernel keeps for clients that do not read.
package listener

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
)

// sendBuffer is what the kernel is asked to keep of answers that a client has not read, in bytes; Linux doubles it. By itself it
// would keep several megabytes for each.
const sendBuffer = 64 << 10

// Resolve returns addr, host:port, with this machine's address if the host is a network: 10.1.2.0/24:9090 is 10.1.2.7:9090 on a
// machine with that address. It is for containers, which are on several networks and do not know their addresses beforehand.
func Resolve(addr string) (string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil || !strings.Contains(host, "/") {
		return addr, err
	}
	network, err := netip.ParsePrefix(host)
	if err != nil {
		return "", err
	}
	own, err := net.InterfaceAddrs()
	if err != nil {
		return "", fmt.Errorf("list this machine's addresses: %w", err)
	}
	for _, a := range own {
		if p, err := netip.ParsePrefix(a.String()); err == nil && network.Contains(p.Addr()) {
			return net.JoinHostPort(p.Addr().String(), port), nil
		}
	}
	return "", fmt.Errorf("this machine has no address in the network %s", network)
}

// Listen listens at addr, as Resolve takes it, and has at most most connections open. Further ones wait until another one ends. A
// connection whose write deadline has passed is reset when it is closed; otherwise the kernel would keep its data for minutes.
//
// golang.org/x/net/netutil.LimitListener is not enough: its connections have no CloseWrite, without which net/http loses the
// answer to a request whose body it has not read.
func Listen(addr string, most int) (net.Listener, error) {
	addr, err := Resolve(addr)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	closed := make(chan struct{})
	return &limited{
		Listener: l, places: make(chan struct{}, most), closed: closed,
		tell: sync.OnceFunc(func() { close(closed) }),
	}, nil
}

type limited struct {
	net.Listener
	places chan struct{} // holds a value for each open connection
	closed chan struct{}
	tell   func() // closes closed
}

// Accept implements net.Listener.
func (l *limited) Accept() (net.Conn, error) {
	select {
	case l.places <- struct{}{}:
	case <-l.closed:
		return nil, net.ErrClosed
	}
	accepted, err := l.Listener.Accept()
	if err != nil {
		<-l.places
		return nil, err
	}
	tcp := accepted.(*net.TCPConn) //nolint:errcheck // a TCP listener accepts nothing else
	c := &conn{TCPConn: tcp, leave: sync.OnceFunc(func() { <-l.places })}
	_ = tcp.SetWriteBuffer(sendBuffer) // if it fails, the connection has ended
	return c, nil
}

// Close implements net.Listener.
func (l *limited) Close() error {
	l.tell()
	return l.Listener.Close()
}

type conn struct {
	*net.TCPConn
	leave func()
}

// Write implements net.Conn.
func (c *conn) Write(b []byte) (int, error) {
	n, err := c.TCPConn.Write(b)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		_ = c.SetLinger(0) // if it fails, the connection has ended
	}
	return n, err
}

// Close implements net.Conn.
func (c *conn) Close() error {
	defer c.leave()
	return c.TCPConn.Close()
}
