package story_test

import (
	"flag"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	sdklog "go.temporal.io/sdk/log"
	sdkworker "go.temporal.io/sdk/worker"
	"google.golang.org/protobuf/encoding/protojson"

	"wxdesk/internal/e2e/harness"
	"wxdesk/internal/secret"
	"wxdesk/internal/temporalclient"
	"wxdesk/worker"
)

// record names the release whose histories are recorded, for TestReplay in package workflows: see `make histories`.
var record = flag.String("record", "", "release under which to keep the histories of the stories in workflows/testdata/histories")

const histories = "../../../workflows/testdata/histories"

// fixtureKey returns the master key of the recorded stories. It seals nothing else, so that tests can read their histories.
func fixtureKey(t testing.TB) string {
	t.Helper()
	key, err := os.ReadFile(filepath.Join(histories, "master.key"))
	require.NoError(t, err)
	return strings.TrimSpace(string(key))
}

// replayRuns ends a story: it replays every run of the system in the code as it is, and returns how many runs are conversations. It fails
// the test where the story has no recorded histories.
func replayRuns(s *harness.System, name string) int {
	s.T.Helper()
	ring, err := secret.ParseKeyring(secret.New(fixtureKey(s.T)))
	require.NoError(s.T, err)
	data, failures := temporalclient.Converters(temporalclient.NewWorkerCodec(ring))
	replayer, err := sdkworker.NewWorkflowReplayerWithOptions(sdkworker.WorkflowReplayerOptions{
		DataConverter: data, FailureConverter: failures, DisableRegistrationAliasing: true,
	})
	require.NoError(s.T, err)
	worker.RegisterWorkflows(replayer)

	c := s.TemporalClient()
	runs := s.Runs(c, `WorkflowType IN ("Conversation", "Sweep")`, 2)
	slices.SortFunc(runs, func(a, b *workflowpb.WorkflowExecutionInfo) int {
		return a.GetStartTime().AsTime().Compare(b.GetStartTime().AsTime())
	})
	count := map[string]int{}
	for _, run := range runs {
		kind, id := strings.ToLower(run.GetType().GetName()), run.GetExecution()
		count[kind]++
		history := &historypb.History{Events: s.History(c, id.GetWorkflowId(), id.GetRunId())}
		if *record != "" { // before it is replayed, which changes it
			keepHistory(s, history, fmt.Sprintf("%s-%s-%d.json", name, kind, count[kind]))
		}
		require.NoError(s.T, replayer.ReplayWorkflowHistory(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)), history))
	}
	recorded, err := filepath.Glob(filepath.Join(histories, "*", name+"-*.json"))
	require.NoError(s.T, err)
	require.NotEmptyf(s.T, recorded, "the story %q has no recorded histories: make histories RELEASE=…", name)
	return count["conversation"]
}

// keepHistory writes a history to the folder of the release.
func keepHistory(s *harness.System, history *historypb.History, name string) {
	s.T.Helper()
	text, err := protojson.MarshalOptions{Indent: " "}.Marshal(history)
	require.NoError(s.T, err)
	folder := filepath.Join(histories, *record)
	require.NoError(s.T, os.MkdirAll(folder, 0o750))
	require.NoError(s.T, os.WriteFile(filepath.Join(folder, name), text, 0o600))
}
