package workflows_test

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	historypb "go.temporal.io/api/history/v1"
	sdklog "go.temporal.io/sdk/log"
	sdkworker "go.temporal.io/sdk/worker"
	"google.golang.org/protobuf/encoding/protojson"

	"wxdesk/internal/secret"
	"wxdesk/internal/temporalclient"
	"wxdesk/worker"
	"wxdesk/workflows"
)

const histories = "testdata/histories"

// R21
// Histories of every release, recorded from a real server, replay in the code as it is. They are sealed with the key
// beside them, which seals nothing else. `make histories RELEASE=v1.2` records those of a release; do that with the code
// that is released, never with the change that wants to pass, and never remove a release from which conversations may
// still be open.
func TestReplay_acceptsRecordedHistories(t *testing.T) {
	t.Parallel()
	key, err := os.ReadFile(filepath.Join(histories, "master.key"))
	require.NoError(t, err)
	ring, err := secret.ParseKeyring(secret.New(strings.TrimSpace(string(key))))
	require.NoError(t, err)
	data, failures := temporalclient.Converters(temporalclient.NewWorkerCodec(ring))
	replayer, err := sdkworker.NewWorkflowReplayerWithOptions(sdkworker.WorkflowReplayerOptions{
		DataConverter: data, FailureConverter: failures, DisableRegistrationAliasing: true,
	})
	require.NoError(t, err)
	worker.RegisterWorkflows(replayer)

	log := sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler))
	for _, file := range recorded(t) {
		t.Run(strings.TrimPrefix(file, histories+"/"), func(t *testing.T) {
			require.NoError(t, replayer.ReplayWorkflowHistoryFromJSONFile(log, file))
		})
	}
}

// R21
func TestReplay_everyWorkflowHasAHistory(t *testing.T) {
	t.Parallel()
	missing := map[string]bool{workflows.Name: true, workflows.SweepName: true}
	for _, file := range recorded(t) {
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		var history historypb.History
		require.NoError(t, protojson.Unmarshal(text, &history), file)
		delete(missing, history.GetEvents()[0].GetWorkflowExecutionStartedEventAttributes().GetWorkflowType().GetName())
	}
	require.Empty(t, missing)
}

// recorded lists the histories of all releases, each of which has a folder.
func recorded(t *testing.T) []string {
	t.Helper()
	releases, err := filepath.Glob(filepath.Join(histories, "v*"))
	require.NoError(t, err)
	require.NotEmpty(t, releases)
	var all []string
	for _, release := range releases {
		files, err := filepath.Glob(filepath.Join(release, "*.json"))
		require.NoError(t, err)
		require.NotEmpty(t, files, release)
		all = append(all, files...)
	}
	return all
}
