package workflows_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"wxdesk/activities"
	"wxdesk/internal/bot"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/wechat"
	"wxdesk/workflows"
)

// doing is a happening that does something else.
func doing(at time.Duration, do func(w *world)) happening { return happening{at, false, do} }

// firstRun plays a story until the first run ends, and returns how.
func (w *world) firstRun(story ...happening) error {
	env := w.stage(false)
	for _, h := range story {
		env.RegisterDelayedCallback(func() { w.grow(4); h.do(w) }, h.at)
	}
	env.ExecuteWorkflow(workflows.Conversation, input())
	return env.GetWorkflowError()
}

// carriedBy is the input of the run that continues as new.
func carriedBy(t *testing.T, err error) (in workflows.Input) {
	t.Helper()
	var next *workflow.ContinueAsNewError
	require.ErrorAs(t, err, &next)
	require.EqualValues(t, workflow.ContinueAsNewVersioningBehaviorAutoUpgrade, next.InitialVersioningBehavior, "it goes on under the current version")
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(next.Input, &in))
	return in
}

func upgraded(at time.Duration) happening {
	return doing(at, func(w *world) { w.env.SetTargetWorkerDeploymentVersionChanged(true) })
}

func TestVersion_runStaysUntilItIsNudged(t *testing.T) {
	t.Parallel()
	w := newWorld()
	err := w.firstRun(says(0, "hello 1"), upgraded(second), says(2*second, "hello 2"), nudge(3*second))
	require.Equal(t, []string{"begin", "receive hello 1", "ask 1", "sent answer to 1", "receive hello 2", "ask 2", "sent answer to 2"}, w.log)
	in := carriedBy(t, err)
	require.Equal(t, conversation.ID("default-test-run-id"), in.State.Conversation)
	require.Equal(t, 2, in.State.Lines)
}

func TestVersion_nextConversationUsesTheCurrent(t *testing.T) {
	t.Parallel()
	w := newWorld()
	puttingOff("answer to 1", 1, time.Hour)(w)
	in := carriedBy(t, w.firstRun(says(0, "bye 1"), says(second, "hello 2")))
	require.Regexp(t, "^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$", in.State.Conversation)
	require.Equal(t, 1, in.State.Number)
	require.Len(t, in.State.Pending, 1)
}

// actedUpon has the run look, as an act does.
func actedUpon(at time.Duration) happening {
	return doing(at, func(w *world) { w.signal(workflows.SignalActed, workflows.ActSignal{Act: "note"}) })
}

// newerLogic is a ledger whose ReadSituation is performed by workers with newer logic.
type newerLogic struct{ *activities.Activities }

func (n newerLogic) ReadSituation(ctx context.Context, in activities.Where) (activities.SituationResult, error) {
	out, err := n.Activities.ReadSituation(ctx, in)
	out.Logic++
	return out, err
}

func TestVersion_nudgedRunOfOlderLogicMovesOn(t *testing.T) {
	t.Parallel()
	for _, newer := range []bool{true, false} {
		w := newWorld()
		env := w.stage(false)
		if newer {
			env.OnActivity("ReadSituation", mock.Anything, mock.Anything).Return(newerLogic{w.acts}.ReadSituation)
		}
		for _, h := range []happening{says(0, "hello 1"), actedUpon(second), nudge(2 * second)} {
			env.RegisterDelayedCallback(func() { w.grow(4); h.do(w) }, h.at)
		}
		env.ExecuteWorkflow(workflows.Conversation, input())
		if newer {
			carriedBy(t, env.GetWorkflowError())
		} else {
			require.NoError(t, env.GetWorkflowError())
		}
	}
}

func TestCancel_endsTheConversationInTheLedger(t *testing.T) {
	t.Parallel()
	w := newWorld()
	require.True(t, temporal.IsCanceledError(w.play(t, false, says(0, "hello 1"), cancels(second))))
	require.Equal(t, []string{"begin", "receive hello 1", "ask 1", "sent answer to 1", "close closed-by-person"}, w.log)
}

