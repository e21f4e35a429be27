package e2e_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	sdkworker "go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"wxdesk/internal/wechat"
)

// The benchmarks of this file measure a ratio within one run: wxdesk, and the bare Temporal server below it doing the same number
// of calls, tasks and activities with nothing in them. Rounds alternate, and the median of their ratios is reported, so that a
// busy machine slows both.
const (
	rounds       = 11 // of each
	benchSenders = 64
)

// BenchmarkAcknowledge_toBareSignalWithStart compares callbacks acknowledged per second (HTTP, signature, cipher, SignalWithStart)
// with bare calls of SignalWithStart of the same size, for as many workflows. No worker runs.
func BenchmarkAcknowledge_toBareSignalWithStart(b *testing.B) {
	s := start(b)
	shop := newBenchShop(s)
	s.wxdesk("dev", "stop", "worker")
	senders, bare := shop.senders(), s.temporalClient()
	const each = 32 // callbacks of a sender in a round,
	const of = 8    // of so many customers: the door hands over fifty a second of each
	ratio(b, func() time.Duration {
		letters := shop.letters(benchSenders, each, of)
		return together(func(n int) {
			for _, l := range letters[n] {
				senders[n].posts(l)
			}
		})
	}, func() time.Duration {
		payload := bytes.Repeat([]byte("x"), shop.size())
		return together(func(sender int) {
			for n := range each {
				_, err := bare.SignalWithStartWorkflow(context.Background(), "bare/"+strconv.Itoa(sender*of+n%of), "bare", payload,
					client.StartWorkflowOptions{TaskQueue: "bare-nobody"}, "Bare")
				require.NoError(b, err)
			}
		})
	}, benchSenders*each)
}

// BenchmarkBotAnswer_toBareEngine compares answers of the bot per second, from the customer's message to WeChat's API being called,
// with a workflow of the same shape: a signal, a local activity, two activities on queues of their own, three workflow tasks.
// Each customer writes the next message when the last one is answered. Before it counts, Postgres has gathered statistics, as it does
// by itself within a minute of work.
func BenchmarkBotAnswer_toBareEngine(b *testing.B) {
	s := start(b)
	shop, platform := newBenchShop(s), newBenchWeChat(b)
	s.wxdesk("dev", "stop", "worker")
	s.second("worker", 0, "WXDESK_WECHAT_API="+platform.URL, "WXDESK_SENDS_PER_SECOND=100000") // how fast it is, not how patient
	senders, bare := shop.senders(), s.bareEngine()
	const each = 5 // messages of a customer in a round
	answers := func() time.Duration {
		letters := shop.letters(benchSenders, each, 1)
		return together(func(n int) {
			answered := platform.answers(benchOpenID(n))
			for _, l := range letters[n] {
				senders[n].posts(l)
				waitFor(b, answered)
			}
		})
	}
	answers()
	_, err := s.database().ExecContext(b.Context(), `analyze`)
	require.NoError(b, err)
	ratio(b, answers, func() time.Duration {
		payload := bytes.Repeat([]byte("x"), shop.size())
		return together(func(sender int) {
			for range each {
				bare.asks(sender, payload)
				waitFor(b, bare.done[sender])
			}
		})
	}, benchSenders*each)
}

// ratio runs rounds of both in turn, after one of each that does not count.
func ratio(b *testing.B, ours, bare func() time.Duration, perRound int) {
	b.Helper()
	ours()
	bare()
	var ratios, oursPerSecond, barePerSecond []float64
	round := func() {
		o, p := float64(perRound)/ours().Seconds(), float64(perRound)/bare().Seconds()
		oursPerSecond, barePerSecond, ratios = append(oursPerSecond, o), append(barePerSecond, p), append(ratios, o/p)
	}
	for b.Loop() {
		round()
	}
	for len(ratios) < rounds {
		round()
	}
	b.ReportMetric(median(ratios), "ratio")
	b.ReportMetric(median(oursPerSecond), "ours/s")
	b.ReportMetric(median(barePerSecond), "bare/s")
}

func median(values []float64) float64 {
	slices.Sort(values)
	return values[len(values)/2]
}

// together runs all senders at once, and says how long they took.
func together(send func(sender int)) time.Duration {
	var all sync.WaitGroup
	began := time.Now()
	for sender := range benchSenders {
		all.Go(func() { send(sender) })
	}
	all.Wait()
	return time.Since(began)
}

