package outbound_test

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/bot"
	"wxdesk/internal/outbound"
)

func lookup(_ context.Context, host string) ([]netip.Addr, error) {
	switch host {
	case "inside.example":
		return []netip.Addr{netip.MustParseAddr("8.8.8.8"), netip.MustParseAddr("10.0.0.1")}, nil
	case "nowhere.example":
		return nil, errors.New("no such host")
	}
	return []netip.Addr{netip.MustParseAddr("8.8.8.8")}, nil
}

// M07
func TestGuard_refusesPrivateAndInvalidURLs(t *testing.T) {
	t.Parallel()
	g := outbound.Guard{Lookup: lookup}
	for _, url := range []string{
		"", "bot.example", "/turn", "https://", "https:bot.example", "ftp://bot.example/", "file:///etc/passwd", "http://bot.example/",
		"https://me:pw@bot.example/", "https://me@bot.example/", "https://bot.example/#part", "https://bot.example:22/", "https://bot.example:6379/",
		"https://127.0.0.1/", "https://localhost.1/", "https://10.1.2.3/", "https://172.16.0.1/", "https://192.168.1.1/", "https://169.254.169.254/",
		"https://100.64.0.1/", "https://198.18.0.1/", "https://0.0.0.0/", "https://[::1]/", "https://[fe80::1]/", "https://[fd00::1]/",
		"https://[::ffff:127.0.0.1]/", "https://2130706433/", "https://0177.0.0.1/", "https://0x7f.0.0.1/", "https://0x7f000001/", "https://127.1/",
		"https://inside.example/", "https://bot.example/" + strings.Repeat("x", 2048), "https://bot.example\x00/", " https://bot.example/",
	} {
		require.ErrorIs(t, g.Check(t.Context(), url), bot.ErrAddress, url)
	}
	for _, url := range []string{"https://bot.example", "https://bot.example:8443/turn?shop=1", "https://8.8.8.8/", "https://nowhere.example/"} {
		require.NoError(t, g.Check(t.Context(), url), url)
	}
}

func TestGuard_mayAllowPrivateAddresses(t *testing.T) {
	t.Parallel()
	g := outbound.Guard{AllowPrivate: true, Lookup: lookup}
	require.NoError(t, g.Check(t.Context(), "http://127.0.0.1:8099/"))
	for _, url := range []string{"ftp://127.0.0.1/", "http://me:pw@127.0.0.1/", "127.0.0.1:8099"} {
		require.ErrorIs(t, g.Check(t.Context(), url), bot.ErrAddress, url)
	}
}