func TestReceive_takesABacklogInBatches(t *testing.T) {
	t.Parallel()
	w := newWorld()
	var lines []string
	for i := range 120 {
		lines = append(lines, fmt.Sprintf("quiet %d", i))
	}
	play(t, w, false, says(0, lines...))
	require.LessOrEqual(t, len(w.batches), 4)
	for _, n := range w.batches {
		require.LessOrEqual(t, n, 50)
	}
}

// A batch that the ledger did not take at once is the input of an activity, which must not be larger than Temporal takes.
func TestReceive_takesLargeCallbacksOneByOne(t *testing.T) {
	t.Parallel()
	w := newWorld()
	play(t, w, false, doing(0, func(w *world) {
		for i := range 4 {
			w.signal(workflows.SignalCustomer, bulky(fmt.Sprintf("hello %d", i)))
		}
	}))
	require.Equal(t, []int{1, 1, 1, 1}, w.batches)
}

func bulky(line string) activities.Callback {
	cb := callbackOf(line)
	cb.Ciphertext += strings.Repeat(" ", 200<<10)
	return cb
}

// What begins the next conversation is received in this run until the rest is small enough to carry.
func TestNextConversation_startsWithABoundedInput(t *testing.T) {
	t.Parallel()
	w := newWorld()
	puttingOff("answer to 0", 1, time.Hour)(w)
	play(t, w, false, says(0, "bye 0"), doing(second, func(w *world) {
		for i := range 12 {
			w.signal(workflows.SignalCustomer, bulky(fmt.Sprintf("hello %d", i+1)))
		}
	}))
	require.NotEmpty(t, w.carried)
	for _, size := range w.carried {
		require.Less(t, size, 512<<10)
	}
	require.Equal(t, 12, w.answered(), "each line of the next conversation once")
}

// answered counts the messages to which WeChat took an answer.
func (w *world) answered() (n int) {
	for text, times := range w.took {
		if strings.HasPrefix(text, "answer") && times == 1 && text != "answer to 0" {
			n++
		}
	}
	return n
}

// A webhook may be slow, and must hold up no work of the ledger. The FAQ is such work.
func TestAsk_webhooksHaveATaskQueueOfTheirOwn(t *testing.T) {
	t.Parallel()
	for bot, queue := range map[bot.Kind]string{
		bot.KindFAQ: workflows.TaskQueue, bot.KindWebhook: activities.TaskQueueBot,
	} {
		for _, continued := range []bool{false, true} {
			w := newWorld()
			w.bot = bot
			play(t, w, continued, says(0, "hello 1", "hello 2"))
			require.Equal(t, []string{queue, queue}, w.askedOn, "%q, continued as new: %t", bot, continued)
		}
	}
}

func TestAsk_anotherKindOfBotIsAskedWhereItBelongs(t *testing.T) {
	t.Parallel()
	w := newWorld()
	play(t, w, false, says(0, "quiet 1"), doing(second, func(w *world) {
		w.bot = bot.KindWebhook
		w.env.SetOnLocalActivityStartedListener(func(info *activity.Info, _ context.Context, _ []any) {
			if info.ActivityType.Name == "Receive" { // and the account changes right after it
				w.bot = bot.KindFAQ
			}
		})
	}), says(2*second, "hello 2"), doing(3*second, func(w *world) { w.bot = bot.KindWebhook }), says(4*second, "hello 3"))
	require.Equal(t, []string{workflows.TaskQueue}, w.askedOn[:1])
	require.Len(t, w.askedOn, 2)
}

// R15
// A webhook that answers nobody is given up after ten seconds, and the failed turn is written by handing over.
func TestAsk_givenUpByTemporalHandsOver(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.bot = bot.KindWebhook
	env := w.stage(false)
	asked := 0
	env.OnActivity("Ask", mock.Anything, mock.Anything).Return(func(context.Context, activities.AskInput) (activities.AskResult, error) {
		asked++
		return activities.AskResult{}, temporal.NewTimeoutError(2, nil) // SCHEDULE_TO_CLOSE
	})
	env.RegisterDelayedCallback(func() { says(0, "hello 1").do(w) }, 0)
	env.ExecuteWorkflow(workflows.Conversation, input())
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, []string{"begin", "receive hello 1", "route bot-failed", "sent notice", "close idle"}, w.log)
	require.Equal(t, 1, asked)
}

