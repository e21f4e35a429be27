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
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"
	"go.temporal.io/sdk/workflow"

	"wxdesk/activities"
	"wxdesk/internal/conversation"
	"wxdesk/internal/wechat"
	"wxdesk/workflows"
)

// world stands for everything outside the workflow. A callback's ciphertext is its script: "hello" wants an answer,
// "human" escalates, "bye" makes the bot end, "unfollow", "panic", "quiet" (no turn), "garbage" (quarantine).
type world struct {
	mu       sync.Mutex
	receipts map[string]string // message key → conversation
	log      []string          // what happened, in order
	epoch    conversation.Epoch
	holder   conversation.Holder
	begun    map[conversation.ID]bool
	idle     time.Duration
	later    map[conversation.MessageID]int // how often WeChat puts a message off
	batches  []int
}

func newWorld() *world {
	return &world{
		receipts: map[string]string{}, begun: map[conversation.ID]bool{}, later: map[conversation.MessageID]int{},
		idle: 48 * time.Hour, epoch: 1, holder: conversation.HolderBot,
	}
}

func (w *world) note(format string, args ...any) { w.log = append(w.log, fmt.Sprintf(format, args...)) }

func (w *world) Receive(_ context.Context, in activities.ReceiveInput) (activities.ReceiveResult, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.batches = append(w.batches, len(in.Callbacks))
	var out activities.ReceiveResult
	for _, cb := range in.Callbacks {
		out.Facts = append(out.Facts, w.take(in.Conversation, cb))
	}
	out.Begun, out.Epoch, out.Holder, out.State = w.begun[in.Conversation], w.epoch, w.holder, conversation.StateActive
	out.IdleClose = w.idle
	return out, nil
}

func (w *world) take(id conversation.ID, cb activities.Callback) activities.Fact {
	if _, known := w.receipts[cb.MessageKey]; known {
		w.note("repeat %s", cb.MessageKey)
		return activities.Fact{Outcome: conversation.ReceiptRepeat}
	}
	switch {
	case cb.Ciphertext == "panic" && cb.Panics < 4:
		w.note("panic %s", cb.MessageKey)
		return activities.Fact{Outcome: activities.OutcomePanicked}
	case cb.Ciphertext == "panic", cb.Ciphertext == "garbage":
		w.receipts[cb.MessageKey] = string(id)
		w.note("quarantine %s", cb.MessageKey)
		return activities.Fact{Outcome: conversation.ReceiptQuarantined}
	case cb.Ciphertext == "unfollow":
		w.receipts[cb.MessageKey] = string(id)
		w.note("unfollow")
		return activities.Fact{Outcome: conversation.ReceiptNoted, Unfollowed: true}
	}
	w.receipts[cb.MessageKey] = string(id)
	if !w.begun[id] {
		w.begun[id], w.epoch, w.holder = true, 1, conversation.HolderBot
		w.note("begin")
	}
	w.note("receive %s", cb.MessageKey)
	return activities.Fact{
		Outcome: conversation.ReceiptNew, MessageID: conversation.MessageID(cb.MessageKey + "=" + cb.Ciphertext),
		Turn: cb.Ciphertext != "quiet",
	}
}

func (w *world) Ask(_ context.Context, in activities.AskInput) (activities.AskResult, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if in.Epoch != w.epoch || w.holder != conversation.HolderBot {
		w.note("stale ask %s", in.TurnID)
		return activities.AskResult{Outcome: activities.AskStale}, nil
	}
	key, script, _ := strings.Cut(string(in.TurnID), "=")
	w.note("ask %s", key)
	answer := activities.AskResult{Outcome: activities.AskAnswered, Messages: []conversation.MessageID{conversation.MessageID("answer to " + key)}}
	switch script {
	case "human":
		return activities.AskResult{Outcome: activities.AskAnswered, Command: conversation.CommandEscalate}, nil
	case "broken":
		return activities.AskResult{Outcome: activities.AskFailed}, nil
	case "bye":
		answer.Command = conversation.CommandEnd
	case "lost":
		return activities.AskResult{}, errors.New("worker lost")
	}
	return answer, nil
}

