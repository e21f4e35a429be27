package config_test

import (
	"encoding/base64"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/config"
	"wxdesk/internal/secret"
)

const canary = "canary-9f2c"

func goodKeys() string { return secret.NewMasterKey("k1").Reveal() }

func TestLoad_defaultsAreThoseOfAServer(t *testing.T) {
	t.Parallel()
	c, err := config.Load(nil)
	require.NoError(t, err)

	require.Equal(t, ":8080", c.HTTPAddr)
	require.Equal(t, "127.0.0.1:9090", c.OpsAddr)
	require.Equal(t, "http://127.0.0.1:8080", c.PublicURL)
	require.Equal(t, "https://api.weixin.qq.com", c.WeChatAPI)
	require.False(t, c.AllowPrivate)
	require.Empty(t, c.CodecOrigin, "no codec endpoint unless asked for")
	require.Empty(t, c.WorkerVersion, "workers have no versions unless asked for")
	require.Equal(t, 2000, c.ContinueAfter)
	require.Equal(t, 100, c.SendsPerSecond)
	require.Equal(t, 4096, c.MaxConnections)
	require.Equal(t, slog.LevelInfo, c.LogLevel)
	require.Equal(t, config.LogJSON, c.LogFormat)
	require.False(t, c.ExportTraces)
	require.True(t, c.DatabaseURL.Empty())
	require.Equal(t, []string{"TEMPORAL_ADDRESS=127.0.0.1:7233", "TEMPORAL_NAMESPACE=default"}, c.Temporal.Environ())
}

func TestLoadDev_defaultsAreThoseOfALaptop(t *testing.T) {
	t.Parallel()
	c, err := config.LoadDev(nil)
	require.NoError(t, err)

	require.Equal(t, "127.0.0.1:8080", c.HTTPAddr)
	require.Equal(t, "127.0.0.1:9090", c.OpsAddr)
	require.Equal(t, "http://127.0.0.1:8080", c.PublicURL)
	require.Equal(t, "http://127.0.0.1:8090", c.WeChatAPI)
	require.True(t, c.AllowPrivate)
	require.Equal(t, "http://127.0.0.1:8233", c.CodecOrigin)
	require.Equal(t, config.LogText, c.LogFormat)
}

func TestLoad_settingsWinOverDefaults(t *testing.T) {
	t.Parallel()
	keys := goodKeys()
	c, err := config.LoadDev([]string{
		"WXDESK_HTTP_ADDR=0.0.0.0:80",
		"WXDESK_OPS_ADDR=127.0.0.1:0",
		"WXDESK_MASTER_KEYS=" + keys,
		"WXDESK_WECHAT_API=https://wechat.example/base",
		"WXDESK_ALLOW_PRIVATE=false",
		"WXDESK_EGRESS_IPS=198.51.100.7, 2001:db8::/64",
		"WXDESK_CODEC_ORIGIN=https://ui.example:8443",
		"WXDESK_TEMPORAL_BIN=/opt/temporal-dev",
		"WXDESK_PG_BIN=/opt/pg/bin",
		"WXDESK_LOG_LEVEL=debug",
		"WXDESK_LOG_FORMAT=json",
		"WXDESK_WORKER_VERSION=v1.2.3-rc1",
		"WXDESK_CONTINUE_AFTER=20",
		"WXDESK_AGENT_GRACE=1s",
		"WXDESK_CONSOLE_URL=https://desk.example",
		"WXDESK_SESSION_IDLE=30m",
		"WXDESK_SESSION_LIFETIME=10h",
		"WXDESK_SENDS_PER_SECOND=250",
		"WXDESK_MAX_CONNECTIONS=16",
		"WXDESK_TEST_DATABASE_URL=postgres:///postgres?host=/run/sockets",
		"DATABASE_URL=postgres://u:p@db:5432/wxdesk",
		"TEMPORAL_ADDRESS=temporal.example:7233",
		"TEMPORAL_GRPC_META_TEAM=desk",
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://collector:4318/",
		"HOME=/home/somebody",
	})
	require.NoError(t, err)

	require.Equal(t, "0.0.0.0:80", c.HTTPAddr)
	require.Equal(t, "http://127.0.0.1:80", c.PublicURL, "an unspecified address is no address to call")
	require.Equal(t, "http://127.0.0.1:80", c.LocalURL())
	require.Equal(t, "127.0.0.1:0", c.OpsAddr)
	require.Equal(t, keys, c.MasterKeys.Reveal())
	require.Equal(t, "https://wechat.example/base", c.WeChatAPI)
	require.False(t, c.AllowPrivate)
	require.Equal(t, []string{"198.51.100.7", "2001:db8::/64"}, c.EgressIPs)
	require.Equal(t, "https://ui.example:8443", c.CodecOrigin)
	require.Equal(t, "/opt/temporal-dev", c.TemporalBin)
	require.Equal(t, "/opt/pg/bin", c.PGBin)
	require.Equal(t, slog.LevelDebug, c.LogLevel)
	require.Equal(t, config.LogJSON, c.LogFormat)
	require.Equal(t, "v1.2.3-rc1", c.WorkerVersion)
	require.Equal(t, 20, c.ContinueAfter)
	require.Equal(t, time.Second, c.AgentGrace)
	require.Equal(t, "https://desk.example", c.ConsoleURL)
	require.Equal(t, 30*time.Minute, c.SessionIdle)
	require.Equal(t, 10*time.Hour, c.SessionLifetime)
	require.Equal(t, 250, c.SendsPerSecond)
	require.Equal(t, 16, c.MaxConnections)
	inNetwork, err := config.Load([]string{"WXDESK_OPS_ADDR=10.1.2.0/24:9090"})
	require.NoError(t, err)
	require.Equal(t, "10.1.2.0/24:9090", inNetwork.OpsAddr)
	require.Equal(t, "postgres:///postgres?host=/run/sockets", c.TestDatabaseURL.Reveal())
	require.Equal(t, "postgres://u:p@db:5432/wxdesk", c.DatabaseURL.Reveal())
	require.True(t, c.ExportTraces)
	require.Equal(t, []string{
		"TEMPORAL_ADDRESS=temporal.example:7233", "TEMPORAL_GRPC_META_TEAM=desk", "TEMPORAL_NAMESPACE=default",
	}, c.Temporal.Environ())
	require.True(t, c.Given(config.OpsAddr))
	require.False(t, c.Given(config.PublicURL))
}