// X22
// A flood gets an answer to each message, in order, and keeps the bot no busier than one question at a time, and WeChat than one
// answer.
func TestFlood_isAnsweredOneByOneOverTheQueue(t *testing.T) {
	t.Parallel()
	const flood = 100
	w := newWorld()
	w.bot = bot.KindWebhook
	var mu sync.Mutex
	underWay, most, direct := map[string]int{}, map[string]int{}, 0
	var lines, want []string
	for i := range flood {
		lines, want = append(lines, fmt.Sprintf("hello %d", i)), append(want, fmt.Sprintf("sent answer to %d", i))
	}
	env := w.stage(false)
	env.SetOnActivityStartedListener(func(info *activity.Info, _ context.Context, _ converter.EncodedValues) {
		mu.Lock()
		defer mu.Unlock()
		underWay[info.ActivityType.Name]++
		most[info.ActivityType.Name] = max(most[info.ActivityType.Name], underWay[info.ActivityType.Name])
	})
	env.SetOnActivityCompletedListener(func(info *activity.Info, _ converter.EncodedValue, _ error) {
		mu.Lock()
		defer mu.Unlock()
		underWay[info.ActivityType.Name]--
	})
	env.SetOnLocalActivityStartedListener(func(info *activity.Info, _ context.Context, _ []any) {
		if info.ActivityType.Name == "Send" {
			direct++
		}
	})
	env.RegisterDelayedCallback(func() { says(0, lines...).do(w) }, 0)
	env.ExecuteWorkflow(workflows.Conversation, input())
	require.NoError(t, env.GetWorkflowError())
	var sent []string
	for _, line := range w.log {
		if strings.HasPrefix(line, "sent") {
			sent = append(sent, line)
		}
	}
	require.Equal(t, want, sent)
	require.Equal(t, 1, most["Ask"])
	require.Equal(t, 1, most["Send"])
	require.Zero(t, direct)
}

// Without a permit nothing is marked, and the message goes over the queue, whose activities reserve one.
func TestSend_withoutAPermitGoesOverTheQueue(t *testing.T) {
	t.Parallel()
	w := newWorld()
	takes := 0
	w.permits = func() (time.Duration, bool) { takes++; return 3 * time.Second, false }
	require.Equal(t, []string{"begin", "receive hello 1", "ask 1", "sent answer to 1", "close idle"}, play(t, w, false, says(0, "hello 1")))
	require.Equal(t, 2, takes, "one is asked for, one is reserved")
	require.Equal(t, 3, w.ordinary, "two sends and the close")
}

// The time that was reserved for a send stays, whatever the ledger says meanwhile.
func TestSend_waitsForItsPermit(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.permits = func() (time.Duration, bool) { return 8 * time.Second, false }
	var at time.Duration
	w.weChat = func(string) wechat.SendOutcome {
		if at == 0 {
			at = w.Now().Sub(began)
		}
		return wechat.SendOutcome{Status: wechat.SendSent}
	}
	play(t, w, false, says(0, "hello 1"), says(2*second, "quiet 2"), nudge(3*second))
	require.GreaterOrEqual(t, at, 8*time.Second)
}

// An operator ends one conversation, not what the customer writes meanwhile, however much that is.
func TestCancel_leavesWhatIsWrittenMeanwhile(t *testing.T) {
	t.Parallel()
	const lines = 30
	w := newWorld()
	err := w.firstRun(says(0, "hello 0"), doing(second, func(w *world) {
		w.env.CancelWorkflow()
		for i := range lines {
			w.env.SignalWorkflow(workflows.SignalCustomer, bulky(fmt.Sprintf("hello %d", i+1)))
		}
	}))
	carriedBy(t, err)
	require.Equal(t, 1, count(w.log, "close "+string(conversation.ClosedByPerson)), "%v", w.log)
}

func count(log []string, what string) (n int) {
	for _, entry := range log {
		if entry == what {
			n++
		}
	}
	return n
}