func (w *world) Send(_ context.Context, in activities.SendInput) (activities.SendResult, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.later[in.MessageID] > 0 {
		w.later[in.MessageID]--
		w.note("later %s", in.MessageID)
		return activities.SendResult{Status: wechat.SendLater, After: 3 * time.Second}, nil
	}
	w.note("send %s", in.MessageID)
	return activities.SendResult{Status: wechat.SendSent}, nil
}

func (w *world) Route(_ context.Context, in activities.RouteInput) (activities.RouteResult, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.epoch++
	w.holder = conversation.HolderQueue
	key, _, _ := strings.Cut(string(in.TurnID), "=")
	w.note("route %s %s", key, in.Reason)
	return activities.RouteResult{
		Epoch: w.epoch, QueueID: "default", QueueName: "Default",
		NoticeID: conversation.MessageID("notice for " + key),
	}, nil
}

func (w *world) Close(_ context.Context, in activities.CloseInput) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.note("close %s", in.Reason)
	w.begun[in.Conversation] = false // the test environment gives every run the same id
	return nil
}

// happening is something that comes to the workflow from outside, at a time after the beginning.
type happening struct {
	at time.Duration
	do func(env *testsuite.TestWorkflowEnvironment)
}

func says(at time.Duration, key, script string) happening {
	return happening{at, func(env *testsuite.TestWorkflowEnvironment) {
		env.SignalWorkflow(workflows.SignalCustomer, activities.Callback{
			DeliveryID: "d-" + key, MessageKey: key, Fingerprint: "f-" + key, Ciphertext: script, KeyID: "k",
		})
	}}
}

// stage is an environment in which w stands for the world.
func stage(suite *testsuite.WorkflowTestSuite, w *world) *testsuite.TestWorkflowEnvironment {
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(20 * time.Second)
	env.SetStartWorkflowOptions(startOptions())
	env.RegisterWorkflowWithOptions(workflows.Conversation, workflow.RegisterOptions{Name: workflows.Name})
	for name, act := range map[string]any{"Receive": w.Receive, "Ask": w.Ask, "Send": w.Send, "Route": w.Route, "Close": w.Close} {
		env.RegisterActivityWithOptions(act, activity.RegisterOptions{Name: name})
	}
	return env
}

// play runs the story in w until no run is left. Continued tells whether a run continues as new at every chance: after
// each activity it believes that its history is too long.
func play(t *testing.T, w *world, continued bool, story ...happening) {
	t.Helper()
	begun := time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)
	in := workflows.Input{Tenant: "default", AccountID: "account", CustomerKey: "customer"}
	now := begun
	for run := 1; ; run++ {
		require.Less(t, run, 500, "the story does not end: %v", w.log)
		var suite testsuite.WorkflowTestSuite
		env := stage(&suite, w)
		env.SetStartTime(now)
		if continued {
			grow := func() { env.SetCurrentHistoryLength(workflows.DefaultContinueAt) }
			env.SetOnActivityStartedListener(func(*activity.Info, context.Context, converter.EncodedValues) { grow() })
			env.SetOnLocalActivityStartedListener(func(*activity.Info, context.Context, []any) { grow() })
		}
		delivered := 0
		for _, h := range story {
			env.RegisterDelayedCallback(func() {
				delivered++
				h.do(env)
			}, max(begun.Add(h.at).Sub(now), 0))
		}
		env.ExecuteWorkflow(workflows.Conversation, in)
		require.True(t, env.IsWorkflowCompleted(), "%v", w.log)
		story = slices.Clone(story[delivered:])
		now = env.Now()

		err := env.GetWorkflowError()
		var again *workflow.ContinueAsNewError
		switch {
		case errors.As(err, &again):
			in = workflows.Input{}
			require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(again.Input, &in))
		case len(story) > 0: // the door starts the next run
			in = workflows.Input{Tenant: "default", AccountID: "account", CustomerKey: "customer"}
			now = begun.Add(story[0].at)
		default:
			require.NoError(t, err)
			return
		}
	}
}