func TestLoad_emptyIsUnsetAndTheLastCounts(t *testing.T) {
	t.Parallel()
	c, err := config.Load([]string{"WXDESK_HTTP_ADDR=", "WXDESK_LOG_LEVEL=warn", "WXDESK_LOG_LEVEL=error", "WXDESK_TYPO="})
	require.NoError(t, err)
	require.Equal(t, ":8080", c.HTTPAddr)
	require.Equal(t, slog.LevelError, c.LogLevel)
}

func TestLoad_refusesMalformedSettings(t *testing.T) {
	t.Parallel()
	short := base64.StdEncoding.EncodeToString(make([]byte, 16))
	for _, line := range []string{
		"WXDESK_HTTP_ADDR=8080",
		"WXDESK_HTTP_ADDR=localhost:http",
		"WXDESK_OPS_ADDR=127.0.0.1:65536",
		"WXDESK_OPS_ADDR=10.1.2.0/33:9090",
		"WXDESK_OPS_ADDR=10.1.2.0/24",
		"WXDESK_WORKER_VERSION=v1 or \"v2\"",
		"WXDESK_OPS_ADDR=[::1",
		"WXDESK_PUBLIC_URL=desk.example",
		"WXDESK_PUBLIC_URL=ftp://desk.example",
		"WXDESK_PUBLIC_URL=https://desk.example/",
		"WXDESK_CONSOLE_URL=https://desk.example/desk",
		"WXDESK_SESSION_IDLE=4m59s",
		"WXDESK_SESSION_LIFETIME=31d",
		"WXDESK_PUBLIC_URL=https://desk.example?a=b",
		"WXDESK_PUBLIC_URL=https://desk.example?",
		"WXDESK_PUBLIC_URL=https://desk.example#top",
		"WXDESK_PUBLIC_URL=https://me:secret@desk.example",
		"WXDESK_PUBLIC_URL=https://desk.example:70000",
		"WXDESK_PUBLIC_URL=https://desk.example:",
		"WXDESK_WECHAT_API=http://",
		"WXDESK_ALLOW_PRIVATE=perhaps",
		"WXDESK_EGRESS_IPS=198.51.100.7,",
		"WXDESK_EGRESS_IPS=egress.example",
		"WXDESK_CODEC_ORIGIN=http://ui.example/path",
		"WXDESK_CODEC_ORIGIN=*",
		"WXDESK_LOG_LEVEL=INFO+2",
		"WXDESK_LOG_FORMAT=xml",
		"WXDESK_CONTINUE_AFTER=9",
		"WXDESK_CONTINUE_AFTER=many",
		"WXDESK_MAX_CONNECTIONS=15",
		"WXDESK_MAX_CONNECTIONS=many",
		"WXDESK_AGENT_GRACE=0s",
		"WXDESK_AGENT_GRACE=soon",
		"WXDESK_MASTER_KEYS=k1",
		"WXDESK_MASTER_KEYS=k1:" + short,
		"WXDESK_MASTER_KEYS=k1:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=",
		"WXDESK_TEST_DATABASE_URL=mysql://root@db/test",
		"DATABASE_URL=host=db password=" + canary,
		"DATABASE_URL=postgres://u:" + canary + "%zz@db/wxdesk",
		"OTEL_EXPORTER_OTLP_ENDPOINT=collector:4318",
	} {
		name, _, _ := strings.Cut(line, "=")
		_, err := config.Load([]string{line})
		require.ErrorContains(t, err, name+": ", line)
		require.NotContains(t, err.Error(), canary)
	}
}

