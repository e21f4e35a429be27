package bench_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

// ownBotSecret signs the requests to a bot of one's own.
const ownBotSecret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

// BenchmarkFAQAnswer_toBareShapes compares answers of the FAQ per second, from the callback to the call of WeChat's API, with a bare
// workflow of three workflow tasks and with one of a single task.
func BenchmarkFAQAnswer_toBareShapes(b *testing.B) {
	s, platform, _ := startBench(b)
	compareAnswers(b, s, harness.NewCallbackAccount(s), platform, shapeBar{"old", 2.0}, shapeBar{"new", 0.50})
}

// BenchmarkOwnBotAnswer_toBareShape compares answers of a webhook bot, which answers at once, with a bare workflow that asks
// an activity on another task queue.
func BenchmarkOwnBotAnswer_toBareShape(b *testing.B) {
	s, platform, _ := startBench(b)
	account := harness.NewCallbackAccount(s)
	account.TextPrefix = "question" // where the same is asked and answered again and again, people take over
	var n atomic.Int64
	bot := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"messages":[{"text":"answer %d"}]}`, n.Add(1))
	}))
	b.Cleanup(bot.Close)
	made := s.Create("/v1/bots", map[string]string{"kind": "webhook", "name": "Bench", "url": bot.URL + "/", "secret": ownBotSecret})
	s.Change("/v1/accounts/"+account.ID, map[string]string{"bot_id": made})
	compareAnswers(b, s, account, platform, shapeBar{"own-bot", 0.80})
}

// startBench starts a system with one worker, which has the memory of a container of ours, and whose WeChat is the benchmark itself and
// sets no limit.
func startBench(b *testing.B) (*harness.System, *benchWeChat, *harness.Process) {
	s, platform := harness.Start(b), newBenchWeChat(b)
	s.Command("dev", "stop", "worker")
	return s, platform, s.StartSecond("worker", 0, "WXDESK_WECHAT_API="+platform.URL, "WXDESK_SENDS_PER_SECOND=100000",
		harness.ContainerMemory)
}

// shapeBar is a bare shape and what share of its speed is asked for.
type shapeBar struct {
	shape   string
	atLeast float64
}

// compareAnswers compares answers per second with the bare shapes. A sender writes for several customers in turn, each time once the answer
// before is there, so that nobody writes while the workflow task of the last answer is open. Other customers write in every second round:
// whoever gets more than bot.LoopPace answers of a bot within a minute is handed over to people. Before it measures, everybody has written
// once, and Postgres has gathered statistics, as it does by itself within a minute of work.
func compareAnswers(b *testing.B, s *harness.System, account *harness.CallbackAccount, platform *benchWeChat, bars ...shapeBar) {
	const each, of = 4, 4 // messages of a sender in a round, and their customers
	senders, engine := account.NewSenders(), newBareEngine(b, s.TemporalClient(), harness.Senders*of, account.CallbackSize())
	round := 0
	ours := func() measured {
		first := round % 2 * harness.Senders * of
		round++
		requests := account.NewCallbacks(first, harness.Senders, each, of)
		return runTogether(b, harness.Senders, func(n int) {
			for i, l := range requests[n] {
				senders[n].Post(l)
				waitForStep(b, platform.answers(harness.CallbackOpenID(first+n*of+i%of)))
			}
		})
	}
	ours()
	_, err := s.Database().ExecContext(b.Context(), `analyze`)
	require.NoError(b, err)
	var others []rival
	for _, bar := range bars {
		others = append(others, rival{bar.shape + "-bare", bar.atLeast, func() measured { return engine.runAnswers(bar.shape, harness.Senders, each) }})
	}
	compare(b, harness.Senders*each, "answers", ours, others...)
}
