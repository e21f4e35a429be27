package secret_test

import (
	"bytes"
	"database/sql/driver"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/secret"
)

const canary = "canary-c3b7"

// carrier has the secret in every place that a printer might look into.
type carrier struct {
	Open   secret.Value
	hidden secret.Value
	Deep   *secret.Value
	Many   []secret.Value
	Named  map[string]secret.Value
	within struct{ v secret.Value }
}

func newCarrier() carrier {
	v := secret.New(canary)
	c := carrier{Open: v, hidden: v, Deep: &v, Many: []secret.Value{v}, Named: map[string]secret.Value{"k": v}}
	c.within.v = v
	return c
}

// S1
func TestValue_noFormatShowsIt(t *testing.T) {
	t.Parallel()
	c := newCarrier()
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%10.3s", "%T", "%w"} {
		for _, what := range []any{c.Open, &c.Open, c, &c, []any{c}, c.hidden} {
			shown := fmt.Errorf(verb, what).Error()
			require.NotContains(t, shown, canary, verb)
			require.NotContains(t, shown, fmt.Sprintf("%x", canary), verb)
		}
	}
	require.Equal(t, secret.Redacted, c.Open.String())
	require.Equal(t, secret.Redacted, fmt.Sprintf("%x", c.Open))
}

// S1
func TestValue_noEncoderOrLoggerShowsIt(t *testing.T) {
	t.Parallel()
	c := newCarrier()
	asJSON, err := json.Marshal(c)
	require.NoError(t, err)
	require.Contains(t, string(asJSON), `"Open":"[redacted]"`)
	type element struct{ Open, hidden secret.Value }
	asXML, err := xml.Marshal(element{c.Open, c.hidden})
	require.NoError(t, err)

	var lines bytes.Buffer
	for _, h := range []slog.Handler{slog.NewJSONHandler(&lines, nil), slog.NewTextHandler(&lines, nil)} {
		slog.New(h).Info("m", "value", c.Open, "struct", c, "pointer", &c.Open)
	}
	for _, shown := range []string{string(asJSON), string(asXML), lines.String()} {
		require.NotContains(t, shown, canary)
		require.Contains(t, shown, secret.Redacted)
	}
}

// S1
func TestValue_databaseSQLRefusesIt(t *testing.T) {
	t.Parallel()
	_, err := driver.DefaultParameterConverter.ConvertValue(secret.New(canary))
	require.Error(t, err)
	require.NotContains(t, err.Error(), canary)
}

func TestValue_isRevealedOnlyByName(t *testing.T) {
	t.Parallel()
	require.Equal(t, canary, secret.New(canary).Reveal())
	require.False(t, secret.New(canary).Empty())

	var none secret.Value
	require.True(t, none.Empty())
	require.Empty(t, none.Reveal())
	require.True(t, secret.New("").Empty())
}

func TestValue_readsFromJSON(t *testing.T) {
	t.Parallel()
	var request struct{ Token secret.Value }
	require.NoError(t, json.Unmarshal([]byte(`{"token":"`+canary+`"}`), &request))
	require.Equal(t, canary, request.Token.Reveal())

	copied := request.Token
	require.NoError(t, request.Token.UnmarshalText([]byte("other")))
	require.Equal(t, canary, copied.Reveal(), "a copy keeps what it had")
}