func TestLoad_reportsAllMistakesTogether(t *testing.T) {
	t.Parallel()
	_, err := config.Load([]string{
		"WXDESK_HTTP_ADR=:80", "WXDESK_DATABASE_URL=postgres://db", "WXDESK_OPS_ADDR=x", "WXDESK_LOG_LEVEL=loud",
	})
	require.EqualError(t, err, strings.Join([]string{
		"WXDESK_DATABASE_URL is not a setting; did you mean DATABASE_URL?",
		"WXDESK_HTTP_ADR is not a setting; did you mean WXDESK_HTTP_ADDR?",
		`WXDESK_OPS_ADDR: "x" is not host:port with a port of 0 to 65535`,
		`WXDESK_LOG_LEVEL: "loud" is not one of debug, info, warn, error`,
	}, "\n"))
}

// K13
func TestRequire_namesEachMissingSetting(t *testing.T) {
	t.Parallel()
	c, err := config.Load([]string{"DATABASE_URL=postgres://db/wxdesk"})
	require.NoError(t, err)

	require.NoError(t, c.Require())
	require.NoError(t, c.Require(config.DatabaseURL, config.HTTPAddr, config.PublicURL))
	err = c.Require(config.DatabaseURL, config.MasterKeys, config.PGBin)
	require.ErrorContains(t, err, "WXDESK_MASTER_KEYS must be set: keys that seal")
	require.ErrorContains(t, err, "WXDESK_PG_BIN must be set")
	require.NotContains(t, err.Error(), "DATABASE_URL")
}

func TestEnviron_loadsAsTheSameSettings(t *testing.T) {
	t.Parallel()
	first, err := config.LoadDev([]string{
		"DATABASE_URL=postgres://u:p@127.0.0.1:1/w", "TEMPORAL_ADDRESS=127.0.0.1:2", "WXDESK_MASTER_KEYS=" + goodKeys(),
		"WXDESK_HTTP_ADDR=127.0.0.1:81",
	})
	require.NoError(t, err)
	second, err := config.Load(first.Environ())
	require.NoError(t, err)

	require.Equal(t, first.Environ(), second.Environ())
	require.Equal(t, first.DatabaseURL, second.DatabaseURL)
	require.Equal(t, first.Temporal, second.Temporal)
	require.Equal(t, "http://127.0.0.1:8090", second.WeChatAPI)
	require.Equal(t, "http://127.0.0.1:81", second.PublicURL)
}

// K13
func TestLoad_badMasterKeyIsNotShown(t *testing.T) {
	t.Parallel()
	half := base64.StdEncoding.EncodeToString([]byte(canary))
	_, err := config.Load([]string{"WXDESK_MASTER_KEYS=k1:" + half})
	require.EqualError(t, err, `WXDESK_MASTER_KEYS: master key "k1": 11 bytes, want 32`)
	require.NotContains(t, err.Error(), half)
}

// S1
func TestConfig_printsNoSecret(t *testing.T) {
	t.Parallel()
	c, err := config.Load([]string{
		"DATABASE_URL=postgres://u:" + canary + "@db/w?sslpassword=" + canary,
		"WXDESK_MASTER_KEYS=" + canary + ":" + base64.StdEncoding.EncodeToString([]byte("0123456789abcdef0123456789abcdef")),
		"TEMPORAL_API_KEY=" + canary, "OTEL_EXPORTER_OTLP_HEADERS=authorization=" + canary,
	})
	require.NoError(t, err)
	var table strings.Builder
	require.NoError(t, c.Print(&table))
	for _, shown := range []string{
		fmt.Sprintf("%v", c), fmt.Sprintf("%+v", c), fmt.Sprintf("%#v", c), fmt.Sprintf("%+v", c.Temporal), table.String(),
	} {
		require.NotContains(t, shown, canary)
	}
}

func TestPrint_explainsEveryVariable(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	c, err := config.Load(nil)
	require.NoError(t, err)
	require.NoError(t, c.Print(&out))
	for line := range strings.Lines(out.String()) {
		if strings.HasPrefix(line, "WXDESK_") {
			require.GreaterOrEqual(t, len(strings.Fields(line)), 5, line)
		}
	}
}

func TestDistance_countsCharacters(t *testing.T) {
	t.Parallel()
	require.Equal(t, 0, config.Distance("ADDR", "ADDR"))
	require.Equal(t, 1, config.Distance("ADR", "ADDR"))
	require.Equal(t, 1, config.Distance("ADDR", "ADR"))
	require.Equal(t, 3, config.Distance("KITTEN", "SITTING"))
	require.Equal(t, 4, config.Distance("", "ADDR"))
}
