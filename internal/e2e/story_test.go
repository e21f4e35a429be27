package e2e_test

import (
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	historypb "go.temporal.io/api/history/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	sdklog "go.temporal.io/sdk/log"
	sdkworker "go.temporal.io/sdk/worker"
	"google.golang.org/protobuf/encoding/protojson"

	"wxdesk/internal/secret"
	"wxdesk/internal/temporalclient"
	"wxdesk/worker"
)

// The same story told straight and with continue-as-new forced as often as the setting allows has the same effects.
func TestStory_straightAndContinuedHaveTheSameEffects(t *testing.T) {
	t.Parallel()
	straight := story(t, "straight")
	continued := story(t, "continued", "WXDESK_CONTINUE_AFTER=10")
	require.Equal(t, straight.effects, continued.effects)
	require.Equal(t, 2, straight.runs)
	require.Greater(t, continued.runs, 4)
}

type outcome struct {
	effects []string
	runs    int
}

func story(t *testing.T, name string, environ ...string) outcome {
	t.Helper()
	s := start(t, append(environ, "WXDESK_MASTER_KEYS="+fixtureKey(t))...)
	c := s.follower()
	texts := []string{"hello", "delivery", "what?", "opening hours", "returns", "human please", "still there?", "I wait"}
	answered := 0
	for _, text := range texts {
		require.True(t, c.manages(text))
		if answered < 6 {
			answered++
			c.gets(answered, 20*time.Second)
		}
	}
	first := c.conversations()[0].ID
	s.until(20*time.Second, "all is in the transcript", func() bool { return len(s.transcript(first)) == len(texts)+answered })

	key := map[string]string{"Idempotency-Key": "story"}
	path := "/v1/conversations/" + first + "/close"
	var once, twice map[string]any
	require.Equal(t, http.StatusOK, s.api(http.MethodPost, path, key, nil, &once))
	require.Equal(t, http.StatusOK, s.api(http.MethodPost, path, key, nil, &twice), "the same key gets the same answer")
	require.Equal(t, once, twice)
	require.Equal(t, "closed", once["conversation"].(map[string]any)["state"])
	require.Equal(t, http.StatusConflict, s.api(http.MethodPost, path, map[string]string{"Idempotency-Key": "later"}, nil, nil))

	require.True(t, c.manages("returns"))
	c.gets(answered+1, 20*time.Second)
	s.quiet()

	var out outcome
	for _, conversation := range c.conversations() {
		out.effects = append(out.effects, conversation.State+" "+conversation.Holder)
		for _, m := range s.transcript(conversation.ID) {
			line := m.Author + ": " + m.Text
			if m.Delivery != nil {
				line += " (" + m.Delivery.Status + ")"
			}
			out.effects = append(out.effects, line)
		}
	}
	out.effects = append(out.effects, "screen: "+strings.Join(c.answers(), "\n"))
	out.runs = s.replay(name)
	return out
}

// record names the release whose histories are recorded, for TestR21 in package workflows: see `make histories`.
var record = flag.String("record", "", "release under which to keep the histories of the stories in workflows/testdata/histories")

const histories = "../../workflows/testdata/histories"

// fixtureKey seals the stories and nothing else, so that their histories can be read by tests.
func fixtureKey(t testing.TB) string {
	t.Helper()
	key, err := os.ReadFile(filepath.Join(histories, "master.key"))
	require.NoError(t, err)
	return strings.TrimSpace(string(key))
}

