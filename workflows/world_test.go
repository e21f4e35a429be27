package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	sdklog "go.temporal.io/sdk/log"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/worker"
	"go.temporal.io/sdk/workflow"

	"wxdesk/activities"
	"wxdesk/internal/bot"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/wechat"
	"wxdesk/workflows"
)

const (
	original = "gh_000000000001"
	openID   = "oAAAAbbbbccccddddeeeeffff-_1"
	second   = time.Second
)

var began = time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)

// world is what stands around the workflow: the real activities over a ledger in memory, a bot and WeChat. A message of the customer
// is a script: "hello 1" is answered, "human 1" escalates, "bye 1" makes the bot end, "broken 1" makes it fail, "unreadable 1"
// cannot be opened any more, "quiet 1" wants no answer, "garbage" and "[panic]" cannot be read, "unfollow" leaves.
type world struct {
	*memory
	mu       sync.Mutex
	ledger   ledger // the memory, or what wraps it
	clock    time.Time
	env      *testsuite.TestWorkflowEnvironment
	bots     func(ctx context.Context, q bot.Question) (bot.Answer, error)
	weChat   func(text string) wechat.SendOutcome
	permits  func() (time.Duration, bool)
	sends    map[string]int // how often WeChat has been called, by text
	took     map[string]int // how often it has taken a text
	askedOn  []string       // task queues
	carried  []int          // bytes of each run's input
	waits    []string       // what is wrong with waits
	errors   []string       // logged ones
	local    int            // local activities
	ordinary int
	acts     *activities.Activities
	bulk     int // bytes of a callback that are not counted
	said     []spoken
	grow     func(int) // has the history grow
}

func newWorld() *world {
	w := &world{clock: began, sends: map[string]int{}, took: map[string]int{}}
	w.memory = newMemory(w.Now)
	w.ledger = w.memory
	w.bots = func(context.Context, bot.Question) (bot.Answer, error) {
		return bot.Answer{}, nil
	}
	w.weChat = func(string) wechat.SendOutcome { return wechat.SendOutcome{Status: wechat.SendSent} }
	w.permits = func() (time.Duration, bool) { return 0, true }
	w.bots = script
	return w
}

// Now is the world's time, which is the environment's while a run is played.
func (w *world) Now() time.Time {
	if w.env != nil {
		return w.env.Now()
	}
	return w.clock
}

func script(_ context.Context, q bot.Question) (bot.Answer, error) {
	what, key, _ := strings.Cut(q.Text, " ")
	answer := bot.Answer{Texts: []string{"answer to " + key}}
	switch what {
	case "human":
		return bot.Answer{Command: bot.CommandEscalate}, nil
	case "broken":
		return bot.Answer{}, errors.New("the bot is down")
	case "bye":
		answer.Command = bot.CommandEnd
	}
	return answer, nil
}

func (w *world) Answer(ctx context.Context, q bot.Question) (bot.Answer, error) {
	w.mu.Lock()
	_, key, _ := strings.Cut(q.Text, " ")
	w.askedOn = append(w.askedOn, activity.GetInfo(ctx).TaskQueue)
	w.mu.Unlock()
	w.memory.mu.Lock()
	w.memory.note("ask %s", key)
	w.memory.mu.Unlock()
	return w.bots(ctx, q)
}

func (w *world) Prepare(context.Context, wechat.Credentials) wechat.SendOutcome {
	return wechat.SendOutcome{Status: wechat.SendSent}
}

func (w *world) SendText(_ context.Context, _ wechat.Credentials, _ wechat.OpenID, text string) wechat.SendOutcome {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.sends[text]++
	o := w.weChat(text)
	if o.Status == wechat.SendSent || o.Status == wechat.SendUnknown {
		w.took[text]++
	}
	return o
}

func (w *world) Take(context.Context, conversation.Tenant) (time.Duration, error) {
	wait, _ := w.permits()
	return wait, nil
}

