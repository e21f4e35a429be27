package e2e_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// R26: Postgres and Temporal come back from backups of different moments. Everything starts, the gap is named, and every
// customer is answered again, whatever had become of the conversation in between.
func TestR26_anOlderPostgresUnderANewerTemporal(t *testing.T) { restored(t, "postgres") }

func TestR26_anOlderTemporalUnderANewerPostgres(t *testing.T) { restored(t, "temporal.db") }

// restored tells a story around a backup, of which only one part is restored.
func restored(t *testing.T, part string) {
	t.Parallel()
	s := start(t)
	s.simulator("PATCH", "/settings", map[string]any{"window_messages": 100}, nil)
	ann := s.agent("Ann").opens()
	before := map[string]customer{}
	for _, name := range []string{"writes on", "is handed over later", "is closed later", "is silent"} {
		c := s.follower()
		require.True(t, c.manages("hello"))
		c.gets(1, 30*time.Second)
		before[name] = c
	}
	s.quiet()

	ann.leaves()
	s.stop()
	backup := filepath.Join(t.TempDir(), "backup")
	s.copyPart(part, backup)
	s.launch()

	// What the backup does not know: more messages, a hand-over, an end, a customer who is new.
	ann = ann.agent.opens()
	require.True(t, before["writes on"].manages("delivery"))
	before["writes on"].gets(2, 30*time.Second)
	require.True(t, before["is handed over later"].manages("human"))
	handed := ann.offered(1, 30*time.Second).Data.ConversationID
	ann.must("accept", handed, nil)
	ended := before["is closed later"].conversations()[0].ID
	require.Equal(t, 200, s.api("POST", "/v1/conversations/"+ended+"/close", map[string]string{"Idempotency-Key": "end"}, nil, nil))
	late := s.follower()
	require.True(t, late.manages("hello"))
	late.gets(1, 30*time.Second)
	lateToo := s.follower()
	require.True(t, lateToo.manages("human"))
	lateToo.gets(1, 30*time.Second)
	s.quiet()
	ann.leaves()
	s.stop()

	s.removePart(part)
	s.run("cp", "-a", backup+"/.", filepath.Join(s.dir, ".wxdesk"))
	s.launch()
	s.wxdesk("dev", "stop", "worker")
	s.wxdesk("dev", "stop", "api")
	require.Contains(t, s.wxdesk("migrate", "--restored"), "the database was restored")
	s.wxdesk("dev", "start", "api")
	s.wxdesk("dev", "start", "worker")
	s.reconciles()

	// Everybody is answered: by the bot, or by people where people have the conversation here.
	ann = ann.agent.opens()
	people := []customer{late, lateToo}
	for _, c := range before {
		people = append(people, c)
	}
	for _, c := range people {
		had := len(c.answers())
		require.True(t, c.manages("returns"))
		s.until(60*time.Second, "the customer is answered, or waits for a person", func() bool {
			conversations := c.conversations()
			return len(c.answers()) > had || len(conversations) > 0 && conversations[0].Holder != "bot"
		})
	}
	s.quiet()
	for _, c := range people {
		conversations := c.conversations()
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
		said := c.answers()
		ann.finds(conversations[0].ID)
		ann.must("reply", conversations[0].ID, map[string]any{"text": "a person again"})
		c.gets(len(said)+1, 30*time.Second)
	}
}

// finds waits until the agent has the conversation, and accepts it where it is offered.
func (d *agentClient) finds(id string) {
	d.s.t.Helper()
	d.s.pollUntil(100*time.Millisecond, 60*time.Second, "the agent has the conversation", func() bool {
		var out struct{ Holder string }
		if status := d.s.api("GET", "/v1/conversations/"+id, nil, nil, &out); status == 200 && out.Holder == "agent" {
			return true
		}
		for _, e := range d.events() {
			if e.Name == "offer" && e.Data.ConversationID == id {
				d.does("accept", id, nil)
			}
		}
		return false
	})
}

// reconciles lets the differences between ledger and runs be named.
func (s *system) reconciles() {
	s.t.Helper()
	out, _ := runWith(s.dir, s.settings(), "reconcile", "--check") // differences are expected
	require.Contains(s.t, out, "differences")
}

// copyPart keeps what one part of a stopped system has on disk.
func (s *system) copyPart(part, to string) {
	s.t.Helper()
	require.NoError(s.t, os.MkdirAll(to, 0o700))
	for _, file := range s.files(part) {
		s.run("cp", "-a", file, to)
	}
}

func (s *system) removePart(part string) {
	s.t.Helper()
	for _, file := range s.files(part) {
		require.NoError(s.t, os.RemoveAll(file))
	}
}

// files are what a part has on disk: a file of SQLite's has others beside it.
func (s *system) files(part string) []string {
	s.t.Helper()
	files, err := filepath.Glob(filepath.Join(s.dir, ".wxdesk", part+"*"))
	require.NoError(s.t, err)
	require.NotEmpty(s.t, files)
	return files
}

func (s *system) run(name string, args ...string) {
	s.t.Helper()
	out, err := exec.Command(name, args...).CombinedOutput()
	require.NoErrorf(s.t, err, "%s %s: %s", name, strings.Join(args, " "), out)
}
