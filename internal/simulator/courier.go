package simulator

import (
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"time"

	"wxdesk/internal/simulator/random"
)

// callback is something the account's server must be told: what the customer did, in WeChat's words.
type callback struct {
	ID       int64     `json:"id"` // the MsgId; an event has one for itself, unsaid
	AppID    string    `json:"app_id"`
	OpenID   string    `json:"openid"`
	Kind     string    `json:"kind"`
	Document string    `json:"document"` // the same for all attempts, CreateTime included
	N        int       `json:"n"`        // its item on the customer's screen
	Message  bool      `json:"message"`  // not an event
	Passive  bool      `json:"passive"`  // an answer with content is shown
	Attempts int       `json:"attempts"` // begun so far
	At       time.Time `json:"at"`       // wall clock
	Nonce    string    `json:"nonce"`    // of the first request
}

// delivery is a callback without a verdict, and who waits for it.
type delivery struct {
	callback
	Verdict Verdict
	done    chan struct{} // closed with the verdict
}

// resume takes up, after a restart, what a kill broke off: each with its next attempt, and failed where there is none left.
func (s *Simulator) resume() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(s.state.pending)) {
		s.nextAttempt(s.state.pending[id], 0)
	}
}

// nextAttempt lets a callback be attempted again, or ends it. The caller holds mu.
func (s *Simulator) nextAttempt(d *delivery, after time.Duration) {
	if d.Attempts < s.state.settings.Attempts {
		s.enqueue(d, after)
		return
	}
	c := change{Verdict: &progress{ID: d.ID, Verdict: Failed}, Shown: s.notice(d)}
	if err := s.commit(c); err != nil {
		s.log.Error("callback not concluded", slog.Int64("msg_id", d.ID), slog.Any("error", err))
	}
}

// enqueue puts a callback behind those that are due. The caller holds mu.
func (s *Simulator) enqueue(d *delivery, after time.Duration) {
	if after > 0 {
		time.AfterFunc(after, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.enqueue(d, 0)
		})
		return
	}
	s.queue = append(s.queue, d)
	s.launch()
}

// launch starts what is due, oldest first, as far as there is room. Callbacks of one customer do not wait for each other, as
// WeChat's do not. The caller holds mu.
func (s *Simulator) launch() {
	for !s.closed && len(s.queue) > 0 && s.inFlight < s.state.settings.Concurrency {
		d := s.queue[0]
		s.queue = s.queue[1:]
		if s.state.pending[d.ID] != d { // forgotten by a reset
			continue
		}
		s.inFlight++
		s.work.Go(func() {
			s.attempt(d)
			s.mu.Lock()
			defer s.mu.Unlock()
			s.inFlight--
			s.launch()
		})
	}
}

// run is one attempt with all it needs, taken at its start.
type run struct {
	account  Account
	callback callback
	settings Settings
	faults   []Fault
	at       time.Time
	nonce    string
	stamp    time.Time // of the query
}

// attempt makes one request and draws the consequences.
func (s *Simulator) attempt(d *delivery) {
	r, ok := s.begin(d)
	if !ok {
		return
	}
	duplicate := r.duplicate()
	if duplicate.Concurrent {
		for range duplicate.Copies {
			s.work.Go(func() { s.sendCopy(r) })
		}
	}
	o, key := s.push(r)
	if s.life.Err() != nil {
		return // broken off by Close; the next process goes on
	}
	s.conclude(d, r, o, key)
	if !duplicate.Concurrent {
		for range duplicate.Copies {
			s.sendCopy(r)
		}
	}
}

// begin notes the attempt before it is made, so that after a kill the next process does not make it again.
func (s *Simulator) begin(d *delivery) (run, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.state.account(d.AppID)
	if err != nil || s.state.pending[d.ID] != d {
		return run{}, false
	}
	if a.health.silent(s.now()) {
		s.withhold(d, a)
		return run{}, false
	}
	faults, left := s.callbackFaults(d, a.Account)
	c := change{Started: &progress{ID: d.ID, Attempt: d.Attempts + 1}, Faults: left}
	if err := s.commit(c); err != nil {
		s.log.Error("callback not begun", slog.Int64("msg_id", d.ID), slog.Any("error", err))
		s.enqueue(d, time.Duration(s.state.settings.RetryAfter))
		return run{}, false
	}
	r := run{account: a.Account, callback: d.callback, settings: s.state.settings, faults: faults, at: s.wall(), nonce: newNonce()}
	r.stamp = r.at
	if r.settings.SameNonce {
		r.stamp, r.nonce = d.At, d.Nonce
	}
	return r, true
}