// A run whose conversation cannot begin has a bounded history, too.
func TestReceive_brokenForEverContinuesAsNew(t *testing.T) {
	t.Parallel()
	w := newWorld()
	env := w.stage(false)
	env.OnActivity("Receive", mock.Anything, mock.Anything).Return(activities.ReceiveResult{},
		temporal.NewNonRetryableApplicationError("receive", string(activities.Broken), nil))
	env.RegisterDelayedCallback(func() { env.SignalWorkflow(workflows.SignalCustomer, callbackOf("hello 1")) }, 0)
	env.RegisterDelayedCallback(func() { w.grow(workflows.DefaultContinueAt) }, time.Hour)
	env.ExecuteWorkflow(workflows.Conversation, input())
	in := carriedBy(t, env.GetWorkflowError())
	require.Len(t, in.State.Pending, 1)
}

// What the outside sends has one effect whatever the order in which the run takes it up.
func TestSignals_theirOrderDoesNotMatter(t *testing.T) {
	for _, order := range [][3]int{{0, 1, 2}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}} {
		for _, continued := range []bool{false, true} {
			w := newWorld()
			signals := []func(){
				func() { w.signal(workflows.SignalAssigned, workflows.ActSignal{Act: "accept"}) },
				func() { w.signal(workflows.SignalCustomer, callbackOf("hello 2")) },
				func() { w.signal(workflows.SignalActed, workflows.ActSignal{Act: "reply"}) },
			}
			play(t, w, continued, says(0, "human 1"), doing(2*second, func(w *world) {
				w.act(command.Accept)
				w.act(command.Reply)
				for _, i := range order {
					signals[i]()
				}
			}), acts(4*second, command.ForceClose, 1))
			require.ElementsMatch(t, []string{
				"begin", "receive human 1", "ask 1", "route bot-escalated", "sent notice", "act accept", "act reply", "receive hello 2",
				"sent reply 2", "act force-close", "close force-closed",
			}, w.log, "%v", order)
		}
	}
}

// A run whose conversation the ledger has lost ends without a trace; what pends begins again.
func TestLook_endsARunThatTheLedgerLost(t *testing.T) {
	t.Parallel()
	for _, continued := range []bool{false, true} {
		w := newWorld()
		var b backup
		play(t, w, continued, doing(0, func(w *world) { b = w.copy() }), says(0, "hello 1"), doing(second, func(w *world) {
			w.restore(b)
			w.signal(workflows.SignalNudge, nil)
		}))
		require.Equal(t, []string{"begin", "receive hello 1", "ask 1", "sent answer to 1", "restore"}, w.log)
	}
}

// An older ledger counts, whatever the run knew.
func TestLook_followsAnOlderLedger(t *testing.T) {
	t.Parallel()
	w := newWorld()
	var b backup
	play(t, w, false, says(0, "hello 1"), doing(second, func(w *world) { b = w.copy() }), says(2*second, "human 2"),
		acts(3*second, command.Accept, 1), doing(4*second, func(w *world) {
			w.restore(b)
			w.signal(workflows.SignalNudge, nil)
		}), says(5*second, "hello 3"))
	require.Contains(t, w.log, "sent answer to 3", "the bot has it again")
	require.Equal(t, "close idle", w.log[len(w.log)-1])
}

// Search attributes show what somebody else than the run did.
func TestAttributes_showWhatTheDistributionDid(t *testing.T) {
	t.Parallel()
	w := newWorld()
	env := w.stage(false)
	var holders []string
	env.OnUpsertTypedSearchAttributes(mock.Anything).Run(func(args mock.Arguments) {
		if holder, ok := args.Get(0).(temporal.SearchAttributes).GetKeyword(workflows.AttrHolder); ok {
			holders = append(holders, holder)
		}
	}).Return(nil)
	require.NoError(t, env.SetTypedSearchAttributesOnStart(workflows.FirstAttributes("account")))
	for _, h := range []happening{says(0, "human 1"), acts(2*second, command.Accept, 1), acts(3*second, command.ForceClose, 1)} {
		env.RegisterDelayedCallback(func() { w.grow(4); h.do(w) }, h.at)
	}
	env.ExecuteWorkflow(workflows.Conversation, input())
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, []string{"queue", "agent"}, holders)
}

