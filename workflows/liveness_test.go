package workflows_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"wxdesk/internal/bot"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
	"wxdesk/internal/wechat"
	"wxdesk/workflows"
)

const (
	healAt = 10 * time.Minute // from then on everything answers
	settle = 3 * time.Minute  // after which nothing may be owed: R27's 60 s, two sweeps and a pause
)

// defect is a mistake that is put back, so that we know that it would be found.
type defect int

const (
	sound defect = iota
	delayedGoodbye
	markingFails
	unreadableIsAway
	unboundedCarry
	lostNotice // an act is committed and never told, and nothing sweeps
	lostWish   // the rule book wishes people, and nothing keeps that
)

// tale is a story with what befalls it.
type tale struct {
	story     []happening
	continued bool
	twists    map[int]twist       // by the number of the call
	outages   [2][2]time.Duration // of the ledger, of WeChat: from, until
	outcomes  []wechat.SendOutcome
	webhook   bool
	noBot     bool
	permitted bool
	restored  time.Duration // when a backup is restored; 0: never
	resends   int
	overflow  routing.Overflow
}

var lineKinds = []string{"hello", "human", "bye", "broken", "unreadable", "quiet", "[panic]", "unfollow"}

func drawTale(t *rapid.T) tale {
	d := tale{
		continued: rapid.Bool().Draw(t, "continued"), webhook: rapid.IntRange(0, 3).Draw(t, "webhook") == 0,
		noBot: rapid.IntRange(0, 7).Draw(t, "no bot") == 0, permitted: rapid.Bool().Draw(t, "permitted"), twists: map[int]twist{},
	}
	d.overflow = rapid.SampledFrom([]routing.Overflow{{}, {}, overflows(60, routing.OverflowEnd), overflows(600, routing.OverflowTransfer)}).Draw(t, "overflow")
	at := time.Duration(0)
	for n := range rapid.IntRange(1, 8).Draw(t, "happenings") {
		at += time.Duration(rapid.SampledFrom([]int{0, 0, 1, 2, 5, 20, 70}).Draw(t, "pause")) * time.Second
		d.draw(t, n, at)
	}
	for range rapid.IntRange(0, 4).Draw(t, "twists") {
		d.twists[rapid.IntRange(0, 25).Draw(t, "call")] = twist(rapid.IntRange(1, int(twists)-1).Draw(t, "twist"))
	}
	for i := range d.outages {
		if rapid.IntRange(0, 3).Draw(t, "outage") == 0 {
			from := time.Duration(rapid.IntRange(0, 60).Draw(t, "from")) * time.Second
			d.outages[i] = [2]time.Duration{from, from + time.Duration(rapid.IntRange(1, 400).Draw(t, "for"))*time.Second}
		}
	}
	for range rapid.IntRange(0, 4).Draw(t, "outcomes") {
		d.outcomes = append(d.outcomes, rapid.SampledFrom([]wechat.SendOutcome{
			{Status: wechat.SendSent},
			{Status: wechat.SendFailed, Reason: "customer-unknown"},
			{Status: wechat.SendUnknown, Reason: wechat.ReasonUnanswered},
			{Status: wechat.SendLater, After: time.Second},
			{Status: wechat.SendLater, Code: wechat.CodeDailyQuota, After: 6 * time.Hour},
		}).Draw(t, "outcome"))
	}
	return d
}

func overflows(seconds int, do routing.OverflowDo) routing.Overflow {
	return routing.Overflow{Wait: &routing.OverflowWait{Seconds: seconds, OverflowAction: routing.OverflowAction{Do: do, QueueID: other}}}
}

func (d *tale) draw(t *rapid.T, n int, at time.Duration) {
	switch rapid.SampledFrom([]string{"line", "line", "lines", "act", "act", "nudge", "restore"}).Draw(t, "happening") {
	case "line":
		d.story = append(d.story, says(at, line(t, n, 0)))
	case "lines":
		var lines []string
		for i := range rapid.IntRange(2, 4).Draw(t, "lines") {
			lines = append(lines, line(t, n, i))
		}
		d.story = append(d.story, says(at, lines...))
	case "act":
		kind := rapid.SampledFrom([]command.Kind{
			command.Accept, command.Accept, command.Assign, command.Reject, command.Reply, command.Reply, command.Wait, command.Resume,
			command.Transfer, command.WrapUp, command.Resend, command.Close, command.ForceClose, gone,
		}).Draw(t, "act")
		if kind == command.Resend {
			d.resends++
		}
		d.story = append(d.story, acts(at, kind, rapid.IntRange(0, 2).Draw(t, "told")))
	case "nudge":
		d.story = append(d.story, nudge(at))
	case "restore":
		var b backup
		d.restored = at + 30*time.Second
		d.story = append(d.story, happening{at, false, func(w *world) { b = w.copy() }}, happening{d.restored, false, func(w *world) {
			w.restore(b)
			w.signal(workflows.SignalNudge, nil)
		}})
	}
}

