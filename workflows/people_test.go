package workflows_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"wxdesk/internal/conversation"
	"wxdesk/workflows"
)

var began = time.Date(2026, 11, 1, 8, 0, 0, 0, time.UTC)

// offers has the ledger offer the conversation to an agent for two minutes, and the run told.
func (w *world) offers(at time.Duration, agent conversation.AgentID) happening {
	return happening{at, func(env *testsuite.TestWorkflowEnvironment) {
		w.mu.Lock()
		deadline := began.Add(at + 2*time.Minute)
		standing := w.move(func(s *conversation.Standing) {
			s.State = conversation.StateActive
			s.Offer = &conversation.Offer{ID: "offer", AgentID: agent, Deadline: deadline}
			s.Due = []conversation.Due{{What: conversation.DueOffer, At: deadline}}
		})
		w.mu.Unlock()
		env.SignalWorkflow(workflows.SignalAssigned, workflows.Assigned{Conversation: conversationID, Standing: standing})
	}}
}

// asks is a person's command.
func asks(at time.Duration, kind conversation.CommandKind, a *answer, change ...func(*conversation.PersonCommand)) happening {
	cmd := conversation.PersonCommand{ID: fmt.Sprint(kind, "@", at), Kind: kind, Conversation: conversationID}
	for _, c := range change {
		c(&cmd)
	}
	return happening{at, func(env *testsuite.TestWorkflowEnvironment) {
		env.UpdateWorkflow(string(kind), cmd.ID, a, cmd)
	}}
}

func TestPeople_anAgentTakesTheConversationAnswersHandsOnAndCloses(t *testing.T) {
	for _, continued := range []bool{false, true} {
		t.Run(fmt.Sprint("continued as new ", continued), func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			answers := make([]answer, 6)
			play(t, w, continued,
				says(0, "1", "human"),
				w.offers(2*second, "ann"),
				asks(4*second, conversation.CommandAccept, &answers[0]),
				says(6*second, "2", "hello"),
				asks(8*second, conversation.CommandReply, &answers[1]),
				asks(10*second, conversation.CommandNote, &answers[2]),
				asks(12*second, conversation.CommandTransfer, &answers[3], func(c *conversation.PersonCommand) { c.QueueID = "other" }),
				says(14*second, "3", "hello"),
				w.offers(16*second, "bob"),
				asks(18*second, conversation.CommandAccept, &answers[4]),
				asks(20*second, conversation.CommandClose, &answers[5]),
			)
			require.Equal(t, []string{
				"begin", "receive 1", "ask 1", "route 1 bot-escalated", "send notice for 1",
				"command accept", "receive 2", "command reply", "send reply reply@8s", "command note",
				"command transfer", "receive 3", "command accept", "command close", "close closed-by-person",
			}, w.log)
			for i, a := range answers {
				require.True(t, a.done, i)
				require.NoError(t, a.rejected, i)
				require.NoError(t, a.err, i)
			}
		})
	}
}

func TestPeople_anOfferThatNobodyAnswersFallsDue(t *testing.T) {
	t.Parallel()
	w := newWorld()
	var late answer
	play(t, w, false, says(0, "1", "human"), w.offers(2*second, "ann"), asks(5*time.Minute, conversation.CommandAccept, &late))
	require.Equal(t, []string{
		"begin", "receive 1", "ask 1", "route 1 bot-escalated", "send notice for 1", "due offer-ends", "command accept", "close idle",
	}, w.log)
	require.NoError(t, late.err, "a refusal is an answer")
}

func TestPeople_aConversationWithoutBotIsRoutedAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld()
	w.noBot = true
	play(t, w, false, says(0, "1", "hello"), says(second, "2", "hello"))
	require.Equal(t, []string{"begin", "receive 1", "route 1 no-bot", "send notice for 1", "receive 2", "close idle"}, w.log)
}

func TestPeople_whatIsPutAsideClosesWhenItIsDue(t *testing.T) {
	t.Parallel()
	w := newWorld()
	var accept, wait answer
	play(t, w, false, says(0, "1", "human"), w.offers(2*second, "ann"), asks(4*second, conversation.CommandAccept, &accept),
		asks(6*second, conversation.CommandWait, &wait, func(c *conversation.PersonCommand) { c.Until = began.Add(time.Hour) }))
	require.Equal(t, []string{"command accept", "command wait", "due idle", "close idle"}, w.log[5:])
}

