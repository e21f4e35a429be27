package workflows_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"

	"wxdesk/activities"
	"wxdesk/internal/conversation"
	"wxdesk/workflows"
)

func startOptions() client.StartWorkflowOptions {
	return client.StartWorkflowOptions{ID: workflows.ID("account", "customer"), TaskQueue: workflows.TaskQueue}
}

const second = time.Second

// Each story is told straight and with continue-as-new at every chance, with the same effects.
var stories = map[string]struct {
	story []happening
	set   func(*world)
	want  []string
}{
	"a message is answered and silence closes": {
		story: []happening{says(0, "1", "hello")},
		want:  []string{"begin", "receive 1", "ask 1", "send answer to 1", "close idle"},
	},
	"messages are answered in order": {
		story: []happening{says(0, "1", "hello"), says(second, "2", "hello"), says(2*second, "3", "hello")},
		want: []string{
			"begin", "receive 1", "ask 1", "send answer to 1", "receive 2", "ask 2", "send answer to 2",
			"receive 3", "ask 3", "send answer to 3", "close idle",
		},
	},
	"a repeat has no effect": {
		story: []happening{says(0, "1", "hello"), says(second, "1", "hello"), says(49*time.Hour, "1", "hello")},
		want:  []string{"begin", "receive 1", "ask 1", "send answer to 1", "close idle", "repeat 1"},
	},
	"what is redriven from quarantine is received again, though the run remembers it": {
		story: []happening{says(0, "1", "hello"), says(second, "1", "hello"), redriven(2*second, "1", "hello")},
		want:  []string{"begin", "receive 1", "ask 1", "send answer to 1", "repeat 1", "close idle"},
	},
	"a wish for a person parks the conversation, and later messages wait": {
		story: []happening{says(0, "1", "human"), says(second, "2", "hello")},
		want:  []string{"begin", "receive 1", "ask 1", "route 1 bot-escalated", "send notice for 1", "receive 2", "close idle"},
	},
	"a broken bot ends with people": {
		story: []happening{says(0, "1", "broken")},
		want:  []string{"begin", "receive 1", "ask 1", "route 1 bot-failed", "send notice for 1", "close idle"},
	},
	"the bot may end the conversation, once its answer is out": {
		story: []happening{says(0, "1", "bye"), says(10*second, "2", "hello")},
		want: []string{
			"begin", "receive 1", "ask 1", "send answer to 1", "close ended-by-bot",
			"begin", "receive 2", "ask 2", "send answer to 2", "close idle",
		},
	},
	"what WeChat puts off is sent later, in order": {
		story: []happening{says(0, "1", "hello"), says(second, "2", "quiet")},
		set:   func(w *world) { w.later["answer to 1"] = 2 },
		want: []string{
			"begin", "receive 1", "ask 1", "later answer to 1", "receive 2", "later answer to 1", "send answer to 1", "close idle",
		},
	},
	"handing over does not wait for a WeChat that is away": {
		story: []happening{says(0, "1", "hello"), says(second, "2", "human")},
		set:   func(w *world) { w.later["answer to 1"] = 2 },
		want: []string{
			"begin", "receive 1", "ask 1", "later answer to 1", "receive 2", "ask 2", "route 2 bot-escalated",
			"later answer to 1", "send answer to 1", "send notice for 2", "close idle",
		},
	},
	"unfollowing closes": {
		story: []happening{says(0, "1", "hello"), says(second, "2", "unfollow"), says(2*second, "3", "hello")},
		want: []string{
			"begin", "receive 1", "ask 1", "send answer to 1", "unfollow", "close unfollowed",
			"begin", "receive 3", "ask 3", "send answer to 3", "close idle",
		},
	},
	"unfollowing without a conversation begins none": {
		story: []happening{says(0, "1", "unfollow")},
		want:  []string{"unfollow"},
	},
	"what panics is tried five times and holds up nothing": {
		story: []happening{says(0, "1", "panic"), says(second, "2", "hello")},
		want: []string{
			"panic 1", "panic 1", "panic 1", "panic 1", "quarantine 1",
			"begin", "receive 2", "ask 2", "send answer to 2", "close idle",
		},
	},
	"garbage leaves no conversation": {
		story: []happening{says(0, "1", "garbage")},
		want:  []string{"quarantine 1"},
	},
}

func TestStories_straight(t *testing.T) { tell(t, false) }

func TestStories_continuedAsNewAtEveryChance(t *testing.T) { tell(t, true) }

func tell(t *testing.T, continued bool) {
	for name, s := range stories {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			if s.set != nil {
				s.set(w)
			}
			play(t, w, continued, s.story...)
			require.Equal(t, s.want, w.log)
		})
	}
}

