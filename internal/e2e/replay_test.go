package e2e_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/wechat"
)

// captured is a callback as somebody on the way could have written it down.
type captured struct {
	target string
	query  url.Values
	body   string
}

// writes makes a callback of the account's, sealed and signed as WeChat does, at a time of WeChat's clock. The nonce has ten
// digits, so that it could be a timestamp.
func (a *shop) writes(sealWith, xml string, at time.Time) captured {
	a.s.t.Helper()
	cipher, err := wechat.NewCipher(sealWith, wechat.AppID(a.AppID))
	require.NoError(a.s.t, err)
	encrypt, err := cipher.Seal([]byte(xml))
	require.NoError(a.s.t, err)
	const nonce = "1234567890"
	timestamp := strconv.FormatInt(at.Unix(), 10)
	return captured{
		target: "http://" + a.s.http + "/wechat/" + a.id,
		query: url.Values{
			"timestamp": {timestamp}, "nonce": {nonce}, "encrypt_type": {"aes"}, "signature": {wechat.Signature(a.Token, timestamp, nonce)},
			"msg_signature": {wechat.Signature(a.Token, timestamp, nonce, string(encrypt))},
		},
		body: fmt.Sprintf("<xml><ToUserName>%s</ToUserName><Encrypt><![CDATA[%s]]></Encrypt></xml>", a.OriginalID, encrypt),
	}
}

// swapped is the same with timestamp and nonce in each other's place, which leaves the signature as it was.
func (c captured) swapped() captured {
	query := url.Values{}
	for name, values := range c.query {
		query[name] = values
	}
	query["timestamp"], query["nonce"] = c.query["nonce"], c.query["timestamp"]
	return captured{c.target, query, c.body}
}

// delivered posts it and returns whether it was answered as taken.
func (c captured) delivered() bool {
	resp, err := http.Post(c.target+"?"+c.query.Encode(), "text/xml", strings.NewReader(c.body))
	if err != nil {
		return false
	}
	defer resp.Body.Close() //nolint:errcheck // read below
	text, _ := io.ReadAll(resp.Body)
	return resp.StatusCode == http.StatusOK && string(text) == "success"
}

// effects are the tables in which a callback could leave something.
var effects = []string{"customers", "messages", "receipts", "turns", "deliveries", "events", "quarantine"}

func (s *system) rows(db *sqlx.DB) map[string]int {
	s.t.Helper()
	counts := map[string]int{}
	for _, table := range effects {
		var n int
		require.NoError(s.t, db.QueryRow("select count(*) from "+table).Scan(&n)) //nolint:gosec // names of this test
		counts[table] = n
	}
	return counts
}