func waitFor(b *testing.B, done <-chan struct{}) {
	select {
	case <-done:
	case <-time.After(time.Minute):
		b.Error("no answer within a minute")
	}
}

// benchShop is an account whose callbacks the benchmark makes itself.
type benchShop struct {
	s      *system
	door   string // host and port
	path   string
	token  string
	cipher *wechat.Cipher
	last   int64  // number of the last letter, which its MsgId has too
	says   string // what customers say, with the number behind it; "" for the same question again and again
}

// text is what is said in a letter.
func (shop *benchShop) text(number int64) string {
	if shop.says == "" {
		return "when are you open?"
	}
	return fmt.Sprintf("%s %d", shop.says, number)
}

const benchGH = "gh_be9c4be9c4be"

func newBenchShop(s *system) *benchShop {
	s.t.Helper()
	const key, app = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "wx00000000be9c4000"
	shop := &benchShop{s: s, door: s.http, token: "benchToken"}
	var made struct {
		ID string
	}
	status := s.api(http.MethodPost, "/v1/accounts", nil, map[string]any{
		"name": "Bench", "app_id": app, "app_secret": "0123456789abcdef0123456789abcdef", "original_id": benchGH,
		"token": shop.token, "encoding_aes_key": key,
	}, &made)
	require.Equal(s.t, http.StatusCreated, status)
	shop.path = "/wechat/" + made.ID
	var err error
	shop.cipher, err = wechat.NewCipher(key, app)
	require.NoError(s.t, err)
	return shop
}

func benchOpenID(sender int) string { return fmt.Sprintf("oBench%022d", sender) }

// letter is a request as it goes over the wire.
type letter []byte

// letters are the callbacks of a round, each sender's of so many customers in turn, made before it begins: making them is WeChat's
// work.
func (shop *benchShop) letters(senders, each, customers int) [][]letter {
	all := make([][]letter, senders)
	for sender := range all {
		for n := range each {
			all[sender] = append(all[sender], shop.letter(sender*customers+n%customers))
		}
	}
	return all
}

func (shop *benchShop) letter(sender int) letter {
	shop.last++
	openID, now := benchOpenID(sender), strconv.FormatInt(time.Now().Unix(), 10)
	sealed, err := shop.cipher.Seal(fmt.Appendf(nil, "<xml><ToUserName><![CDATA[%s]]></ToUserName>\n<FromUserName><![CDATA[%s]]></FromUserName>\n"+
		"<CreateTime>%s</CreateTime>\n<MsgType><![CDATA[text]]></MsgType>\n<Content><![CDATA[%s]]></Content>\n<MsgId>%d</MsgId>\n</xml>",
		benchGH, openID, now, shop.text(shop.last), 23_000_000_000_000_000+shop.last))
	require.NoError(shop.s.t, err)
	nonce := strconv.FormatInt(1_000_000_000+shop.last, 10)
	body := fmt.Sprintf("<xml>\n<ToUserName><![CDATA[%s]]></ToUserName>\n<Encrypt><![CDATA[%s]]></Encrypt>\n</xml>", benchGH, sealed)
	return fmt.Appendf(nil, "POST %s?signature=%s&timestamp=%s&nonce=%s&openid=%s&encrypt_type=aes&msg_signature=%s HTTP/1.1\r\n"+
		"Host: wxdesk\r\nContent-Type: text/xml\r\nContent-Length: %d\r\n\r\n%s", shop.path, wechat.Signature(shop.token, now, nonce), now, nonce,
		openID, wechat.Signature(shop.token, now, nonce, string(sealed)), len(body), body)
}

// size is that of a callback.
func (shop *benchShop) size() int { return len(shop.letter(0)) }

// sender is one connection to the door, and does as little as it can: its work is WeChat's.
type sender struct {
	shop *benchShop
	conn net.Conn
	read *bufio.Reader
}

func (shop *benchShop) sender() *sender {
	conn, err := net.Dial("tcp", shop.door)
	require.NoError(shop.s.t, err)
	shop.s.t.Cleanup(func() { _ = conn.Close() })
	return &sender{shop, conn, bufio.NewReader(conn)}
}

func (shop *benchShop) senders() []*sender {
	all := make([]*sender, benchSenders)
	for i := range all {
		all[i] = shop.sender()
	}
	return all
}