func TestReceive_takesABacklogInBatchesOfFifty(t *testing.T) {
	t.Parallel()
	w := newWorld()
	backlog := happening{0, func(env *testsuite.TestWorkflowEnvironment) {
		for i := range 120 {
			says(0, fmt.Sprint(i), "quiet").do(env)
		}
	}}
	play(t, w, false, backlog)
	require.LessOrEqual(t, len(w.batches), 4)
	for _, n := range w.batches {
		require.LessOrEqual(t, n, 50)
	}
}

// answer collects what an update came to.
type answer struct {
	rejected, err error
	done          bool
}

func (a *answer) Accept()                 {}
func (a *answer) Reject(err error)        { a.rejected, a.done = err, true }
func (a *answer) Complete(_ any, e error) { a.err, a.done = e, true }

// conversationID is the id that the SDK's test environment gives the first run.
const conversationID conversation.ID = "default-test-run-id"

func closes(at time.Duration, id conversation.ID, a *answer) happening {
	return happening{at, func(env *testsuite.TestWorkflowEnvironment) {
		env.UpdateWorkflow(string(conversation.CommandClose), fmt.Sprint("update ", at), a, conversation.PersonCommand{
			ID: "c", Kind: conversation.CommandClose, Conversation: id,
		})
	}}
}

func TestClose_answersAfterTheEnd(t *testing.T) {
	t.Parallel()
	w := newWorld()
	var a answer
	play(t, w, false, says(0, "1", "hello"), closes(5*second, conversationID, &a))
	require.True(t, a.done)
	require.NoError(t, a.rejected)
	require.NoError(t, a.err)
	require.Equal(t, []string{"begin", "receive 1", "ask 1", "send answer to 1", "command close", "close closed-by-person"}, w.log)
}

func TestClose_refusesAnotherConversation(t *testing.T) {
	t.Parallel()
	w := newWorld()
	var a answer
	play(t, w, false, says(0, "1", "hello"), closes(5*second, "the one before", &a))
	require.ErrorContains(t, a.rejected, "has ended")
	require.Equal(t, "close idle", w.log[len(w.log)-1])
}

func TestClose_whatArrivesWhileClosingBeginsTheNext(t *testing.T) {
	t.Parallel()
	w := newWorld()
	var a answer
	both := happening{5 * second, func(env *testsuite.TestWorkflowEnvironment) {
		closes(5*second, conversationID, &a).do(env)
		says(0, "2", "quiet").do(env)
	}}
	play(t, w, false, says(0, "1", "hello"), both)
	require.NoError(t, a.err)
	require.Contains(t, w.log, "close closed-by-person")
	require.Contains(t, w.log, "receive 2")
	require.Equal(t, "close idle", w.log[len(w.log)-1])
}

// A webhook may be slow, and must hold up no work of the ledger. The FAQ is such work.
func TestAsk_botsOfOthersHaveATaskQueueOfTheirOwn(t *testing.T) {
	t.Parallel()
	for bot, queue := range map[conversation.BotKind]string{
		conversation.BotFAQ: workflows.TaskQueue, conversation.BotWebhook: activities.TaskQueueBot,
		"": activities.TaskQueueBot, // a run whose Receive was an older worker's
	} {
		for _, continued := range []bool{false, true} {
			w := newWorld()
			w.bot = bot
			play(t, w, continued, says(0, "1", "hello"), says(0, "2", "hello"))
			require.Equal(t, []string{queue, queue}, w.askedOn, "%q, continued as new: %t", bot, continued)
		}
	}
}

func TestNudge_wakesAndChangesNothing(t *testing.T) {
	t.Parallel()
	w := newWorld()
	nudge := happening{second, func(env *testsuite.TestWorkflowEnvironment) { env.SignalWorkflow(workflows.SignalNudge, nil) }}
	play(t, w, false, says(0, "1", "hello"), nudge, says(2*second, "2", "hello"))
	require.Equal(t, []string{"begin", "receive 1", "ask 1", "send answer to 1", "receive 2", "ask 2", "send answer to 2", "close idle"}, w.log)
}

func TestCancel_anOperatorsCancellationStillEndsInTheLedger(t *testing.T) {
	t.Parallel()
	w := newWorld()
	cancel := happening{second, func(env *testsuite.TestWorkflowEnvironment) { env.CancelWorkflow() }}
	var suite testsuite.WorkflowTestSuite
	env := stage(&suite, w)
	env.RegisterDelayedCallback(func() { says(0, "1", "hello").do(env) }, 0)
	env.RegisterDelayedCallback(func() { cancel.do(env) }, second)
	env.ExecuteWorkflow(workflows.Conversation, workflows.Input{Tenant: "default", AccountID: "account", CustomerKey: "customer"})
	require.True(t, env.IsWorkflowCompleted())
	require.True(t, temporal.IsCanceledError(env.GetWorkflowError()))
	require.Equal(t, []string{"begin", "receive 1", "ask 1", "send answer to 1", "close closed-by-person"}, w.log)
}