// The cost of section 5 of the design, as far as the environment shows it: what is no local activity costs events of its own.
func TestCost_usualStepsAreLocalActivities(t *testing.T) {
	t.Parallel()
	w := newWorld()
	var local []string
	timers := 0
	watch := doing(second, func(w *world) {
		w.env.SetOnLocalActivityStartedListener(func(info *activity.Info, _ context.Context, _ []any) {
			local = append(local, info.ActivityType.Name)
		})
		w.env.SetOnTimerScheduledListener(func(string, time.Duration) { timers++ })
	})
	var answer, reply int
	play(t, w, false, says(0, "hello 1"), watch, says(2*second, "hello 2"),
		doing(3*second, func(w *world) { answer = w.ordinary }), says(4*second, "human 3"), acts(5*second, command.Accept, 1),
		acts(6*second, command.Reply, 1), doing(7*second, func(w *world) { reply = w.ordinary }),
		acts(8*second, command.ForceClose, 1))
	require.Zero(t, answer)
	require.Zero(t, reply)
	require.Equal(t, []string{
		"Receive", "Ask", "Send", "Receive", "Ask", "Route", "Send", "ReadSituation", "ReadSituation", "Send", "ReadSituation",
	}, local)
	require.Zero(t, timers, "the alarm is armed once")
}

// LIF-1, WS-6
func TestDue_isTriedAgainWhereTheLedgerSaysNotYet(t *testing.T) {
	t.Parallel()
	w := newWorld()
	dues, first, last := 0, time.Time{}, time.Time{}
	env := w.stage(false)
	env.OnActivity("Due", mock.Anything, mock.Anything).Return(func(ctx context.Context, in activities.Where) (activities.Result, error) {
		if last = w.Now(); dues == 0 {
			first = last
		}
		if dues++; dues < 6 { // the ledger's clock is slow
			stands, err := w.ReadSituation(ctx, conversation.Ref{Tenant: in.Tenant, Conversation: in.Conversation})
			return activities.Result{Logic: 1, Situation: stands}, err
		}
		return w.acts.Due(ctx, in)
	})
	for _, h := range []happening{says(0, "human 1"), acts(2*second, command.Assign, 1)} {
		env.RegisterDelayedCallback(func() { w.grow(4); h.do(w) }, h.at)
	}
	env.ExecuteWorkflow(workflows.Conversation, input())
	require.NoError(t, env.GetWorkflowError())
	require.Equal(t, []string{"act assign", "due offer-ends", "close idle"}, w.log[5:])
	require.Equal(t, 6, dues)
	require.GreaterOrEqual(t, last.Sub(first), 31*time.Second, "it waits longer each time")
	require.Equal(t, 1, w.took["notice"])
}

// However long the ledger is away, it is called about twice a minute, whichever call meets the outage first. Then the run goes on.
func TestOutage_isTriedLessAndLessOften(t *testing.T) {
	t.Parallel()
	const lasts = 10 * time.Minute
	for _, first := range []string{
		"Receive", "Turn", "StoreAnswer", "MarkSending", "RecordOutcome", "ReadSituation", "RoutingQuestion", "HandOver", "Due", "Close",
	} {
		w := newWorld()
		var since time.Time
		calls := 0
		w.ledger = &chaos{ledger: w.memory, inner: w.memory, away: func() bool { return false }, twist: func(_ int, call string) twist {
			if since.IsZero() && call == first {
				since = w.Now()
			}
			if since.IsZero() || w.Now().Sub(since) >= lasts {
				return plain
			}
			calls++
			return away
		}}
		log := play(t, w, false, says(0, "hello 1"), says(20*time.Minute, "human 2"), acts(40*time.Minute, command.Assign, 1))
		require.Greater(t, calls, 15, "%s: it is still tried", first)
		require.Less(t, calls, 60, "%s: %v", first, log)
		require.Contains(t, log, "due offer-ends", first)
		require.Equal(t, "close idle", log[len(log)-1], first)
	}
}