func (w *world) TryTake(context.Context, conversation.Tenant) (bool, error) {
	_, ok := w.permits()
	return ok, nil
}

// happening is something that comes from outside, at a time after the beginning.
type happening struct {
	at     time.Duration
	starts bool // a run, if there is none
	do     func(w *world)
}

// spoken is a message of the customer.
type spoken struct {
	text string
	at   time.Duration
}

// signal signals the run, if there is one.
func (w *world) signal(name string, arg any) {
	if w.env != nil {
		w.env.SignalWorkflow(name, arg)
	}
}

// callbackOf is a callback of the customer.
func callbackOf(line string) activities.Callback {
	content := line
	kind, members := "text", "<Content>"+content+"</Content><MsgId>"+fmt.Sprint(hash(line))+"</MsgId>"
	if line == "unfollow" {
		kind, members = "event", "<Event>unsubscribe</Event>"
	}
	xml := fmt.Sprintf("<xml><ToUserName>%s</ToUserName><FromUserName>%s</FromUserName><CreateTime>1800000000</CreateTime>"+
		"<MsgType>%s</MsgType>%s</xml>", original, openID, kind, members)
	cb := activities.Callback{DeliveryID: "d-" + line, MessageKey: line, Fingerprint: "f-" + line, Ciphertext: xml}
	if m, err := wechat.ReadInbound([]byte(xml)); err == nil {
		cb.MessageKey = wechat.MessageKey([]byte("id key"), "account", m)
	}
	if strings.HasPrefix(line, "garbage") {
		cb.Ciphertext = line
	}
	return cb
}

func hash(s string) (n uint32) {
	for _, b := range []byte(s) {
		n = n*31 + uint32(b)
	}
	return n
}

func says(at time.Duration, lines ...string) happening {
	return happening{at, true, func(w *world) {
		for _, line := range lines {
			w.said = append(w.said, spoken{line, at})
			cb := callbackOf(line)
			cb.Traceparent += strings.Repeat(" ", w.bulk)
			w.signal(workflows.SignalCustomer, cb)
		}
	}}
}

// acts is what people do in the ledger, told to the run so many times.
func acts(at time.Duration, kind command.Kind, told int) happening {
	return happening{at, false, func(w *world) {
		id, notice := w.act(kind)
		if notice == nil {
			return
		}
		signal := workflows.SignalActed
		if notice.Assignment {
			signal = workflows.SignalAssigned
		}
		for range told {
			w.signal(signal, workflows.ActSignal{Conversation: id, Act: notice.Act})
		}
		if told == 0 {
			w.keepNotice(workflows.ID("account", customerKey))
		}
	}}
}

func nudge(at time.Duration) happening {
	return happening{at, false, func(w *world) { w.signal(workflows.SignalNudge, nil) }}
}

func cancels(at time.Duration) happening {
	return happening{at, false, func(w *world) {
		if w.env != nil {
			w.env.CancelWorkflow()
		}
	}}
}

var customerKey = conversation.CustomerKey(wechat.CustomerKey([]byte("id key"), openID))

func input() workflows.Input {
	return workflows.Input{Tenant: "default", AccountID: "account", CustomerKey: customerKey}
}

