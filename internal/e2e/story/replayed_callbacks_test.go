package story_test

import (
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

// effectTables are the tables in which a callback could leave something.
var effectTables = []string{"customers", "messages", "receipts", "turns", "deliveries", "events", "quarantine"}

// countRows returns the number of rows of each table in effects.
func countRows(s *harness.System, db *sqlx.DB) map[string]int {
	s.T.Helper()
	counts := map[string]int{}
	for _, table := range effectTables {
		var n int
		require.NoError(s.T, db.QueryRow("select count(*) from "+table).Scan(&n)) //nolint:gosec // names of this test
		counts[table] = n
	}
	return counts
}

// S4, C06, C07, C08, C10, X19
// Whatever was once delivered is delivered again — four times at once (C10), with timestamp and nonce swapped (C08), after
// a restart of API and worker, and a month later, when its conversation has long been closed — and leaves no row. After each
// round one new message of the same customer shows that everything before it has been dealt with: it alone counts. A late
// one with a new key is stored and not answered (C06), and again has no effect (C07). A picture's address is not called (X19).
func TestRepeatedCallback_hasNoEffectEver(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	db := s.Database()
	s.CallSimulator(http.MethodPatch, "/settings", map[string]any{"window_messages": 100}, nil)
	a := s.NewSecondAccount()
	c := s.NewCustomerOf(a.AppID)
	require.True(t, c.WriteAccepted("hello"))
	c.WaitForAnswers(1, 30*time.Second)

	pictures, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var fetched atomic.Int32
	go func() {
		for conn, err := pictures.Accept(); err == nil; conn, err = pictures.Accept() {
			fetched.Add(1)
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() { _ = pictures.Close() })

	key, now := a.EncodingAESKey, time.Now()
	says := func(id int, kind, members string) string {
		return fmt.Sprintf("<xml><ToUserName>%s</ToUserName><FromUserName>%s</FromUserName><CreateTime>%d</CreateTime><MsgType>%s</MsgType>%s<MsgId>%d</MsgId></xml>",
			a.OriginalID, c.OpenID, now.Unix(), kind, members, id)
	}
	originals := []capturedCallback{
		seal(a, key, says(101, "text", "<Content>delivery</Content>"), now),
		seal(a, key, says(102, "image", "<PicUrl>http://"+pictures.Addr().String()+"/picture</PicUrl><MediaId>m</MediaId>"), now),
		seal(a, key, says(103, "event", "<Event>VIEW</Event><EventKey>https://example.com/</EventKey>"), now),
		seal(a, key, says(101, "text", "<Content>something else</Content>"), now),                            // known key, other content: quarantine
		seal(a, key, "this is no message", now),                                                              // quarantine
		seal(a, strings.Repeat("x", 43), says(104, "text", "<Content>never read</Content>"), now),            // quarantine
		seal(a, key, says(105, "text", "<Content>late</Content>"), now.Add(-time.Hour)),                      // stored, not answered
		seal(a, key, says(106, "event", "<Event>SCAN</Event><EventKey>a</EventKey><Ticket>t</Ticket>"), now), // answered
	}
	for i, o := range originals {
		require.True(t, o.deliver(), i)
	}
	fences := 0
	// fence waits until one new message is answered: what came before it is done.
	fence := func() {
		t.Helper()
		fences++
		answered := countRows(s, db)["turns"] + 1
		require.True(t, seal(a, key, says(1000+fences, "text", fmt.Sprintf("<Content>fence %d</Content>", fences)), time.Now()).deliver())
		s.WaitFor(60*time.Second, "the new message is answered", func() bool {
			var sent int
			const query = "select count(*) from deliveries where status not in ('queued', 'sending')"
			return db.QueryRow(query).Scan(&sent) == nil && countRows(s, db)["turns"] >= answered && sent == countRows(s, db)["deliveries"]
		})
	}
	s.WaitFor(60*time.Second, "picture, scan and text are answered", func() bool { return countRows(s, db)["turns"] >= 4 }) // with hello
	fence()
	before, answers := countRows(s, db), len(c.Answers())
	require.Equal(t, 3, before["quarantine"], "%v", before)
	require.Equal(t, 1, before["events"], "%v", before)
	require.Equal(t, 5, before["turns"], "hello, text, picture, scan and the fence; not what came late: %v", before)

	replays := 0
	replay := func(when string, change func(capturedCallback) capturedCallback) {
		t.Helper()
		replays++
		var all sync.WaitGroup
		for i, o := range originals {
			for range 4 {
				all.Go(func() {
					if !change(o).deliver() {
						t.Errorf("%s: %d is not answered as the first time", when, i)
					}
				})
			}
		}
		all.Wait()
		fence()
		after := countRows(s, db)
		for _, table := range effectTables {
			more := 0
			switch table {
			case "messages":
				more = 2 * replays // the fence and its answer
			case "receipts", "turns", "deliveries":
				more = replays
			}
			assert.Equal(t, before[table]+more, after[table], "%s: %s", when, table)
		}
	}
	same := func(c capturedCallback) capturedCallback { return c }

	replay("now", same)
	replay("swapped", capturedCallback.withTimestampAndNonceSwapped)

	s.Kill("api")
	s.Kill("worker")
	s.WaitFor(60*time.Second, "the API answers again", func() bool { return originals[0].deliver() })
	replay("after a restart", same)
	replay("swapped, after a restart", capturedCallback.withTimestampAndNonceSwapped)

	a.Change(map[string]any{"idle_close": "1s"})
	fence() // the conversation learns of its new patience with its next message
	before["messages"], before["receipts"], before["turns"], before["deliveries"] = before["messages"]+2, before["receipts"]+1, before["turns"]+1, before["deliveries"]+1
	answers++
	s.WaitFor(60*time.Second, "the conversation is closed", func() bool { return c.Conversations()[0].State == "closed" })
	ageByAMonth(s, db)
	replay("a month later", same)
	replay("swapped, a month later", capturedCallback.withTimestampAndNonceSwapped)

	require.Len(t, c.Answers(), answers+replays, "nobody was answered twice")
	require.Zero(t, fetched.Load(), "a picture's address is never called")
}

// ageByAMonth makes everything that was ever written thirty days older.
func ageByAMonth(s *harness.System, db *sqlx.DB) {
	s.T.Helper()
	rows, err := db.Query(`select table_name, column_name from information_schema.columns
		where table_schema = 'public' and data_type = 'timestamp with time zone'
			and table_name in ('conversations', 'messages', 'receipts', 'turns', 'deliveries', 'events', 'quarantine')`)
	require.NoError(s.T, err)
	defer rows.Close()
	var changes []string
	for rows.Next() {
		var table, column string
		require.NoError(s.T, rows.Scan(&table, &column))
		changes = append(changes, fmt.Sprintf("update %s set %s = %s - interval '30 days'", table, column, column))
	}
	require.NoError(s.T, rows.Err())
	require.NotEmpty(s.T, changes)
	for _, change := range changes {
		_, err := db.Exec(change)
		require.NoError(s.T, err, change)
	}
}