func line(t *rapid.T, n, i int) string {
	kind := rapid.SampledFrom(lineKinds).Draw(t, "line")
	if kind == "unfollow" {
		return kind
	}
	return fmt.Sprintf("%s %d.%d", kind, n, i)
}

// live plays a tale with faults until everything answers again, and for as long as it may take then, and says what is wrong at the
// end.
func live(t *testing.T, d tale, put defect) (w *world, wrong []string) {
	synctest.Test(t, func(t *testing.T) { w, wrong = lived(t, d, put) }) // nothing waits in earnest
	return w, wrong
}

func lived(t *testing.T, d tale, put defect) (w *world, wrong []string) {
	w = newWorld()
	if w.noBot = d.noBot; d.noBot {
		w.bot = ""
	} else if d.webhook {
		w.bot = bot.KindWebhook
	}
	within := func(o [2]time.Duration) bool {
		at := w.Now().Sub(began)
		return o[0] <= at && at < o[1]
	}
	c := &chaos{
		ledger: w.memory, inner: w.memory, twist: func(n int, _ string) twist { return d.twists[n] }, away: func() bool { return within(d.outages[0]) },
	}
	c.markingFails.Store(put == markingFails)
	c.unreadableIsOff.Store(put == unreadableIsAway)
	w.ledger, w.hidesNotBefore = c, put == markingFails
	w.hidesEnd, w.forgetsWishes, w.overflow = put == delayedGoodbye, put == lostWish, d.overflow
	if put == unboundedCarry {
		w.bulk = 700 << 10
	}
	w.permits = func() (time.Duration, bool) { return 0, d.permitted }
	outcomes := d.outcomes
	w.weChat = func(string) wechat.SendOutcome {
		switch {
		case c.healed.Load():
		case within(d.outages[1]):
			return wechat.SendOutcome{Status: wechat.SendLater, Reason: wechat.ReasonNotReached}
		case len(outcomes) > 0:
			o := outcomes[0]
			outcomes = outcomes[1:]
			return o
		}
		return wechat.SendOutcome{Status: wechat.SendSent}
	}
	story := append([]happening{}, d.story...)
	story = append(story, happening{healAt, false, func(*world) { c.heal() }})
	for at := time.Minute; put != lostNotice && at <= settle; at += time.Minute {
		for _, from := range []time.Duration{0, healAt - settle, healAt, healAt + 6*time.Hour} { // it runs every minute; the rest would find nothing
			story = append(story, happening{from + at, false, sweep})
		}
	}
	judged := false
	for _, at := range []time.Duration{healAt + settle, healAt + settle + 6*time.Hour + settle} { // the second where WeChat wants a message then
		story = append(story, happening{at, false, func(w *world) {
			if last := w.lastNotBefore(); !judged && !last.After(w.Now()) {
				judged = true
				wrong = append(w.judge(d), w.standstill()...)
				c.markingFails.Store(false) // so that the story ends
				c.unreadableIsOff.Store(false)
			}
			if judged && w.env != nil {
				w.env.CancelWorkflow()
			}
		}})
	}
	require.NoError(t, ignoreCancelled(w.play(t, d.continued, story...)))
	if !judged {
		wrong = append(wrong, "something may not be done for too long")
	}
	return w, append(wrong, w.waits...)
}

// sweep does what the sweep and the tellers of the outbox do.
func sweep(w *world) {
	late, _ := w.Sweep(nil) //nolint:staticcheck // the memory asks for none
	if len(late) > 0 && w.env == nil {
		w.runIsGone()
		return
	}
	for range late {
		w.signal(workflows.SignalNudge, nil)
	}
}