func (c *sender) posts(l letter) {
	if status, text := c.tries(l); status != http.StatusOK || text != "success" {
		c.shop.s.t.Errorf("the callback is answered %d %q", status, text)
	}
}

// tries returns what the door answers; status 0 where it does not.
func (c *sender) tries(l letter) (status int, text string) {
	if _, err := c.conn.Write(l); err != nil {
		return 0, err.Error()
	}
	resp, err := http.ReadResponse(c.read, nil)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body)
}

// benchWeChat is WeChat's API as far as an answer needs it, and tells who was answered. The simulator would take a share of the
// machine that is not ours to measure.
type benchWeChat struct {
	*httptest.Server
	mu   sync.Mutex
	told map[string]chan struct{} // by openid
}

func newBenchWeChat(b *testing.B) *benchWeChat {
	p := &benchWeChat{told: map[string]chan struct{}{}}
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/cgi-bin/message/custom/send" {
			_, _ = io.WriteString(w, `{"access_token":"bench-access-token","expires_in":7200}`)
			return
		}
		var sent struct{ ToUser string }
		_ = json.NewDecoder(r.Body).Decode(&sent)
		p.answers(sent.ToUser) <- struct{}{}
		_, _ = io.WriteString(w, `{"errcode":0,"errmsg":"ok"}`)
	}))
	b.Cleanup(p.Close)
	return p
}

func (p *benchWeChat) answers(openID string) chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.told[openID] == nil {
		p.told[openID] = make(chan struct{}, 16)
	}
	return p.told[openID]
}

// bareEngine runs workflows of a conversation's shape with nothing in them.
type bareEngine struct {
	s    *system
	c    client.Client
	done []chan struct{} // by customer
}

func (s *system) bareEngine() *bareEngine {
	s.t.Helper()
	e := &bareEngine{s: s, c: s.temporalClient(), done: make([]chan struct{}, benchSenders)}
	for i := range e.done {
		e.done[i] = make(chan struct{}, 1)
	}
	conversations := sdkworker.New(e.c, "bare", sdkworker.Options{})
	conversations.RegisterWorkflowWithOptions(bareConversation, workflow.RegisterOptions{Name: "Bare"})
	ask := sdkworker.New(e.c, "bare-ask", sdkworker.Options{DisableWorkflowWorker: true})
	ask.RegisterActivityWithOptions(func(context.Context, int) error { return nil }, activity.RegisterOptions{Name: "ask"})
	send := sdkworker.New(e.c, "bare-send", sdkworker.Options{DisableWorkflowWorker: true})
	send.RegisterActivityWithOptions(func(_ context.Context, customer int) error {
		e.done[customer] <- struct{}{}
		return nil
	}, activity.RegisterOptions{Name: "send"})
	for _, w := range []sdkworker.Worker{conversations, ask, send} {
		require.NoError(s.t, w.Start())
		s.t.Cleanup(w.Stop)
	}
	return e
}

func (e *bareEngine) asks(customer int, payload []byte) {
	_, err := e.c.SignalWithStartWorkflow(context.Background(), "bare-conversation/"+strconv.Itoa(customer), "bare", payload,
		client.StartWorkflowOptions{TaskQueue: "bare"}, "Bare", customer)
	if err != nil {
		e.s.t.Error(err)
	}
}

// bareConversation does for each signal what a conversation does for each message that its bot answers.
func bareConversation(ctx workflow.Context, customer int) error {
	local := workflow.WithLocalActivityOptions(ctx, workflow.LocalActivityOptions{StartToCloseTimeout: time.Second})
	on := func(queue string) workflow.Context {
		return workflow.WithActivityOptions(ctx, workflow.ActivityOptions{TaskQueue: queue, StartToCloseTimeout: 9 * time.Second})
	}
	for {
		var payload []byte
		workflow.GetSignalChannel(ctx, "bare").Receive(ctx, &payload)
		if err := workflow.ExecuteLocalActivity(local, bareReceive, customer).Get(ctx, nil); err != nil {
			return err
		}
		if err := workflow.ExecuteActivity(on("bare-ask"), "ask", customer).Get(ctx, nil); err != nil {
			return err
		}
		if err := workflow.ExecuteActivity(on("bare-send"), "send", customer).Get(ctx, nil); err != nil {
			return err
		}
	}
}

func bareReceive(context.Context, int) error { return nil }
