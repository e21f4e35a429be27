package chaos_test

import (
	"context"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"wxdesk/activities"
	"wxdesk/internal/bot"
	"wxdesk/internal/bot/faq"
	"wxdesk/internal/callback"
	"wxdesk/internal/config"
	"wxdesk/internal/e2e/harness"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/accounts"
	"wxdesk/internal/postgres/decision"
	"wxdesk/internal/postgres/intake"
	"wxdesk/internal/postgres/permits"
	"wxdesk/internal/postgres/transcript"
	"wxdesk/internal/postgres/upkeep"
	"wxdesk/internal/rules"
	"wxdesk/internal/secret"
	"wxdesk/internal/temporalclient"
	"wxdesk/internal/wechat"
	"wxdesk/internal/wechat/wxapi"
	"wxdesk/worker"
)

// R14
// A worker whose code panics over one customer's message, over what the bot is asked about another, and over what a third
// is sent, answers everybody else. The first waits in quarantine, and is redriven and answered once a worker runs that does not
// panic; the second is with people; whether the third got an answer is called unknown.
func TestPanic_stopsNobodyElse(t *testing.T) {
	t.Parallel()
	s := harness.Start(t)
	a := s.NewSecondAccount()
	for _, side := range []func(map[string]any){a.Change, a.ChangeAtWeChat} {
		side(map[string]any{"mode": "plain"}) // the ledger opens what was sealed at the callback endpoint: that is where it panics
	}
	a.WaitUntilKnown()
	s.Command("dev", "stop", "worker")
	unread, unasked, unsent := s.NewCustomerOf(a.AppID), s.NewCustomerOf(a.AppID), s.NewCustomerOf(a.AppID)
	tries, stop := startPanickingWorker(s, unsent)
	require.True(t, unread.WriteAccepted("a message that panics"))
	require.True(t, unasked.WriteAccepted("a question that panics"))
	require.True(t, unsent.WriteAccepted("hello"))
	for range 10 {
		c := s.NewCustomerOf(a.AppID)
		require.True(t, c.WriteAccepted("hello"))
		c.WaitForAnswers(1, 30*time.Second)
	}
	s.WaitFor(2*time.Minute, "it is in quarantine", func() bool { return strings.Contains(s.Command("quarantine", "list"), "panics") })
	require.EqualValues(t, 5, tries.Load(), "tried five times, and then no more")
	require.Empty(t, unread.Conversations())
	s.WaitFor(30*time.Second, "people have the conversation", func() bool {
		conversations := unasked.Conversations()
		return len(conversations) == 1 && conversations[0].Holder == "queue"
	})
	s.WaitFor(60*time.Second, "nobody knows of the answer", func() bool {
		fates := s.DeliveryStatuses(unsent)
		return len(fates) == 1 && fates[0] == "unknown"
	})

	stop()
	s.Command("dev", "start", "worker")
	require.Contains(t, s.Command("quarantine", "redrive", "--reason", "panics"), "1 handed over, 0 stay")
	unread.WaitForAnswers(1, 30*time.Second)
	s.WaitForDeliveries()
	require.Len(t, unread.Answers(), 1)
	require.Empty(t, unsent.Answers(), "only a person sends it again")
	out, err := s.Reconcile("20s")
	require.NoError(t, err, "R25: %s", out)
}

// startPanickingWorker runs a worker in this process whose code panics. It returns how often the worker has tried to read the callback, and
// the function that stops it.
func startPanickingWorker(s *harness.System, unsent harness.Customer) (tries *atomic.Int64, stop func()) {
	s.T.Helper()
	cfg, err := config.LoadDev(s.Settings())
	require.NoError(s.T, err)
	ring, err := secret.ParseKeyring(cfg.MasterKeys)
	require.NoError(s.T, err)
	evaluator := rules.NewEvaluator()
	tries = new(atomic.Int64)
	pool, err := postgres.Open(s.T.Context(), cfg.DatabaseURL.Reveal())
	require.NoError(s.T, err)
	temporal, err := temporalclient.Lazy(temporalclient.Options{
		Env: cfg.Temporal, Codec: temporalclient.NewWorkerCodec(ring), Log: slog.New(slog.DiscardHandler),
	})
	require.NoError(s.T, err)
	stored := accounts.New(pool, ring)
	w := worker.New(temporal, &activities.Activities{
		Ledger: activities.Ledger{
			Accounts: stored, Callbacks: panickingCallbacks{intake.New(pool, ring), tries}, Transcript: transcript.New(pool, ring),
			Routing: decision.New(pool, ring), Upkeep: upkeep.New(pool, ring),
		},
		Permits:   permits.New(pool, cfg.SendsPerSecond),
		Runs:      &temporalclient.Conversations{Client: temporal},
		Bots:      panickingBots{faq.Connector{Entries: stored}},
		WeChat:    panickingWeChat{wxapi.New(cfg.WeChatAPI, wxapi.NewHTTPClient(true), stored), wechat.OpenID(unsent.OpenID)},
		Evaluator: evaluator,
		Span: func(ctx context.Context, _, name string) (context.Context, trace.Span) {
			return noop.NewTracerProvider().Tracer("").Start(ctx, name)
		},
	}, "", cfg.SendsPerSecond, func(err error) { s.T.Error(err) })
	require.NoError(s.T, w.Start())
	stop = sync.OnceFunc(func() {
		w.Stop()
		temporal.Close()
		_ = pool.Close()
	})
	s.T.Cleanup(stop)
	return tries, stop
}

type panickingCallbacks struct {
	*intake.DB
	tries *atomic.Int64
}

func (l panickingCallbacks) OpenPlain(h callback.Received) ([]byte, error) {
	plain, err := l.DB.OpenPlain(h)
	if strings.Contains(string(plain), "a message that panics") {
		l.tries.Add(1)
		panic("cannot read this")
	}
	return plain, err
}

type panickingBots struct{ faq.Connector }

func (b panickingBots) Answer(ctx context.Context, q bot.Question) (bot.Answer, error) {
	if q.Text == "a question that panics" {
		panic("cannot be asked this")
	}
	return b.Connector.Answer(ctx, q)
}

type panickingWeChat struct {
	*wxapi.Client
	unsent wechat.OpenID
}

func (w panickingWeChat) SendText(ctx context.Context, from wechat.Credentials, to wechat.OpenID, text string) wechat.SendOutcome {
	if to == w.unsent {
		panic("cannot send to this customer")
	}
	return w.Client.SendText(ctx, from, to, text)
}