// S4: whatever was once delivered is delivered again — four times at once (C10), with timestamp and nonce swapped (C08), after
// a restart of API and worker, and a month later, when its conversation has long been closed — and leaves no row. After each
// round one new message of the same customer shows that everything before it has been dealt with: it alone counts. A late
// one with a new key is stored and not answered (C06), and again has no effect (C07). A picture's address is not called (X19).
func TestS4_C06_C07_C10_X19_aReplayHasNoEffectNowSwappedAfterARestartAndAMonthLater(t *testing.T) {
	t.Parallel()
	s := start(t)
	db := s.database()
	s.simulator(http.MethodPatch, "/settings", map[string]any{"window_messages": 100}, nil)
	a := s.secondAccount()
	c := s.followerOf(a.AppID)
	require.True(t, c.manages("hello"))
	c.gets(1, 30*time.Second)

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
			a.OriginalID, c.openID, now.Unix(), kind, members, id)
	}
	originals := []captured{
		a.writes(key, says(101, "text", "<Content>delivery</Content>"), now),
		a.writes(key, says(102, "image", "<PicUrl>http://"+pictures.Addr().String()+"/picture</PicUrl><MediaId>m</MediaId>"), now),
		a.writes(key, says(103, "event", "<Event>VIEW</Event><EventKey>https://example.com/</EventKey>"), now),
		a.writes(key, says(101, "text", "<Content>something else</Content>"), now),                            // known key, other content: quarantine
		a.writes(key, "this is no message", now),                                                              // quarantine
		a.writes(strings.Repeat("x", 43), says(104, "text", "<Content>never read</Content>"), now),            // quarantine
		a.writes(key, says(105, "text", "<Content>late</Content>"), now.Add(-time.Hour)),                      // stored, not answered
		a.writes(key, says(106, "event", "<Event>SCAN</Event><EventKey>a</EventKey><Ticket>t</Ticket>"), now), // answered
	}
	for i, o := range originals {
		require.True(t, o.delivered(), i)
	}
	fences := 0
	// fence waits until one new message is answered: what came before it is done.
	fence := func() {
		t.Helper()
		fences++
		answered := s.rows(db)["turns"] + 1
		require.True(t, a.writes(key, says(1000+fences, "text", fmt.Sprintf("<Content>fence %d</Content>", fences)), time.Now()).delivered())
		s.until(60*time.Second, "the new message is answered", func() bool {
			var sent int
			const query = "select count(*) from deliveries where status not in ('queued', 'sending')"
			return db.QueryRow(query).Scan(&sent) == nil && s.rows(db)["turns"] >= answered && sent == s.rows(db)["deliveries"]
		})
	}
	s.until(60*time.Second, "picture, scan and text are answered", func() bool { return s.rows(db)["turns"] >= 4 }) // with hello
	fence()
	before, answers := s.rows(db), len(c.answers())
	require.Equal(t, 3, before["quarantine"], "%v", before)
	require.Equal(t, 1, before["events"], "%v", before)
	require.Equal(t, 5, before["turns"], "hello, text, picture, scan and the fence; not what came late: %v", before)

	replays := 0
	replay := func(when string, change func(captured) captured) {
		t.Helper()
		replays++
		var all sync.WaitGroup
		for i, o := range originals {
			for range 4 {
				all.Go(func() {
					if !change(o).delivered() {
						t.Errorf("%s: %d is not answered as the first time", when, i)
					}
				})
			}
		}
		all.Wait()
		fence()
		after := s.rows(db)
		for _, table := range effects {
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
	same := func(c captured) captured { return c }

	replay("now", same)
	replay("swapped", captured.swapped)

	s.kill("api")
	s.kill("worker")
	s.until(60*time.Second, "the API answers again", func() bool { return originals[0].delivered() })
	replay("after a restart", same)
	replay("swapped, after a restart", captured.swapped)

	a.here(map[string]any{"idle_close": "1s"})
	fence() // the conversation learns of its new patience with its next message
	before["messages"], before["receipts"], before["turns"], before["deliveries"] = before["messages"]+2, before["receipts"]+1, before["turns"]+1, before["deliveries"]+1
	answers++
	s.until(60*time.Second, "the conversation is closed", func() bool { return c.conversations()[0].State == "closed" })
	s.aMonthPasses(db)
	replay("a month later", same)
	replay("swapped, a month later", captured.swapped)

	require.Len(t, c.answers(), answers+replays, "nobody was answered twice")
	require.Zero(t, fetched.Load(), "a picture's address is never called")
}

// aMonthPasses makes all that was ever written thirty days older.
func (s *system) aMonthPasses(db *sqlx.DB) {
	s.t.Helper()
	rows, err := db.Query(`select table_name, column_name from information_schema.columns
		where table_schema = 'public' and data_type = 'timestamp with time zone'
			and table_name in ('conversations', 'messages', 'receipts', 'turns', 'deliveries', 'events', 'quarantine')`)
	require.NoError(s.t, err)
	defer rows.Close()
	var changes []string
	for rows.Next() {
		var table, column string
		require.NoError(s.t, rows.Scan(&table, &column))
		changes = append(changes, fmt.Sprintf("update %s set %s = %s - interval '30 days'", table, column, column))
	}
	require.NoError(s.t, rows.Err())
	require.NotEmpty(s.t, changes)
	for _, change := range changes {
		_, err := db.Exec(change)
		require.NoError(s.t, err, change)
	}
}
