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
	standing conversation.Standing
	begun    map[conversation.ID]bool
	idle     time.Duration
	later    map[conversation.MessageID]int // how often WeChat puts a message off
	batches  []int
	noBot    bool
	bot      conversation.BotKind
	askedOn  []string // task queues

	turns   []conversation.MessageID // all there ever were
	fetches int
	carried []int // bytes of each run's input

	duringNote func() // happens while the ledger keeps a note
}

func newWorld() *world {
	return &world{
		receipts: map[string]string{}, begun: map[conversation.ID]bool{}, later: map[conversation.MessageID]int{},
		idle: 48 * time.Hour,
	}
}

// move changes how the conversation stands, as a transaction of the ledger would.
func (w *world) move(change func(s *conversation.Standing)) conversation.Standing {
	change(&w.standing)
	w.standing.Revision++
	return w.standing
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
	out.Begun, out.Standing = w.begun[in.Conversation], w.standing
	out.IdleClose, out.Bot = w.idle, w.bot
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
		w.begun[id] = true
		w.standing = conversation.Standing{Revision: 1, State: conversation.StateActive, Holder: conversation.HolderBot, Epoch: 1}
		if w.noBot {
			w.standing.State, w.standing.Holder = conversation.StateOpen, conversation.HolderQueue
		}
		w.note("begin")
	}
	w.note("receive %s", cb.MessageKey)
	message := conversation.MessageID(cb.MessageKey + "=" + cb.Ciphertext)
	if cb.Ciphertext != "quiet" {
		w.turns = append(w.turns, message)
	}
	return activities.Fact{Outcome: conversation.ReceiptNew, MessageID: message, Turn: cb.Ciphertext != "quiet"}
}

func (w *world) Ask(ctx context.Context, in activities.AskInput) (activities.AskResult, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.askedOn = append(w.askedOn, activity.GetInfo(ctx).TaskQueue)
	if in.Epoch != w.standing.Epoch || w.standing.Holder != conversation.HolderBot {
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
	key, _, _ := strings.Cut(string(in.TurnID), "=")
	w.note("route %s %s", key, in.Reason)
	return activities.RouteResult{
		Standing: w.move(func(s *conversation.Standing) {
			s.Epoch++
			s.State, s.Holder, s.QueueID, s.QueueName = conversation.StateOpen, conversation.HolderQueue, "default", "Default"
		}),
		NoticeID: conversation.MessageID("notice for " + key),
	}, nil
}

// Turns lists what was said after a message and wants an answer.
func (w *world) Turns(_ context.Context, in activities.TurnsInput) (next []conversation.MessageID, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fetches++
	for _, id := range w.turns[slices.Index(w.turns, in.After)+1:] {
		if len(next) < activities.MaxTurns {
			next = append(next, id)
		}
	}
	return next, nil
}

// Command does what a person asks, as far as the stories need it.
func (w *world) Command(_ context.Context, in activities.CommandInput) (out conversation.Commanded, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.note("command %s", in.Command.Kind)
	switch in.Command.Kind {
	case conversation.CommandAccept:
		if w.standing.Offer == nil {
			return conversation.Commanded{Refused: conversation.RefusedOfferOver, Standing: w.standing}, nil
		}
		w.move(func(s *conversation.Standing) {
			s.Epoch++
			s.State, s.Holder, s.AgentID, s.Offer, s.Due = conversation.StateActive, conversation.HolderAgent, s.Offer.AgentID, nil, nil
		})
	case conversation.CommandReply:
		out.MessageID = conversation.MessageID("reply " + in.Command.ID)
	case conversation.CommandNote:
		out.MessageID = conversation.MessageID("note " + in.Command.ID)
		if w.duringNote != nil {
			w.duringNote()
		}
	case conversation.CommandTransfer:
		w.move(func(s *conversation.Standing) {
			s.Epoch++
			s.State, s.Holder, s.AgentID, s.QueueID = conversation.StateOpen, conversation.HolderQueue, "", in.Command.QueueID
		})
	case conversation.CommandWait:
		w.move(func(s *conversation.Standing) {
			s.State, s.Due = conversation.StateWaiting, []conversation.Due{{What: conversation.DueIdle, At: in.Command.Until}}
		})
	case conversation.CommandWrapUp:
		w.move(func(s *conversation.Standing) { s.State = conversation.StateWrapUp })
	case conversation.CommandClose:
		out.Closing = conversation.ClosedByPerson
	}
	out.Standing = w.standing
	return out, nil
}

// Due does the first thing that is due.
func (w *world) Due(context.Context, activities.DueInput) (conversation.Commanded, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.standing.Due) == 0 {
		return conversation.Commanded{Standing: w.standing}, nil
	}
	what := w.standing.Due[0].What
	w.note("due %s", what)
	out := conversation.Commanded{Standing: w.move(func(s *conversation.Standing) { s.Due = s.Due[1:] })}
	switch what {
	case conversation.DueOffer:
		out.Standing = w.move(func(s *conversation.Standing) { s.State, s.Offer = conversation.StateOpen, nil })
	case conversation.DueIdle:
		out.Closing = conversation.ClosedIdle
	}
	return out, nil
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

// redriven is what says said, out of quarantine.
func redriven(at time.Duration, key, script string) happening {
	return happening{at, func(env *testsuite.TestWorkflowEnvironment) {
		env.SignalWorkflow(workflows.SignalCustomer, activities.Callback{
			DeliveryID: "d-" + key, MessageKey: key, Fingerprint: "f-" + key, Ciphertext: script, KeyID: "k", Redriven: true,
		})
	}}
}

// stage is an environment in which w stands for the world.
func stage(suite *testsuite.WorkflowTestSuite, w *world) *testsuite.TestWorkflowEnvironment {
	env := suite.NewTestWorkflowEnvironment()
	env.SetTestTimeout(20 * time.Second)
	env.SetStartWorkflowOptions(startOptions())
	env.RegisterWorkflowWithOptions(workflows.Conversation, workflow.RegisterOptions{Name: workflows.Name})
	for name, act := range map[string]any{"Receive": w.Receive, "Ask": w.Ask, "Send": w.Send, "Route": w.Route, "Command": w.Command, "Turns": w.Turns, "Due": w.Due, "Close": w.Close} {
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
			w.carried = append(w.carried, again.Input.Size())
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
