package telemetry_test

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/secret"
	"wxdesk/internal/telemetry"
)

const (
	parent  = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" // the example of W3C Trace Context
	traceID = "0af7651916cd43dd8448eb211c80319c"
	spanID  = "b7ad6b7169203331"
)

func TestLogger_linesNameProcessAndTrace(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := telemetry.NewLogger(&out, telemetry.LogOptions{Process: "api"})

	log.With(telemetry.FieldAccount, "a1").InfoContext(telemetry.WithTraceparent(t.Context(), parent), "callback taken")

	var line map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &line))
	delete(line, slog.TimeKey)
	require.Equal(t, map[string]any{
		"level": "INFO", "msg": "callback taken", "service": "wxdesk", "process": "api", "account_id": "a1",
		"trace_id": traceID, "span_id": spanID,
	}, line)
}

func TestLogger_withoutATraceThereAreNoTraceFields(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	telemetry.NewLogger(&out, telemetry.LogOptions{}).InfoContext(t.Context(), "started")
	require.NotContains(t, out.String(), telemetry.FieldTraceID)
	require.NotContains(t, out.String(), telemetry.FieldProcess)
}

func TestLogger_textForPeopleHonoursTheLevel(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	log := telemetry.NewLogger(&out, telemetry.LogOptions{Text: true, Process: "worker", Level: slog.LevelWarn})
	log.Info("unheard")
	log.WithGroup("g").Warn("heard", "n", 1)
	require.Contains(t, out.String(), "msg=heard service=wxdesk process=worker g.n=1\n")
	require.NotContains(t, out.String(), "unheard")
}

// S1
func TestLogger_redactsSecrets(t *testing.T) {
	t.Parallel()
	type account struct {
		Token  secret.Value
		hidden secret.Value
	}
	v := secret.New("canary-5a1d")
	for _, text := range []bool{false, true} {
		var out bytes.Buffer
		telemetry.NewLogger(&out, telemetry.LogOptions{Text: text}).Info("m", "value", v, "account", account{v, v}, "list", []secret.Value{v})
		require.NotContains(t, out.String(), "canary-5a1d")
		require.Contains(t, out.String(), secret.Redacted)
	}
}
