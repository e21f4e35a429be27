package dev_test

import (
	"context"
	"errors"
	"net"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/cli/dev"
	"wxdesk/internal/devstack"
	"wxdesk/internal/secret"
)

// What judges our calls as WeChat would has no use for what only we may know.
func TestDev_simulatorGetsNoKeysAndNoDatabase(t *testing.T) { // alone: it changes the environment
	keys := secret.NewMasterKey("canary").Reveal()
	for name, value := range map[string]string{
		"WXDESK_MASTER_KEYS": keys, "DATABASE_URL": "postgres://u:canary@db/wxdesk", "PGPASSWORD": "canary", "TEMPORAL_API_KEY": "canary",
		"WXDESK_TEST_DATABASE_URL": "postgres://u:canary@db/test", "OTEL_EXPORTER_OTLP_HEADERS": "authorization=canary",
	} {
		t.Setenv(name, value)
	}
	t.Setenv("TZ", "Asia/Shanghai")
	environ, err := dev.SimulatorEnviron([]string{"WXDESK_MASTER_KEYS=" + keys, "DATABASE_URL=postgres://u:canary@db/wxdesk"})
	require.NoError(t, err)
	require.NotContains(t, strings.Join(environ, "\n"), "canary")
	require.NotContains(t, strings.Join(environ, "\n"), keys)
	require.Contains(t, environ, "TZ=Asia/Shanghai", "the rest stays")
}

func TestDev_tellsEachMinuteOfALongWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var told []int
		broken := errors.New("broken")
		work := func(context.Context) error {
			time.Sleep(150 * time.Second) // of synctest's clock
			return broken
		}
		require.Equal(t, broken, dev.EachMinute(t.Context(), work, func(minutes int) { told = append(told, minutes) }))
		require.Equal(t, []int{1, 2}, told)
	})
}

// Somebody tries us against a WeChat of their own. It may listen already, or later.
func TestDev_anotherWeChatIsLeftAlone(t *testing.T) { // alone: it changes the folder
	t.Chdir(t.TempDir())
	fake, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer fake.Close() //nolint:errcheck // nothing was said
	taken := fake.Addr().String()
	_, takenPort, err := net.SplitHostPort(taken)
	require.NoError(t, err)
	unused, ours := freeAddr(t), freeAddr(t)
	_, unusedPort, err := net.SplitHostPort(unused)
	require.NoError(t, err)

	simulator, none := []string{"simulator", "api", "worker"}, []string{"api", "worker"}
	for name, c := range map[string]struct {
		simulator string // its address
		wechat    string // the setting; empty: not given
		want      []string
	}{
		"not given":                             {ours, "", simulator},
		"a fake that listens":                   {ours, "http://" + taken, simulator},
		"a fake that listens later":             {ours, "http://" + unused, simulator},
		"the real one":                          {ours, "https://wechat.example", simulator},
		"a fake at the simulator's address":     {taken, "http://" + taken, none},
		"a fake that will be there":             {unused, "http://" + unused, none},
		"a fake that will be there, by name":    {unused, "http://localhost:" + unusedPort, none},
		"a fake there, by another address":      {taken, "http://127.0.0.2:" + takenPort, none},
		"the simulator's address is taken else": {taken, "https://wechat.example", none},
	} {
		settings := []string{"DATABASE_URL=postgres://u@127.0.0.1/db", "TEMPORAL_ADDRESS=127.0.0.1:1", "WXDESK_HTTP_ADDR=" + freeAddr(t), "WXDESK_OPS_ADDR=" + freeAddr(t)}
		wechat := "http://" + c.simulator
		if c.wechat != "" {
			settings, wechat = append(settings, "WXDESK_WECHAT_API="+c.wechat), c.wechat
		}
		names, calls, err := dev.Processes(t.Context(), settings, c.simulator)
		require.NoError(t, err, name)
		require.Equal(t, c.want, names, name)
		require.Equal(t, wechat, calls, name)
	}

	_, _, err = dev.Processes(t.Context(), []string{
		"DATABASE_URL=postgres://u@127.0.0.1/db", "TEMPORAL_ADDRESS=127.0.0.1:1", "WXDESK_HTTP_ADDR=" + freeAddr(t), "WXDESK_OPS_ADDR=" + freeAddr(t),
	}, taken)
	require.ErrorContains(t, err, "the simulator (--simulator-addr) needs "+taken, "where it is needed it must have its port")
}

func freeAddr(t *testing.T) string {
	t.Helper()
	port, err := devstack.FreePort("127.0.0.1")
	require.NoError(t, err)
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
}
