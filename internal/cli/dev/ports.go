package dev

import (
	"fmt"
	"net"
	"net/url"
	"strings"

	"wxdesk/internal/devstack"
)

// simulatorPort names the simulator when its port is busy.
const simulatorPort = "the simulator (--simulator-addr)"

// freePorts names a busy port before anything is started.
func (d *system) freePorts(workerOps string) error {
	wanted := []struct{ addr, what string }{
		{d.cfg.HTTPAddr, "the API (WXDESK_HTTP_ADDR)"},
		{d.cfg.OpsAddr, "the API's private listener (WXDESK_OPS_ADDR)"},
		{workerOps, "the worker's private listener (the port after WXDESK_OPS_ADDR)"},
	}
	if d.simulate {
		wanted = append(wanted, struct{ addr, what string }{d.cmd.SimulatorAddr, simulatorPort})
	}
	if d.temporal != nil {
		wanted = append(wanted,
			struct{ addr, what string }{d.temporal.Address(), "Temporal (--temporal-port)"},
			struct{ addr, what string }{strings.TrimPrefix(d.temporal.UI(), "http://"), "the Temporal Web UI (--temporal-ui-port)"})
	}
	for _, w := range wanted {
		if err := devstack.CheckPort(w.addr, w.what); err != nil {
			return err
		}
	}
	return nil
}

// neighbour is the same host and the next port.
func neighbour(addr string) (string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", err
	}
	n, err := net.LookupPort("tcp", port)
	if err != nil {
		return "", err
	}
	return net.JoinHostPort(host, fmt.Sprint(n+1)), nil
}

// samePort reports whether a URL and an address mean the same port of this machine.
func samePort(base, addr string) bool {
	u, err := url.Parse(base)
	if err != nil {
		return false
	}
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return false
	}
	return u.Port() == port && (u.Hostname() == host || isHere(u.Hostname()) && isHere(host))
}

// isHere reports whether a host is this machine, by whatever address of its own.
func isHere(host string) bool {
	ip := net.ParseIP(host)
	return host == "" || host == "localhost" || ip != nil && (ip.IsLoopback() || ip.IsUnspecified())
}
