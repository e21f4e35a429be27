package temporalclient_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"

	"wxdesk/internal/secret"
	"wxdesk/internal/temporalclient"
)

const canary = "canary-7f3a"

func ring(t *testing.T, keys ...secret.Value) *secret.Keyring {
	t.Helper()
	var texts []string
	for _, k := range keys {
		texts = append(texts, k.Reveal())
	}
	r, err := secret.ParseKeyring(secret.New(strings.Join(texts, ",")))
	require.NoError(t, err)
	return r
}

func TestCodec_sealsPayloadsAndFailures(t *testing.T) {
	t.Parallel()
	data, failures := temporalclient.Converters(temporalclient.NewCodec(ring(t, secret.NewMasterKey("a"))))

	payload, err := data.ToPayload(canary)
	require.NoError(t, err)
	require.NotContains(t, payload.String(), canary)
	var back string
	require.NoError(t, data.FromPayload(payload, &back))
	require.Equal(t, canary, back)

	failure := failures.ErrorToFailure(temporal.NewApplicationError(canary, "kind", canary))
	require.NotContains(t, failure.String(), canary)
	require.Contains(t, failures.FailureToError(failure).Error(), canary)
}

// K14
func TestCodec_equalPayloadsDiffer(t *testing.T) {
	t.Parallel()
	data, _ := temporalclient.Converters(temporalclient.NewCodec(ring(t, secret.NewMasterKey("a"))))
	one, err := data.ToPayload(canary)
	require.NoError(t, err)
	two, err := data.ToPayload(canary)
	require.NoError(t, err)
	require.NotEqual(t, one.GetData(), two.GetData())
}

func TestCodec_oldKeyStillOpens(t *testing.T) {
	t.Parallel()
	older, newer := secret.NewMasterKey("old"), secret.NewMasterKey("new")
	before, _ := temporalclient.Converters(temporalclient.NewCodec(ring(t, older)))
	after, _ := temporalclient.Converters(temporalclient.NewCodec(ring(t, newer, older)))
	payload, err := before.ToPayload(canary)
	require.NoError(t, err)
	var back string
	require.NoError(t, after.FromPayload(payload, &back))
	require.Equal(t, canary, back)
}

func TestCodec_workersPanicOnAnUnknownKey(t *testing.T) {
	t.Parallel()
	sealed, err := temporalclient.NewCodec(ring(t, secret.NewMasterKey("a"))).Encode(plain(t))
	require.NoError(t, err)
	other := ring(t, secret.NewMasterKey("b"))
	_, err = temporalclient.NewCodec(other).Decode(sealed)
	require.ErrorIs(t, err, secret.ErrUnknownKey)
	require.Panics(t, func() { _, _ = temporalclient.NewWorkerCodec(other).Decode(sealed) })
}

func TestCodec_alteredPayloadIsRefused(t *testing.T) {
	t.Parallel()
	codec := temporalclient.NewCodec(ring(t, secret.NewMasterKey("a")))
	sealed, err := codec.Encode(plain(t))
	require.NoError(t, err)
	sealed[0].Data[len(sealed[0].GetData())-1] ^= 1
	_, err = codec.Decode(sealed)
	require.ErrorIs(t, err, secret.ErrUnavailable)
}

func plain(t *testing.T) []*commonpb.Payload {
	t.Helper()
	p, err := converter.GetDefaultDataConverter().ToPayload(canary)
	require.NoError(t, err)
	return []*commonpb.Payload{p}
}
