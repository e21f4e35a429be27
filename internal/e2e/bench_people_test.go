package e2e_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
)

// BenchmarkReply_toBareTransactions compares replies that are accepted per second, from 16 agents at once, with bare transactions of
// as many statements in the same Postgres. The worker is stopped meanwhile: what becomes of a reply afterwards is not measured.
func BenchmarkReply_toBareTransactions(b *testing.B) {
	const agents, each, allowance = 16, 4, 5 // conversations of an agent; replies to a customer's message
	s, _, worker := startBench(b)
	shop := newBenchShop(s)
	f := newBenchFloor(s, agents)
	write := func(text string) {
		shop.says = text
		c := shop.sender()
		for customer := range agents * each {
			c.posts(shop.callbackRequest(customer))
		}
	}
	write("human")
	f.waitForOffers(agents * each)
	held := make([][]string, agents) // conversations, by agent
	for i, d := range f.clients {
		for _, offer := range d.offers() {
			f.does(d.token, "accept", offer.Data.ConversationID, `{}`)
			held[i] = append(held[i], offer.Data.ConversationID)
		}
	}
	replies := func() span {
		return together(b, agents, func(agent int) {
			for _, id := range held[agent] {
				for range allowance {
					f.does(f.clients[agent].token, "reply", id, `{"text":"The shop opens at nine, and closes at six."}`)
				}
			}
		})
	}
	lines := agents * each
	settled := func() {
		s.pollUntil(50*time.Millisecond, time.Minute, "all is received and sent", func() bool {
			var received, unsent int
			err := f.db.QueryRow(`select (select count(*) from messages where author = 'customer'),
				(select count(*) from deliveries where status in ('queued', 'sending'))`).Scan(&received, &unsent)
			return err == nil && received == lines && unsent == 0
		})
	}
	refresh := func() { // the customers write, which allows the next replies; what is unsent by then would be among these
		settled()
		write("thank you")
		lines += agents * each
		settled()
	}
	refresh()
	reads, writes := f.statements(func() { replies() })
	bare := newBareLedger(b, f.db, reads, writes)
	worker.ends()
	compare(b, agents*each*allowance, "replies", func() span {
		worker.launch()
		refresh()
		worker.ends()
		return replies()
	}, rival{"transactions", 0.70, func() span {
		return together(b, agents, func(client int) {
			for range each * allowance {
				bare.transaction(client)
			}
		})
	}})
	b.ReportMetric(float64(reads+writes), "statements")
}

// BenchmarkAssign_toBareShape compares new conversations that are assigned per second, three hundred at once with agents free for
// all, from the first callback to the last offer on an event stream, with a bare workflow of the same shape.
func BenchmarkAssign_toBareShape(b *testing.B) {
	const burst, agents = 300, 40 // each has room for ten
	s, _, _ := startBench(b)
	shop := newBenchShop(s)
	shop.says = "human"
	f := newBenchFloor(s, agents)
	senders, engine := shop.senders(), newBareEngine(b, s.temporalClient(), burst, shop.size())
	chief := s.wxdesk("token", "create", "--role", "supervisor", "--name", "chief")
	customers, closed := 0, 0
	ours := func() span {
		requests := make(chan rawRequest, burst)
		for range burst {
			requests <- shop.callbackRequest(customers)
			customers++
		}
		close(requests)
		before, began := processorTime(b), time.Now()
		together(b, benchSenders, func(n int) {
			for l := range requests {
				senders[n].posts(l)
			}
		})
		offers := f.waitForOffers(customers)
		used := usedSince(b, before)
		last := slices.MaxFunc(offers, func(a, b event) int { return a.At.Compare(b.At) })
		f.closeAll(chief, offers[closed:])
		closed = len(offers)
		return span{last.At.Sub(began), used}
	}
	ours()
	_, err := f.db.ExecContext(b.Context(), `analyze`)
	require.NoError(b, err)
	compare(b, burst, "assigned", ours, rival{"assign-bare", 0.40, func() span { return engine.assigns(benchSenders) }})
}

// benchFloor is agents with open event streams.
type benchFloor struct {
	s       *system
	db      *sqlx.DB
	clients []*agentClient
	http    http.Client
	keys    sync.Map // of what was done so far, by token
}

// newBenchFloor makes agents with room for ten conversations each, and opens their event streams. Their offers stand for long.
func newBenchFloor(s *system, agents int) *benchFloor {
	s.t.Helper()
	s.sets("/v1/workstreams/"+defaultWorkstream, map[string]any{"offer_for": "5m"})
	f := &benchFloor{s: s, db: s.database(), http: http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}}
	for n := range agents {
		name := fmt.Sprintf("Agent %02d", n)
		a := s.agent(name)
		s.sets("/v1/agents/"+a.id, map[string]any{"units": 250})
		f.clients = append(f.clients, a.opens())
	}
	return f
}

// offers are those on the desk's event stream so far.
func (d *agentClient) offers() (all []event) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, e := range d.seen {
		if e.Name == "offer" {
			all = append(all, e)
		}
	}
	return all
}

// waitForOffers waits until so many offers are on the event streams, and returns all in their order.
func (f *benchFloor) waitForOffers(n int) (all []event) {
	f.s.t.Helper()
	f.s.pollUntil(20*time.Millisecond, 5*time.Minute, fmt.Sprintf("%d offers", n), func() bool {
		all = all[:0]
		for _, d := range f.clients {
			all = append(all, d.offers()...)
		}
		return len(all) >= n
	})
	require.Len(f.s.t, all, n, "each is offered once")
	slices.SortFunc(all, func(a, b event) int { return a.At.Compare(b.At) })
	return all
}

