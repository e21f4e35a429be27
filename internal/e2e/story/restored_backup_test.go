package story_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

// R26
// Postgres and Temporal come back from backups of different moments. Everything starts, the gap is named, and every
// customer is answered again, whatever had become of the conversation in between.
func TestRestore_olderPostgresNewerTemporal(t *testing.T) { testRestoredPart(t, "postgres") }

// R26
func TestRestore_olderTemporalNewerPostgres(t *testing.T) { testRestoredPart(t, "temporal.db") }

// testRestoredPart tells a story around a backup, of which only one part is restored.
func testRestoredPart(t *testing.T, part string) {
	t.Parallel()
	s := harness.Start(t)
	s.CallSimulator("PATCH", "/settings", map[string]any{"window_messages": 100}, nil)
	ann := s.NewAgent("Ann").Connect()
	before := map[string]harness.Customer{}
	for _, name := range []string{"writes on", "is handed over later", "is closed later", "is silent"} {
		c := s.NewCustomer()
		require.True(t, c.WriteAccepted("hello"))
		c.WaitForAnswers(1, 30*time.Second)
		before[name] = c
	}
	s.WaitForDeliveries()

	ann.Disconnect()
	s.Stop()
	backup := filepath.Join(t.TempDir(), "backup")
	copyPart(s, part, backup)
	s.Launch()

	// What the backup does not know: more messages, a hand-over, an end, a customer who is new.
	ann = ann.Agent.Connect()
	require.True(t, before["writes on"].WriteAccepted("delivery"))
	before["writes on"].WaitForAnswers(2, 30*time.Second)
	require.True(t, before["is handed over later"].WriteAccepted("human"))
	handed := ann.WaitForOffer(1, 30*time.Second).Data.ConversationID
	ann.MustCommand("accept", handed, nil)
	ended := before["is closed later"].Conversations()[0].ID
	require.Equal(t, 200, s.CallAPI("POST", "/v1/conversations/"+ended+"/close", map[string]string{"Idempotency-Key": "end"}, nil, nil))
	late := s.NewCustomer()
	require.True(t, late.WriteAccepted("hello"))
	late.WaitForAnswers(1, 30*time.Second)
	lateToo := s.NewCustomer()
	require.True(t, lateToo.WriteAccepted("human"))
	lateToo.WaitForAnswers(1, 30*time.Second)
	s.WaitForDeliveries()
	ann.Disconnect()
	s.Stop()

	removePart(s, part)
	runCommand(s, "cp", "-a", backup+"/.", filepath.Join(s.Dir, ".wxdesk"))
	s.Launch()
	s.Command("dev", "stop", "worker")
	s.Command("dev", "stop", "api")
	require.Contains(t, s.Command("migrate", "--restored"), "the database was restored")
	s.Command("dev", "start", "api")
	s.Command("dev", "start", "worker")
	requireDifferences(s)

	// Everybody is answered: by the bot, or by people if people have the conversation here.
	ann = ann.Agent.Connect()
	people := []harness.Customer{late, lateToo}
	for _, c := range before {
		people = append(people, c)
	}
	for _, c := range people {
		had := len(c.Answers())
		require.True(t, c.WriteAccepted("returns"))
		s.WaitFor(60*time.Second, "the customer is answered, or waits for a person", func() bool {
			conversations := c.Conversations()
			return len(c.Answers()) > had || len(conversations) > 0 && conversations[0].Holder != "bot"
		})
	}
	s.WaitForDeliveries()
	for _, c := range people {
		conversations := c.Conversations()
		open := 0
		for _, conversation := range conversations {
			if conversation.State != "closed" {
				open++
			}
		}
		assert.LessOrEqual(t, open, 1)
		if conversations[0].Holder == "bot" {
			continue
		}
		said := c.Answers()
		waitForConversation(ann, conversations[0].ID)
		ann.MustCommand("reply", conversations[0].ID, map[string]any{"text": "a person again"})
		c.WaitForAnswers(len(said)+1, 30*time.Second)
	}
}

// waitForConversation waits until the agent has the conversation, and accepts it where it is offered.
func waitForConversation(d *harness.AgentConnection, id string) {
	d.System.T.Helper()
	d.System.PollEvery(100*time.Millisecond, 60*time.Second, "the agent has the conversation", func() bool {
		var out struct{ Holder string }
		if status := d.System.CallAPI("GET", "/v1/conversations/"+id, nil, nil, &out); status == 200 && out.Holder == "agent" {
			return true
		}
		for _, e := range d.Events() {
			if e.Name == "offer" && e.Data.ConversationID == id {
				d.CommandStatus("accept", id, nil)
			}
		}
		return false
	})
}

// requireDifferences fails the test unless `wxdesk reconcile --check` speaks of differences between ledger and runs.
func requireDifferences(s *harness.System) {
	s.T.Helper()
	out, _ := harness.RunProgram(s.Dir, s.Settings(), "reconcile", "--check") // differences are expected
	require.Contains(s.T, out, "differences")
}

// copyPart copies what one part of a stopped system has on disk.
func copyPart(s *harness.System, part, to string) {
	s.T.Helper()
	require.NoError(s.T, os.MkdirAll(to, 0o700))
	for _, file := range partFiles(s, part) {
		runCommand(s, "cp", "-a", file, to)
	}
}

// removePart removes what one part of a stopped system has on disk.
func removePart(s *harness.System, part string) {
	s.T.Helper()
	for _, file := range partFiles(s, part) {
		require.NoError(s.T, os.RemoveAll(file))
	}
}

// partFiles returns the files of a part. SQLite has further files beside its database.
func partFiles(s *harness.System, part string) []string {
	s.T.Helper()
	files, err := filepath.Glob(filepath.Join(s.Dir, ".wxdesk", part+"*"))
	require.NoError(s.T, err)
	require.NotEmpty(s.T, files)
	return files
}

// runCommand runs a program of this machine, which must succeed.
func runCommand(s *harness.System, name string, args ...string) {
	s.T.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	require.NoErrorf(s.T, err, "%s %s: %s", name, strings.Join(args, " "), out)
}
