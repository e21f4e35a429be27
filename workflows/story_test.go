package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/command"
	"wxdesk/internal/wechat"
)

// puttingOff has WeChat put a text off so many times.
func puttingOff(text string, times int, after time.Duration) func(*world) {
	return func(w *world) {
		left := times
		w.weChat = func(sent string) wechat.SendOutcome {
			if sent == text && left > 0 {
				left--
				return wechat.SendOutcome{Status: wechat.SendLater, Reason: wechat.ReasonNotReached, After: after}
			}
			return wechat.SendOutcome{Status: wechat.SendSent}
		}
	}
}

// Each story is told straight and with continue-as-new at every chance, with the same effects.
var stories = map[string]struct {
	story []happening
	set   func(*world)
	want  []string
}{
	"a message is answered and silence closes": {
		story: []happening{says(0, "hello 1")},
		want:  []string{"begin", "receive hello 1", "ask 1", "sent answer to 1", "close idle"},
	},
	"messages are answered in order": {
		story: []happening{says(0, "hello 1"), says(second, "hello 2"), says(2*second, "hello 3")},
		want: []string{
			"begin", "receive hello 1", "ask 1", "sent answer to 1", "receive hello 2", "ask 2", "sent answer to 2",
			"receive hello 3", "ask 3", "sent answer to 3", "close idle",
		},
	},
	"a repeat has no effect": {
		story: []happening{says(0, "hello 1"), says(second, "hello 1"), says(49*time.Hour, "hello 1")},
		want:  []string{"begin", "receive hello 1", "ask 1", "sent answer to 1", "close idle", "repeat hello 1"},
	},
	"a wish for a person parks the conversation, and later messages wait": {
		story: []happening{says(0, "human 1"), says(second, "hello 2")},
		want:  []string{"begin", "receive human 1", "ask 1", "route bot-escalated", "sent notice", "receive hello 2", "close idle"},
	},
	"silence does not end what an agent has taken, though the run was not told": {
		story: []happening{
			says(0, "human 1"), acts(2*second, command.Accept, 0), acts(50*time.Hour, command.ForceClose, 1),
		},
		want: []string{
			"begin", "receive human 1", "ask 1", "route bot-escalated", "sent notice", "act accept", "act force-close", "close force-closed",
		},
	},
	"a broken bot ends with people": {
		story: []happening{says(0, "broken 1")},
		want:  []string{"begin", "receive broken 1", "ask 1", "route bot-failed", "sent notice", "close idle"},
	},
	"the bot may end the conversation, once its answer is out": {
		story: []happening{says(0, "bye 1"), says(10*second, "hello 2")},
		want: []string{
			"begin", "receive bye 1", "ask 1", "sent answer to 1", "close ended-by-bot",
			"begin", "receive hello 2", "ask 2", "sent answer to 2", "close idle",
		},
	},
	"what WeChat puts off is sent later, in order": {
		story: []happening{says(0, "hello 1"), says(second, "quiet 2")},
		set:   puttingOff("answer to 1", 2, 3*second),
		want: []string{
			"begin", "receive hello 1", "ask 1", "later answer to 1", "receive quiet 2", "later answer to 1", "sent answer to 1", "close idle",
		},
	},
	"handing over does not wait for a WeChat that is away": {
		story: []happening{says(0, "hello 1"), says(second, "human 2")},
		set:   puttingOff("answer to 1", 2, 3*second),
		want: []string{
			"begin", "receive hello 1", "ask 1", "later answer to 1", "receive human 2", "ask 2", "route bot-escalated",
			"sent notice", "close idle",
		},
	},
	"unfollowing closes": {
		story: []happening{says(0, "hello 1"), says(second, "unfollow"), says(2*second, "hello 3")},
		want: []string{
			"begin", "receive hello 1", "ask 1", "sent answer to 1", "unfollow", "close unfollowed",
			"begin", "receive hello 3", "ask 3", "sent answer to 3", "close idle",
		},
	},
	"unfollowing without a conversation begins none": {
		story: []happening{says(0, "unfollow")},
		want:  []string{"unfollow"},
	},
	"what panics is tried five times and holds up nothing": {
		story: []happening{says(0, "[panic] 1"), says(second, "hello 2")},
		want: []string{
			"panic", "panic", "panic", "panic", "panic", "quarantine panics",
			"begin", "receive hello 2", "ask 2", "sent answer to 2", "close idle",
		},
	},
	"garbage leaves no conversation": {
		story: []happening{says(0, "garbage")},
		want:  []string{"quarantine unreadable"},
	},
	"an account without a bot hands over at once": {
		story: []happening{says(0, "hello 1"), says(second, "hello 2")},
		set:   func(w *world) { w.noBot, w.bot = true, "" },
		want:  []string{"begin", "receive hello 1", "route no-bot", "sent notice", "receive hello 2", "close idle"},
	},
	"an agent takes the conversation, answers and closes": {
		story: []happening{
			says(0, "human 1"), acts(2*second, command.Assign, 1), acts(4*second, command.Accept, 1),
			says(6*second, "hello 2"), acts(8*second, command.Reply, 1), acts(20*second, command.Close, 1),
		},
		want: []string{
			"begin", "receive human 1", "ask 1", "route bot-escalated", "sent notice", "act assign", "act accept", "receive hello 2",
			"act reply", "sent reply 3", "act close", "close closed-by-person",
		},
	},
	"an offer that nobody answers falls due": {
		story: []happening{says(0, "human 1"), acts(2*second, command.Assign, 1)},
		want: []string{
			"begin", "receive human 1", "ask 1", "route bot-escalated", "sent notice", "act assign", "due offer-ends", "close idle",
		},
	},
	"what is put aside closes when it is due": {
		story: []happening{says(0, "human 1"), acts(4*second, command.Accept, 1), acts(6*second, command.Wait, 1)},
		want: []string{
			"begin", "receive human 1", "ask 1", "route bot-escalated", "sent notice", "act accept", "act wait", "due idle", "close idle",
		},
	},
	"a delayed goodbye does not hold up the next line": {
		story: []happening{says(0, "bye 1"), says(10*second, "hello 2")},
		set:   puttingOff("answer to 1", 1, 6*time.Hour),
		want: []string{
			"begin", "receive bye 1", "ask 1", "later answer to 1", "close ended-by-bot",
			"begin", "receive hello 2", "ask 2", "sent answer to 2", "close idle",
		},
	},
	"a delayed goodbye goes out before the end where nobody writes": {
		story: []happening{says(0, "bye 1")},
		set:   puttingOff("answer to 1", 1, 6*time.Hour),
		want:  []string{"begin", "receive bye 1", "ask 1", "later answer to 1", "sent answer to 1", "close ended-by-bot"},
	},
	"a line after the time of what was put aside begins the next conversation": {
		story: []happening{
			says(0, "human 1"), acts(4*second, command.Accept, 1), acts(5*second, command.Reply, 1), acts(6*second, command.Wait, 1),
			says(time.Hour+20*second, "hello 2"),
		},
		set: puttingOff("reply 2", 1, 6*time.Hour),
		want: []string{
			"begin", "receive human 1", "ask 1", "route bot-escalated", "sent notice", "act accept", "act reply", "later reply 2", "act wait",
			"due idle", "close idle", "begin", "receive hello 2", "ask 2", "sent answer to 2", "close idle",
		},
	},
	// A resent message has a lower number than one that waits.
	"a message sent again goes before one that waits": {
		story: []happening{
			says(0, "human 1"), acts(second, command.Accept, 1), acts(2*second, command.Reply, 1),
			acts(time.Minute, command.Reply, 1), acts(2*time.Minute, command.Resend, 1),
			acts(3*time.Minute, command.ForceClose, 1),
		},
		set: func(w *world) {
			unknown := true
			w.weChat = func(text string) wechat.SendOutcome {
				switch {
				case text == "reply 2" && unknown:
					unknown = false
					return wechat.SendOutcome{Status: wechat.SendUnknown, Reason: wechat.ReasonUnanswered}
				case text == "reply 3":
					return wechat.SendOutcome{Status: wechat.SendLater, After: 6 * time.Hour}
				}
				return wechat.SendOutcome{Status: wechat.SendSent}
			}
		},
		want: []string{
			"begin", "receive human 1", "ask 1", "route bot-escalated", "sent notice", "act accept", "act reply", "unknown reply 2",
			"act reply", "later reply 3", "act resend", "sent reply 2", "act force-close", "close force-closed",
		},
	},
	"a line that cannot be opened goes to people": {
		story: []happening{says(0, "unreadable 1"), says(second, "hello 2")},
		want:  []string{"begin", "receive unreadable 1", "route bot-failed", "sent notice", "receive hello 2", "close idle"},
	},
}

// X23, BOT-1, BOT-3, BOT-10, CLS-13
func TestStories_straight(t *testing.T) { runStory(t, false) }

func TestStories_continuedAsNewAtEveryChance(t *testing.T) { runStory(t, true) }

func runStory(t *testing.T, continued bool) {
	for name, s := range stories {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld()
			if s.set != nil {
				s.set(w)
			}
			require.Equal(t, s.want, play(t, w, continued, s.story...))
		})
	}
}