// replay ends a story: it replays every run of the system in the code as it is, and returns how many conversations there
// are. A story without recorded histories fails.
func (s *system) replay(name string) int {
	s.t.Helper()
	ring, err := secret.ParseKeyring(secret.New(fixtureKey(s.t)))
	require.NoError(s.t, err)
	data, failures := temporalclient.Converters(temporalclient.NewWorkerCodec(ring))
	replayer, err := sdkworker.NewWorkflowReplayerWithOptions(sdkworker.WorkflowReplayerOptions{
		DataConverter: data, FailureConverter: failures, DisableRegistrationAliasing: true,
	})
	require.NoError(s.t, err)
	worker.RegisterWorkflows(replayer)

	c := s.temporalClient()
	runs := s.executions(c, `WorkflowType IN ("Conversation", "Sweep")`, 2)
	slices.SortFunc(runs, func(a, b *workflowpb.WorkflowExecutionInfo) int {
		return a.GetStartTime().AsTime().Compare(b.GetStartTime().AsTime())
	})
	count := map[string]int{}
	for _, run := range runs {
		kind, id := strings.ToLower(run.GetType().GetName()), run.GetExecution()
		count[kind]++
		history := &historypb.History{Events: s.history(c, id.GetWorkflowId(), id.GetRunId())}
		if *record != "" { // before it is replayed, which changes it
			s.keep(history, fmt.Sprintf("%s-%s-%d.json", name, kind, count[kind]))
		}
		require.NoError(s.t, replayer.ReplayWorkflowHistory(sdklog.NewStructuredLogger(slog.New(slog.DiscardHandler)), history))
	}
	recorded, err := filepath.Glob(filepath.Join(histories, "*", name+"-*.json"))
	require.NoError(s.t, err)
	require.NotEmptyf(s.t, recorded, "the story %q has no recorded histories: make histories RELEASE=…", name)
	return count["conversation"]
}

// keep writes a history among those of the release.
func (s *system) keep(history *historypb.History, name string) {
	s.t.Helper()
	text, err := protojson.MarshalOptions{Indent: " "}.Marshal(history)
	require.NoError(s.t, err)
	folder := filepath.Join(histories, *record)
	require.NoError(s.t, os.MkdirAll(folder, 0o750))
	require.NoError(s.t, os.WriteFile(filepath.Join(folder, name), text, 0o600))
}

func TestIdle_closesAndTheNextMessageBeginsAnew(t *testing.T) {
	t.Parallel()
	s := start(t)
	account := s.demoAccount()
	require.Equal(t, http.StatusOK, s.api(http.MethodPatch, "/v1/accounts/"+account, nil, map[string]any{"idle_close": "1s"}, nil))
	c := s.follower()
	require.True(t, c.manages("hello"))
	c.gets(1, 10*time.Second)
	s.until(20*time.Second, "silence closes the conversation", func() bool { return c.conversations()[0].State == "closed" })
	require.Equal(t, "idle", *c.conversations()[0].Close)
	require.True(t, c.manages("delivery"))
	c.gets(2, 10*time.Second)
	require.Len(t, c.conversations(), 2)
}

// Messages that arrive around the moment of the idle close are each answered once, in this conversation or the next.
func TestIdle_theClosingRaceLosesNothing(t *testing.T) {
	t.Parallel()
	s := start(t)
	account := s.demoAccount()
	require.Equal(t, http.StatusOK, s.api(http.MethodPatch, "/v1/accounts/"+account, nil, map[string]any{"idle_close": "1s"}, nil))
	const rounds = 12
	people := make([]customer, 6)
	for i := range people {
		people[i] = s.follower()
	}
	for round := range rounds {
		for i, c := range people {
			c.says(fmt.Sprintf("question %d of %d", round, i))
		}
		// The next round comes a little earlier or later than the close of this one.
		pause := time.NewTimer(time.Second + time.Duration(round-rounds/2)*8*time.Millisecond)
		<-pause.C
	}
	for _, c := range people {
		s.until(60*time.Second, "every message is answered", func() bool { return len(c.answers()) >= rounds })
	}
	s.quiet()
	for _, c := range people {
		require.Len(t, c.answers(), rounds)
		said := map[string]int{}
		for _, conversation := range c.conversations() {
			for _, m := range s.transcript(conversation.ID) {
				if m.Author == "customer" {
					said[m.Text]++
				}
			}
		}
		require.Len(t, said, rounds)
		for text, n := range said {
			require.Equal(t, 1, n, text)
		}
	}
}

// demoAccount is the id of the demo account.
func (s *system) demoAccount() string {
	s.t.Helper()
	var out struct{ Items []struct{ ID string } }
	require.Equal(s.t, http.StatusOK, s.api(http.MethodGet, "/v1/accounts", nil, nil, &out))
	require.Len(s.t, out.Items, 1)
	return out.Items[0].ID
}