// stage is an environment in which w stands for the world.
func (w *world) stage(continued bool) *testsuite.TestWorkflowEnvironment {
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(w)
	suite.SetDisableRegistrationAliasing(true)
	env := suite.NewTestWorkflowEnvironment()
	w.env = env
	env.SetTestTimeout(20 * time.Second)
	env.SetWorkerOptions(worker.Options{DeadlockDetectionTimeout: 10 * time.Second}) // as worker does
	env.SetStartTime(w.clock)
	env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: workflows.ID("account", customerKey), TaskQueue: workflows.TaskQueue})
	env.RegisterWorkflowWithOptions(workflows.Conversation, workflow.RegisterOptions{Name: workflows.Name})
	all := activities.Ledger{Accounts: w.ledger, Callbacks: w.ledger, Transcript: w.ledger, Routing: w.ledger, Upkeep: w.ledger}
	a := &activities.Activities{Ledger: all, Permits: w, Bots: w, WeChat: w, Span: func(ctx context.Context, _, _ string) (context.Context, trace.Span) {
		return ctx, noop.Span{}
	}}
	w.acts = a
	for _, act := range []any{a.Receive, a.ReadSituation, a.Ask, a.Send, a.Route, a.Due, a.Close} {
		env.RegisterActivity(act)
	}
	length := 3
	w.grow = func(n int) { // a new workflow task, or a long history
		length += n
		if continued {
			length = max(length, workflows.DefaultContinueAt)
		}
		env.SetCurrentHistoryLength(length)
	}
	env.SetOnActivityStartedListener(func(*activity.Info, context.Context, converter.EncodedValues) { w.ordinary++; w.grow(3) })
	env.SetOnActivityCompletedListener(func(*activity.Info, converter.EncodedValue, error) { w.grow(3) })
	env.SetOnLocalActivityStartedListener(func(*activity.Info, context.Context, []any) {
		w.local++
		if continued {
			w.grow(0)
		}
	})
	env.SetOnTimerFiredListener(func(string) { w.grow(4) })
	return env
}

// play runs the story in w until no run is left. Continued tells whether a run continues as new at every chance: after
// each activity it believes that its history is too long.
func (w *world) play(t require.TestingT, continued bool, story ...happening) error {
	in := input()
	slices.SortStableFunc(story, func(a, b happening) int { return int(a.at - b.at) })
	for run := 1; ; run++ {
		require.Less(t, run, 500, "the story does not end: %v", w.log)
		env := w.stage(continued)
		delivered := 0
		for _, h := range story {
			env.RegisterDelayedCallback(func() {
				delivered++
				if !continued { // otherwise the run might end before a signal that comes with it
					w.grow(4)
				}
				h.do(w)
			}, max(began.Add(h.at).Sub(w.clock), 0))
		}
		env.ExecuteWorkflow(workflows.Conversation, in)
		require.True(t, env.IsWorkflowCompleted(), "%v", w.log)
		activities.Finish(w.acts)
		story = slices.Clone(story[delivered:])
		w.clock, w.env = env.Now(), nil

		err := env.GetWorkflowError()
		var again *workflow.ContinueAsNewError
		switch {
		case errors.As(err, &again):
			in = workflows.Input{}
			w.carried = append(w.carried, again.Input.Size())
			require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(again.Input, &in))
			continue
		}
		for len(story) > 0 && !story[0].starts { // what happens while there is no run
			w.clock = later(w.clock, began.Add(story[0].at))
			story[0].do(w)
			story = story[1:]
		}
		if len(story) == 0 {
			return err
		}
		w.clock = later(w.clock, began.Add(story[0].at))
		in = input()                                                                            // the callback endpoint starts the next run
		in.State = &workflows.State{Conversation: conversation.ID(fmt.Sprint("started ", run))} // the environment's run ids are all the same
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Debug, Info, Warn and Error make the world the run's logger.
func (w *world) Debug(msg string, fields ...any) {
	if msg != "run waits" {
		return
	}
	held := map[any]any{}
	for i := 0; i+1 < len(fields); i += 2 {
		held[fields[i]] = fields[i+1]
	}
	if held["nothing_owed"] != true && held["busy"] != true && held["alarm"] != true {
		w.waits = append(w.waits, fmt.Sprint("the run waits for nothing: ", fields))
	}
}

func (w *world) Info(string, ...any) {}

func (w *world) Warn(string, ...any) {}

func (w *world) Error(msg string, fields ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.errors = append(w.errors, fmt.Sprint(msg, fields))
}

var _ sdklog.Logger = (*world)(nil)

// play performs a story and returns what happened.
func play(t *testing.T, w *world, continued bool, story ...happening) []string {
	t.Helper()
	require.NoError(t, w.play(t, continued, story...))
	require.Empty(t, w.waits)
	return w.log
}
