package workflows_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	sdklog "go.temporal.io/sdk/log"
	sdkworker "go.temporal.io/sdk/worker"

	"wxdesk/internal/secret"
	"wxdesk/internal/temporalclient"
	"wxdesk/worker"
)

// R21: histories recorded from a real server replay in the code as it is. They are sealed with the key beside them, which
// seals nothing else. `go test ./internal/e2e -run TestStory -record` records them anew; do that with released code, never
// with the change that wants to pass.
func TestR21_recordedHistoriesReplay(t *testing.T) {
	t.Parallel()
	key, err := os.ReadFile(filepath.Join("testdata", "histories", "master.key"))
	require.NoError(t, err)
	ring, err := secret.ParseKeyring(secret.New(strings.TrimSpace(string(key))))
	require.NoError(t, err)
	data, failures := temporalclient.Converters(temporalclient.NewWorkerCodec(ring))
	replayer, err := sdkworker.NewWorkflowReplayerWithOptions(sdkworker.WorkflowReplayerOptions{
		DataConverter: data, FailureConverter: failures, DisableRegistrationAliasing: true,
	})
	require.NoError(t, err)
	worker.RegisterWorkflows(replayer)

	files, err := filepath.Glob(filepath.Join("testdata", "histories", "*.json"))
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 6)
	log := sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			require.NoError(t, replayer.ReplayWorkflowHistoryFromJSONFile(log, file))
		})
	}
}