// push sends the request and says which key it was encrypted with.
func (s *Simulator) push(r run) (outcome, string) {
	p, err := newPush(r.account, r.callback, r.stamp, r.nonce, r.faults)
	if err != nil {
		return outcome{err: err}, ""
	}
	return s.client.send(s.life, time.Duration(r.settings.Timeout), r.settings.KeepAlive, p.request), p.key
}

// conclude writes down the attempt and what follows from it: a verdict, a reply or the notice on the screen, or the next attempt.
func (s *Simulator) conclude(d *delivery, r run, o outcome, key string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed || s.state.pending[d.ID] != d {
		return
	}
	account := s.state.accounts[d.AppID]
	a, reply := r.judge(o, key, account.lookup(s.now()))
	if r.has(faultLostAnswer) && (a.Verdict == Accepted || a.Verdict == Replied) {
		a.Verdict, a.Reason, reply = Lost, "the answer was lost on its way", nil
	}
	a.N = len(account.attempts) + 1
	c := change{Attempt: &a, Health: account.healthAfter(a.Verdict, r.settings, s.now())}
	again := false
	switch a.Verdict {
	case Accepted:
		c.Verdict = &progress{ID: d.ID, Verdict: Accepted}
	case Replied:
		c.Verdict = &progress{ID: d.ID, Verdict: Replied}
		c.Shown = s.passive(d, reply)
	case Malformed:
		c.Verdict, c.Shown = &progress{ID: d.ID, Verdict: Failed}, s.notice(d)
	default:
		again = true
		if d.Attempts >= r.settings.Attempts {
			c.Verdict, c.Shown, again = &progress{ID: d.ID, Verdict: Failed}, s.notice(d), false
		}
	}
	if err := s.commit(c); err != nil {
		s.log.Error("callback not recorded", slog.Int64("msg_id", d.ID), slog.Any("error", err))
		again = true
	}
	s.logAttempt(a)
	if again {
		s.nextAttempt(d, s.untilNext(r, o))
	}
}

// untilNext is the pause before the next attempt: none after a time-out, which was pause enough; else it starts when a time-out
// would have let it start (wechat-protocol 4.1: observed).
func (s *Simulator) untilNext(r run, o outcome) time.Duration {
	if o.timedOut {
		return 0
	}
	return max(0, time.Duration(r.settings.RetryAfter)-o.took)
}

// sendCopy makes an extra request of a duplicate: same MsgId, new timestamp and nonce. It is recorded and decides nothing; a reply
// to it is not shown again.
func (s *Simulator) sendCopy(r run) {
	r.nonce, r.faults, r.at = newNonce(), nil, s.wall()
	r.stamp = r.at
	o, key := s.push(r)
	s.mu.Lock()
	defer s.mu.Unlock()
	account, err := s.state.account(r.account.AppID)
	if err != nil || s.closed {
		return
	}
	a, _ := r.judge(o, key, account.lookup(s.now()))
	a.Copy = true
	a.N = len(account.attempts) + 1
	if err := s.commit(change{Attempt: &a}); err != nil {
		s.log.Error("callback not recorded", slog.String("msg_id", a.MsgID), slog.Any("error", err))
	}
	s.logAttempt(a)
}

// passive and notice give what the customer sees after a reply and after a failure. The caller holds mu.
func (s *Simulator) passive(d *delivery, reply *Reply) []shown {
	return s.answer(d, Item{From: FromAccount, Channel: ByPassive, Kind: reply.Kind, Text: reply.Text, Fields: reply.Fields, Picture: reply.Picture, Articles: reply.Articles})
}

func (s *Simulator) notice(d *delivery) []shown {
	if !d.Passive {
		return nil // nobody looks at the answer to a VIEW or an unsubscribe
	}
	return s.answer(d, Item{From: FromWeChat, Channel: ByNotice, Kind: "text", Text: faultNotice})
}

func (s *Simulator) answer(d *delivery, it Item) []shown {
	f, err := s.state.follower(d.AppID, d.OpenID)
	if err != nil {
		return nil
	}
	it.At, it.InReplyTo = s.wall(), strconv.FormatInt(d.ID, 10)
	return []shown{f.next(it)}
}

func (s *Simulator) logAttempt(a Attempt) {
	level := slog.LevelDebug
	if a.Verdict != Accepted && a.Verdict != Replied {
		level = slog.LevelWarn
	}
	s.log.Log(s.life, level, "callback attempted", slog.String("app_id", a.AppID), slog.String("msg_id", a.MsgID), slog.String("kind", a.Kind),
		slog.Int("attempt", a.Attempt), slog.Int("status", a.Status), slog.Int64("took_ms", a.TookMS), slog.String("verdict", string(a.Verdict)), slog.String("reason", a.Reason))
}

func newNonce() string { return random.Text(9, random.Digits) }
