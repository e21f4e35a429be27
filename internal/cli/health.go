package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"wxdesk/internal/config"
	"wxdesk/internal/listener"
)

type healthCmd struct {
	Ready bool   `help:"Ask /readyz, which names what is missing, rather than /healthz." xor:"what"`
	URL   string `help:"Ask this address instead of the private listener." xor:"what"`
}

// healthPatience is longer than the private listener's own two seconds.
const healthPatience = 3 * time.Second

// Run asks the process beside it how it is, and fails with what is wrong: for health checks of containers, which have
// no other program.
func (c healthCmd) Run(ctx context.Context, p Process) error {
	target := c.URL
	if target == "" {
		cfg, err := config.Load(p.Environ)
		if err != nil {
			return err
		}
		private, err := listener.Resolve(cfg.OpsAddr)
		if err != nil {
			return err
		}
		target = "http://" + onThisMachine(private) + "/healthz"
		if c.Ready {
			target = strings.TrimSuffix(target, "healthz") + "readyz"
		}
	}
	ctx, cancel := context.WithTimeout(ctx, healthPatience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("nobody answers: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusOK {
		return nil
	}
	text, err := io.ReadAll(io.LimitReader(resp.Body, 1<<10))
	if err != nil {
		return err
	}
	return errors.New(resp.Status + ": " + strings.TrimSpace(string(text)))
}

// onThisMachine is how a listener's address is called from beside it.
func onThisMachine(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}
