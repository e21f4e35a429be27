package e2e_test

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
)

// The benchmarks of this file measure ratios within one run: wxdesk, and the bare Temporal server below it doing the same kind of
// work with nothing in it. Rounds alternate, and the median of their ratios is reported, so that a busy machine slows both.
//
// A metric whose unit ends in ":min" or ":max" is the bar of the metric before the colon; `make bench` puts the two side by side.
var benchRounds = flag.Int("bench.rounds", 7, "rounds of each side of a comparison")

const benchSenders = 64

// ownBotSecret signs the requests to a bot of one's own.
const ownBotSecret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

// BenchmarkAcknowledge_toBareSignalWithStart compares callbacks acknowledged per second (HTTP, signature, cipher, SignalWithStart)
// with bare calls of SignalWithStart of the same size, for as many workflows. No worker runs.
func BenchmarkAcknowledge_toBareSignalWithStart(b *testing.B) {
	s := start(b)
	shop := newBenchShop(s)
	s.wxdesk("dev", "stop", "worker")
	senders, bare := shop.senders(), s.temporalClient()
	const each = 32 // callbacks of a sender in a round,
	const of = 8    // of so many customers: the endpoint hands over fifty a second of each
	payload := bytes.Repeat([]byte("x"), shop.size())
	compare(b, benchSenders*each, "callbacks", func() span {
		requests := shop.callbackRequests(0, benchSenders, each, of)
		return together(b, benchSenders, func(n int) {
			for _, l := range requests[n] {
				senders[n].posts(l)
			}
		})
	}, rival{"signal-with-start", 1.0, func() span {
		return together(b, benchSenders, func(sender int) {
			for n := range each {
				_, err := bare.SignalWithStartWorkflow(context.Background(), "bare/"+strconv.Itoa(sender*of+n%of), "bare", payload,
					client.StartWorkflowOptions{TaskQueue: "bare-nobody"}, "Bare")
				require.NoError(b, err)
			}
		})
	}})
}

// BenchmarkFAQAnswer_toBareShapes compares answers of the FAQ per second, from the callback to the call of WeChat's API, with a bare
// workflow of three workflow tasks and with one of a single task.
func BenchmarkFAQAnswer_toBareShapes(b *testing.B) {
	s, platform, _ := startBench(b)
	s.answers(b, newBenchShop(s), platform, shapeBar{"old", 2.0}, shapeBar{"new", 0.50})
}

