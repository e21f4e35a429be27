package bench_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

var (
	logEntry = regexp.MustCompile(`(?m)^(\d+/\d+) (?:LOG|DETAIL|ERROR|WARNING|FATAL|STATEMENT): +`)
	executed = regexp.MustCompile(`^(?:execute [^:]*|statement): `)
	writing  = regexp.MustCompile(`(?i)\b(?:insert|update|delete)\b`)
	ofReply  = regexp.MustCompile(`(?i)insert\s+into\s+messages\b`)
	framing  = regexp.MustCompile(`(?i)^\s*(?:begin|start transaction|commit|rollback)\b`)
)

// countStatements runs act and counts, in Postgres's log, the statements of the transaction that stores a reply.
func countStatements(f *harness.AgentGroup, act func()) (reads, writes int) {
	f.System.T.Helper()
	log := filepath.Join(f.System.Dir, ".wxdesk", "log", "postgres.log")
	before, err := os.ReadFile(log)
	require.NoError(f.System.T, err)
	exec := func(statements ...string) {
		for _, statement := range statements {
			_, err := f.DB.ExecContext(f.System.T.Context(), statement)
			require.NoError(f.System.T, err)
		}
	}
	exec(`alter system set log_line_prefix = '%v '`, `alter system set log_statement = 'all'`, `select pg_reload_conf()`)
	act()
	exec(`alter system reset log_line_prefix`, `alter system reset log_statement`, `select pg_reload_conf()`)
	text, err := os.ReadFile(log)
	require.NoError(f.System.T, err)
	text = text[len(before):]

	type transaction struct {
		reads, writes int
		reply         bool
	}
	all := map[string]*transaction{}
	entries := logEntry.FindAllSubmatchIndex(text, -1)
	for i, at := range entries {
		end := len(text)
		if i+1 < len(entries) {
			end = entries[i+1][0]
		}
		entry := text[at[1]:end]
		said := executed.Find(entry)
		if said == nil {
			continue
		}
		statement, id := entry[len(said):], string(text[at[2]:at[3]])
		if all[id] == nil {
			all[id] = &transaction{}
		}
		switch t := all[id]; {
		case framing.Match(statement):
		case writing.Match(statement):
			t.writes++
			t.reply = t.reply || ofReply.Match(statement)
		default:
			t.reads++
		}
	}
	var replies []*transaction
	for _, t := range all {
		if t.reply {
			replies = append(replies, t)
		}
	}
	require.NotEmpty(f.System.T, replies, "a transaction that writes a message")
	slices.SortFunc(replies, func(a, b *transaction) int { return a.reads + a.writes - b.reads - b.writes })
	middle := replies[len(replies)/2]
	return middle.reads, middle.writes
}
