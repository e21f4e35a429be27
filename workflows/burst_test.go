package workflows_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/testsuite"

	"wxdesk/activities"
	"wxdesk/internal/conversation"
	"wxdesk/workflows"
)

// A customer who writes in a flood gets an answer to each message, in order, and keeps the bot no busier than one question at
// a time, and WeChat than one answer.
func TestBad_X22_aFloodOfOneCustomerAsksTheBotOneThingAtATime(t *testing.T) {
	t.Parallel()
	const flood = 200
	w := newWorld()
	var mu sync.Mutex
	underWay, most := map[string]int{}, map[string]int{}
	play(t, w, false, happening{0, func(env *testsuite.TestWorkflowEnvironment) {
		env.SetOnActivityStartedListener(func(info *activity.Info, _ context.Context, _ converter.EncodedValues) {
			mu.Lock()
			defer mu.Unlock()
			name := info.ActivityType.Name
			underWay[name]++
			most[name] = max(most[name], underWay[name])
		})
		env.SetOnActivityCompletedListener(func(info *activity.Info, _ converter.EncodedValue, _ error) {
			mu.Lock()
			defer mu.Unlock()
			underWay[info.ActivityType.Name]--
		})
		for i := range flood {
			says(0, fmt.Sprint(i), "hello").do(env)
		}
	}})
	requireAnsweredInOrder(t, w, flood)
	require.Equal(t, 1, most["Ask"])
	require.Equal(t, 1, most["Send"])
}

// However far the bot is behind, a run takes along what Temporal takes as an input, and finds the rest in the ledger (R20).
func TestBurst_aRunCarriesTheFirstTurnsAndFindsTheRestInTheLedger(t *testing.T) {
	t.Parallel()
	const flood = activities.MaxTurns + 400 // the test environment holds no thousand
	w := newWorld()
	story := []happening{{0, func(env *testsuite.TestWorkflowEnvironment) {
		env.SetOnActivityStartedListener(func(*activity.Info, context.Context, converter.EncodedValues) {
			env.SetCurrentHistoryLength(workflows.DefaultContinueAt)
		})
	}}}
	for i := range flood - 1 {
		story = append(story, says(0, fmt.Sprint(i), "hello"))
	}
	story = append(story, says(time.Second, fmt.Sprint(flood-1), "hello")) // behind those that wait in the ledger
	play(t, w, false, story...)
	require.Len(t, w.carried, 1)
	require.Less(t, w.carried[0], 256<<10)
	require.Equal(t, 1, w.fetches)
	requireAnsweredInOrder(t, w, flood)
}

// A batch that the ledger did not take at once is the input of an activity, which must not be larger than Temporal takes.
func TestBurst_largeCallbacksAreReceivedOneByOne(t *testing.T) {
	t.Parallel()
	w := newWorld()
	large := strings.Repeat("x", 200<<10)
	var note answer
	noted := asks(2*time.Second, conversation.CommandNote, &note)
	play(t, w, false, says(0, "1", "hello"), happening{noted.at, func(env *testsuite.TestWorkflowEnvironment) {
		w.duringNote = func() {
			for _, key := range []string{"2", "3", "4"} {
				says(0, key, large).do(env)
			}
		}
		noted.do(env)
	}})
	require.Equal(t, []int{1, 1, 1, 1}, w.batches)
}

// requireAnsweredInOrder holds that so many messages were each answered once, in order.
func requireAnsweredInOrder(t *testing.T, w *world, messages int) {
	t.Helper()
	var asked, sent, want []string
	for _, line := range w.log {
		var key string
		if n, _ := fmt.Sscanf(line, "ask %s", &key); n == 1 {
			asked = append(asked, key)
		}
		if n, _ := fmt.Sscanf(line, "send answer to %s", &key); n == 1 {
			sent = append(sent, key)
		}
	}
	for i := range messages {
		want = append(want, fmt.Sprint(i))
	}
	require.Equal(t, want, asked)
	require.Equal(t, want, sent)
}