// BenchmarkOwnBotAnswer_toBareShape compares answers of a bot of one's own, which answers at once, with a bare workflow that asks
// an activity on another task queue.
func BenchmarkOwnBotAnswer_toBareShape(b *testing.B) {
	s, platform, _ := startBench(b)
	shop := newBenchShop(s)
	shop.says = "question" // where the same is asked and answered again and again, people take over
	var n atomic.Int64
	bot := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"messages":[{"text":"answer %d"}]}`, n.Add(1))
	}))
	b.Cleanup(bot.Close)
	made := s.create("/v1/bots", map[string]string{"kind": "webhook", "name": "Bench", "url": bot.URL + "/", "secret": ownBotSecret})
	s.sets("/v1/accounts/"+shop.account, map[string]string{"bot_id": made})
	s.answers(b, shop, platform, shapeBar{"own-bot", 0.80})
}

// startBench starts a system with one worker, which has the memory of a container of ours, and whose WeChat is the benchmark itself and
// sets no limit.
func startBench(b *testing.B) (*system, *benchWeChat, *process) {
	s, platform := start(b), newBenchWeChat(b)
	s.wxdesk("dev", "stop", "worker")
	return s, platform, s.second("worker", 0, "WXDESK_WECHAT_API="+platform.URL, "WXDESK_SENDS_PER_SECOND=100000",
		containerMemory)
}

// ends a process in an orderly way.
func (p *process) ends() {
	p.s.t.Helper()
	require.NoError(p.s.t, p.cmd.Process.Signal(syscall.SIGTERM))
	require.NoError(p.s.t, p.cmd.Wait(), p.log)
}

// shapeBar is a bare shape and what share of its speed is asked for.
type shapeBar struct {
	shape   string
	atLeast float64
}

// answers compares answers per second with the bare shapes. A sender writes for several customers in turn, each time when the answer
// before is there, so that nobody writes while the workflow task of the last answer is still open. Other customers write in every second
// round: whoever gets more than bot.LoopPace answers of a bot within a minute is handed over to people. Before it counts,
// everybody has written once, and Postgres has gathered statistics, as it does by itself within a minute of work.
func (s *system) answers(b *testing.B, shop *benchShop, platform *benchWeChat, bars ...shapeBar) {
	const each, of = 4, 4 // messages of a sender in a round, and their customers
	senders, engine := shop.senders(), newBareEngine(b, s.temporalClient(), benchSenders*of, shop.size())
	round := 0
	ours := func() span {
		first := round % 2 * benchSenders * of
		round++
		requests := shop.callbackRequests(first, benchSenders, each, of)
		return together(b, benchSenders, func(n int) {
			for i, l := range requests[n] {
				senders[n].posts(l)
				waitFor(b, platform.answers(benchOpenID(first+n*of+i%of)))
			}
		})
	}
	ours()
	_, err := s.database().ExecContext(b.Context(), `analyze`)
	require.NoError(b, err)
	var others []rival
	for _, bar := range bars {
		others = append(others, rival{bar.shape + "-bare", bar.atLeast, func() span { return engine.answers(bar.shape, benchSenders, each) }})
	}
	compare(b, benchSenders*each, "answers", ours, others...)
}

// rival is what ours is compared with.
type rival struct {
	name    string
	atLeast float64 // the bar: our speed ÷ its speed
	round   func() span
}

// compare runs rounds of ours and of the others in turn, after one of each that does not count. Each round does so many things. Beside
// the speeds it reports the processor time that one thing costs on this machine, in all processes: where a round keeps all processors
// busy, their ratio says the same, and other work on the machine does not change it.
func compare(b *testing.B, perRound int, what string, ours func() span, others ...rival) {
	b.Helper()
	sides := append([]rival{{name: what, round: ours}}, others...)
	speeds, used := make([][]float64, len(sides)), make([][]float64, len(sides))
	whose := make([]map[string]time.Duration, len(sides))
	for i := range sides {
		sides[i].round()
		whose[i] = map[string]time.Duration{}
	}
	round := func() {
		for i, side := range sides {
			all := side.round()
			used[i] = append(used[i], milliseconds(all.sum())/float64(perRound))
			for name, spent := range all.used {
				whose[i][name] += spent
			}
			speeds[i] = append(speeds[i], float64(perRound)/all.took.Seconds())
		}
	}
	for b.Loop() {
		round()
	}
	for len(speeds[0]) < *benchRounds {
		round()
	}
	b.ReportMetric(0, "ns/op")
	for i, side := range sides {
		b.ReportMetric(median(speeds[i]), side.name+"/s")
		b.ReportMetric(median(used[i]), side.name+"-cpu-ms")
		for name, spent := range whose[i] {
			if each := milliseconds(spent) / float64(perRound*len(speeds[i])); each >= 0.05 {
				b.Logf("%s: %.2f ms of processor time in %s", side.name, each, name)
			}
		}
	}
	for i, o := range others {
		ratios := make([]float64, len(speeds[0]))
		for n := range ratios {
			ratios[n] = speeds[0][n] / speeds[i+1][n]
		}
		bar(b, "ratio-to-"+o.name, median(ratios), atLeast(o.atLeast))
	}
}

// limit is a bar.
type limit struct {
	suffix string
	value  float64
}

func atLeast(value float64) limit { return limit{":min", value} }

func atMost(value float64) limit { return limit{":max", value} }

// bar reports a metric and its bar.
func bar(b *testing.B, unit string, value float64, l limit) {
	b.ReportMetric(value, unit)
	b.ReportMetric(l.value, unit+l.suffix)
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}