// does commands a conversation once, which must go well.
func (f *benchFloor) does(token, command, conversation, body string) {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost,
		"http://"+f.s.http+"/v1/conversations/"+conversation+"/"+command, strings.NewReader(body))
	if err != nil {
		f.s.t.Error(err)
		return
	}
	n, _ := f.keys.LoadOrStore(token, new(int))
	*n.(*int)++ // one goroutine at a time does what a token does
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+token)
	req.Header.Set("Idempotency-Key", command+"-"+strconv.Itoa(*n.(*int)))
	resp, err := f.http.Do(req)
	if err != nil {
		f.s.t.Error(err)
		return
	}
	defer resp.Body.Close() //nolint:errcheck // read below
	if text, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		f.s.t.Errorf("%s: %d %s %v", command, resp.StatusCode, text, err)
	}
}

// closeAll closes what was offered, and waits until no run is left of it.
func (f *benchFloor) closeAll(token string, offers []event) {
	f.s.t.Helper()
	for _, o := range offers {
		f.does(token, "force-close", o.Data.ConversationID, `{}`)
	}
	temporal := f.s.temporalClient()
	f.s.pollUntil(100*time.Millisecond, 2*time.Minute, "no run is left", func() bool {
		found, err := temporal.CountWorkflow(f.s.t.Context(), &workflowservice.CountWorkflowExecutionsRequest{
			Query: `WorkflowType = "Conversation" AND ExecutionStatus = "Running"`,
		})
		return err == nil && found.GetCount() == 0
	})
}

var (
	logEntry = regexp.MustCompile(`(?m)^(\d+/\d+) (?:LOG|DETAIL|ERROR|WARNING|FATAL|STATEMENT): +`)
	executed = regexp.MustCompile(`^(?:execute [^:]*|statement): `)
	writing  = regexp.MustCompile(`(?i)\b(?:insert|update|delete)\b`)
	ofReply  = regexp.MustCompile(`(?i)insert\s+into\s+messages\b`)
	framing  = regexp.MustCompile(`(?i)^\s*(?:begin|start transaction|commit|rollback)\b`)
)

// statements counts what the transaction that writes a reply consists of, in Postgres's log.
func (f *benchFloor) statements(act func()) (reads, writes int) {
	f.s.t.Helper()
	log := filepath.Join(f.s.dir, ".wxdesk", "log", "postgres.log")
	before, err := os.ReadFile(log)
	require.NoError(f.s.t, err)
	exec := func(statements ...string) {
		for _, statement := range statements {
			_, err := f.db.ExecContext(f.s.t.Context(), statement)
			require.NoError(f.s.t, err)
		}
	}
	exec(`alter system set log_line_prefix = '%v '`, `alter system set log_statement = 'all'`, `select pg_reload_conf()`)
	act()
	exec(`alter system reset log_line_prefix`, `alter system reset log_statement`, `select pg_reload_conf()`)
	text, err := os.ReadFile(log)
	require.NoError(f.s.t, err)
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
	require.NotEmpty(f.s.t, replies, "a transaction that writes a message")
	slices.SortFunc(replies, func(a, b *transaction) int { return a.reads + a.writes - b.reads - b.writes })
	middle := replies[len(replies)/2]
	return middle.reads, middle.writes
}

// bareLedger runs transactions with so many statements, each about a row of its own.
type bareLedger struct {
	b                      *testing.B
	db                     *sqlx.DB
	reads, writes          int
	insert, update, choose *sqlx.Stmt
}

func newBareLedger(b *testing.B, db *sqlx.DB, reads, writes int) *bareLedger {
	b.Helper()
	db.SetMaxIdleConns(32)
	_, err := db.ExecContext(b.Context(), `create table bare (id bigint primary key generated always as identity, client int not null, body text not null)`)
	require.NoError(b, err)
	_, err = db.ExecContext(b.Context(), `insert into bare (client, body) select n % 16, repeat('x', 200) from generate_series(1, 1600) n`)
	require.NoError(b, err)
	l := &bareLedger{b: b, db: db, reads: reads, writes: writes}
	for statement, text := range map[**sqlx.Stmt]string{
		&l.insert: `insert into bare (client, body) values ($1, repeat('x', 200))`,
		&l.update: `update bare set body = repeat('y', 200) where id = $1`,
		&l.choose: `select client from bare where id = $1`,
	} {
		*statement, err = db.PreparexContext(b.Context(), text) //nolint:sqlclosecheck // they end with the database
		require.NoError(b, err)
	}
	return l
}

// transaction reads and writes; every second write is an update.
func (l *bareLedger) transaction(client int) {
	row := client + 1
	if err := l.inTx(func(tx *sqlx.Tx) error {
		for n := range l.reads {
			var found int
			if err := tx.Stmtx(l.choose).QueryRow(row + 16*n).Scan(&found); err != nil {
				return err
			}
		}
		for n := range l.writes {
			statement, arg := l.insert, client
			if n%2 == 1 {
				statement, arg = l.update, row+16*n
			}
			if _, err := tx.Stmtx(statement).Exec(arg); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		l.b.Error(err)
	}
}

func (l *bareLedger) inTx(do func(*sqlx.Tx) error) error {
	tx, err := l.db.BeginTxx(l.b.Context(), nil)
	if err != nil {
		return err
	}
	if err := do(tx); err != nil {
		_ = tx.Rollback()
		return err
	}
	return tx.Commit()
}