// judge says what is wrong though everything has answered for long enough.
func (w *world) judge(d tale) (wrong []string) {
	w.memory.mu.Lock()
	defer w.memory.mu.Unlock()
	for id, r := range w.rows {
		if o := w.owed(r); !o.Nothing() {
			wrong = append(wrong, fmt.Sprintf("%s owes %+v", id, o))
		}
		for _, msg := range r.messages {
			switch {
			case msg.status == conversation.DeliveryQueued || msg.status == conversation.DeliverySending:
				wrong = append(wrong, fmt.Sprintf("%q is %s", msg.text, msg.status))
			case msg.asks && !msg.answered && r.Reason == conversation.ClosedByBot:
				wrong = append(wrong, fmt.Sprintf("%q was never answered", msg.text))
			case strings.HasPrefix(msg.text, "human") && msg.answered && r.Holder == conversation.HolderBot && r.State != conversation.StateClosed:
				wrong = append(wrong, fmt.Sprintf("%q did not reach people", msg.text))
			}
		}
		if r.Holder == conversation.HolderQueue && r.State != conversation.StateClosed && r.Item == nil {
			wrong = append(wrong, fmt.Sprintf("%s waits for people, and nobody is asked", id))
		}
	}
	for _, line := range w.said {
		got, received := w.receipts[callbackOf(line.text).MessageKey]
		if !received && d.restored == 0 {
			wrong = append(wrong, fmt.Sprintf("%q was never received", line.text))
		} else if limit := max(line.at, d.outages[0][1], d.outages[1][1]) + settle; d.restored == 0 && got.at.After(began.Add(limit)) {
			wrong = append(wrong, fmt.Sprintf("%q was received at %s", line.text, got.at))
		}
	}
	for text, n := range w.took {
		if n > 1+d.resends && d.restored == 0 && text != "notice" { // each conversation may have one
			wrong = append(wrong, fmt.Sprintf("%q was sent %d times", text, n))
		}
	}
	for _, size := range w.carried {
		if size > 1<<20 {
			wrong = append(wrong, fmt.Sprintf("a run of %d bytes", size))
		}
	}
	return wrong
}

// standstill says whether the run, if there is one, is still at something.
func (w *world) standstill() (wrong []string) {
	if w.env == nil {
		return nil
	}
	var o workflows.Overview
	if value, err := w.env.QueryWorkflow(workflows.QueryState); err != nil || value.Get(&o) != nil || !o.Begun {
		return nil
	}
	if o.Busy || o.Owed != (workflows.Owed{}) {
		wrong = append(wrong, fmt.Sprintf("the run is busy (%t) or believes that it owes %+v", o.Busy, o.Owed))
	}
	return wrong
}

// calls is how many calls the ledger has had.
func (w *world) calls() int { return w.ledger.(*chaos).calls }

func ignoreCancelled(err error) error {
	if err != nil && strings.Contains(err.Error(), "canceled") {
		return nil
	}
	return err
}

// R27
func TestLiveness_everyStoryCompletes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		w, wrong := live(t, drawTale(r), sound)
		if len(wrong) > 0 {
			r.Fatalf("%s\n%s\nerrors: %s", strings.Join(wrong, "\n"), strings.Join(w.log, "\n"), strings.Join(w.errors, "\n"))
		}
	})
}

// oneFault are the stories in which each call meets each class of error once.
var oneFault = map[string]tale{
	"an answer": {story: []happening{says(0, "hello 1"), says(5*second, "bye 2"), says(6*second, "hello 3")}, permitted: true},
	"people": {story: []happening{
		says(0, "human 1"), acts(5*second, command.Assign, 1), acts(6*second, command.Accept, 1),
		says(7*second, "hello 2"), acts(8*second, command.Reply, 1), acts(20*second, command.Close, 1),
	}},
	"a webhook": {story: []happening{says(0, "hello 1", "hello 2"), says(5*second, "broken 3")}, webhook: true},
}

// R28
func TestLiveness_oneFaultStopsOnlyItself(t *testing.T) {
	t.Parallel()
	for name, d := range oneFault {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			whole, wrong := live(t, d, sound)
			require.Empty(t, wrong)
			for call := range whole.calls() {
				for what := plain + 1; what < twists; what++ {
					one := d
					one.twists = map[int]twist{call: what}
					w, wrong := live(t, one, sound)
					require.Empty(t, wrong, "call %d of %d, twist %d: %v", call, whole.calls(), what, w.log)
					if at := w.ledger.(*chaos).befell; at != "" && (what == broken && at != "Credentials" || what == panics) { // these are judged with the mark
						require.NotEmpty(t, w.errors, "call %d, twist %d: nobody is told", call, what)
					}
				}
			}
		})
	}
}

// R27
// Each mistake that stood in an earlier version is found when it is put back.
func TestLiveness_findsOldMistakes(t *testing.T) {
	t.Parallel()
	for name, put := range map[string]defect{
		"what is to end goes on until its goodbye is out": delayedGoodbye,
		"not yet is an error":                             markingFails,
		"an unreadable line is an outage":                 unreadableIsAway,
		"what begins the next conversation is unbounded":  unboundedCarry,
		"an act is committed and never told":              lostNotice,
		"a wish for people is not kept":                   lostWish,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			draw := rapid.Custom(drawTale)
			for seed := range 3000 {
				if _, wrong := live(t, draw.Example(seed), put); len(wrong) > 0 {
					t.Logf("found by story %d: %v", seed, wrong)
					return
				}
			}
			t.Error("no story finds it")
		})
	}
}