// What the outside sends has one effect whatever the order in which the run takes it up: a word about the standing, the
// customer's line, an agent's command.
func TestPeople_theOrderOfSignalsDoesNotMatter(t *testing.T) {
	for name, order := range map[string][3]int{
		"told first": {0, 1, 2}, "told second": {1, 0, 2}, "told last": {1, 2, 0}, "told between": {2, 0, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			var a answer
			all := []happening{w.offers(2*second, "ann"), says(2*second, "2", "hello"), asks(2*second, conversation.CommandAccept, &a)}
			together := happening{2 * second, func(env *testsuite.TestWorkflowEnvironment) {
				for _, i := range order {
					all[i].do(env)
				}
			}}
			var reply, end answer
			play(t, w, false, says(0, "1", "human"), together,
				asks(4*second, conversation.CommandReply, &reply), asks(6*second, conversation.CommandClose, &end))
			require.ElementsMatch(t, []string{
				"begin", "receive 1", "ask 1", "route 1 bot-escalated", "send notice for 1",
				"command accept", "receive 2", "command reply", "send reply reply@4s", "command close", "close closed-by-person",
			}, w.log)
		})
	}
}

// An old word must not undo a newer one.
func TestPeople_anOldWordIsNotFollowed(t *testing.T) {
	t.Parallel()
	w := newWorld()
	var accept, end answer
	old := happening{6 * second, func(env *testsuite.TestWorkflowEnvironment) {
		env.SignalWorkflow(workflows.SignalAssigned, workflows.Assigned{
			Conversation: conversationID,
			Standing:     conversation.Standing{Revision: 2, State: conversation.StateOpen, Holder: conversation.HolderBot, Epoch: 1},
		})
	}}
	play(t, w, false, says(0, "1", "human"), w.offers(2*second, "ann"), asks(4*second, conversation.CommandAccept, &accept),
		old, says(8*second, "2", "hello"), asks(10*second, conversation.CommandClose, &end))
	require.NotContains(t, w.log, "ask 2", "the agent still has it")
}

// A command that comes again in a later run, because its answer was lost, is not followed again.
func TestPeople_aCommandThatComesAgainSendsNothingTwice(t *testing.T) {
	t.Parallel()
	w := newWorld()
	var accept, first, again, end answer
	same := func(c *conversation.PersonCommand) { c.ID = "the same" }
	play(t, w, true, says(0, "1", "human"), w.offers(2*second, "ann"), asks(4*second, conversation.CommandAccept, &accept),
		asks(6*second, conversation.CommandReply, &first, same), says(8*second, "2", "hello"),
		asks(10*second, conversation.CommandReply, &again, same), asks(12*second, conversation.CommandClose, &end))
	sent := 0
	for _, line := range w.log {
		if line == "send reply the same" {
			sent++
		}
	}
	require.Equal(t, 1, sent)
	require.True(t, again.done)
}

// The customer's line allows the reply, so it is received first. Both come while the run is busy with a note, in a run that
// goes on and in one that is about to continue as new.
func TestPeople_aReplyComesAfterWhatTheCustomerWroteBeforeIt(t *testing.T) {
	for _, kind := range []conversation.CommandKind{conversation.CommandReply, conversation.CommandResend} {
		for _, continued := range []bool{false, true} {
			t.Run(fmt.Sprint(kind, ", continued as new ", continued), func(t *testing.T) {
				t.Parallel()
				w := newWorld()
				var accept, note, reply, end answer
				noted := asks(6*second, conversation.CommandNote, &note)
				play(t, w, continued, says(0, "1", "human"), w.offers(2*second, "ann"), asks(4*second, conversation.CommandAccept, &accept),
					happening{noted.at, func(env *testsuite.TestWorkflowEnvironment) {
						w.duringNote = func() {
							says(0, "2", "hello").do(env)
							asks(6*second, kind, &reply).do(env)
						}
						noted.do(env)
					}},
					asks(10*second, conversation.CommandClose, &end))
				require.Equal(t, []string{"command note", "receive 2", "command " + string(kind)}, w.log[6:9])
				require.True(t, reply.done)
			})
		}
	}
}
