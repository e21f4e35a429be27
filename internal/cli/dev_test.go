package cli_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/cli"
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
	environ, err := cli.DevSimulatorEnviron([]string{"WXDESK_MASTER_KEYS=" + keys, "DATABASE_URL=postgres://u:canary@db/wxdesk"})
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
		require.Equal(t, broken, cli.EachMinute(t.Context(), work, func(minutes int) { told = append(told, minutes) }))
		require.Equal(t, []int{1, 2}, told)
	})
}
