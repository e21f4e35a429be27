package delivery

import (
	"log/slog"
	"slices"
	"time"

	"wxdesk/internal/simulator/state"
)

// attempt is one request of a callback with all it needs, taken at its start.
type attempt struct {
	account  state.Account
	callback state.Callback
	settings state.Settings
	faults   []state.Fault
	at       time.Time
	nonce    string
	stamp    time.Time // of the query
}

// makeAttempt makes one request and draws the consequences.
func (c *Courier) makeAttempt(p *state.Pending) {
	a, ok := c.begin(p)
	if !ok {
		return
	}
	duplicate := a.duplicate()
	if duplicate.Concurrent {
		for range duplicate.Copies {
			c.work.Go(func() { c.sendCopy(a) })
		}
	}
	o, key := c.push(a)
	if c.store.Context().Err() != nil {
		return // broken off by Close; the next process goes on
	}
	c.conclude(p, a, o, key)
	if !duplicate.Concurrent {
		for range duplicate.Copies {
			c.sendCopy(a)
		}
	}
}

// begin notes the attempt before it is made, so that after a kill the next process does not make it again.
func (c *Courier) begin(p *state.Pending) (attempt, bool) {
	c.store.Lock()
	defer c.store.Unlock()
	account, err := c.store.Account(p.AppID)
	if err != nil || c.store.Pending(p.ID) != p {
		return attempt{}, false
	}
	if account.Health.Paused(c.store.Now()) {
		c.withhold(p, account)
		return attempt{}, false
	}
	faults, left := c.takeFaults(p, account.Account)
	started := state.Change{Started: &state.Progress{ID: p.ID, Attempt: p.Attempts + 1}, Faults: left}
	if err := c.store.Commit(started); err != nil {
		c.log.Error("record of callback start failed", slog.Int64("msg_id", p.ID), slog.Any("error", err))
		c.enqueue(p, time.Duration(c.store.Settings().RetryAfter))
		return attempt{}, false
	}
	return c.newAttempt(p, account.Account, faults), true
}

func (c *Courier) newAttempt(p *state.Pending, account state.Account, faults []state.Fault) attempt {
	now := c.store.Wall()
	a := attempt{account: account, callback: p.Callback, settings: c.store.Settings(), faults: faults, at: now, stamp: now, nonce: newNonce()}
	if a.settings.SameNonce {
		a.stamp, a.nonce = p.At, p.Nonce
	}
	return a
}

// push sends the request and says which key it was encrypted with.
func (c *Courier) push(a attempt) (outcome, string) {
	p, err := newPush(a)
	if err != nil {
		return outcome{err: err}, ""
	}
	return c.client.send(c.store.Context(), time.Duration(a.settings.Timeout), a.settings.KeepAlive, p.request), p.key
}

// sendCopy makes an extra request of a duplicate: same MsgId, new timestamp and nonce. It is recorded and decides nothing; a reply
// to it is not shown again.
func (c *Courier) sendCopy(a attempt) {
	a.nonce, a.faults, a.at = newNonce(), nil, c.store.Wall()
	a.stamp = a.at
	o, key := c.push(a)
	c.store.Lock()
	defer c.store.Unlock()
	account, err := c.store.Account(a.account.AppID)
	if err != nil || c.store.Closed() {
		return
	}
	record, _ := a.judge(o, key, mediaOf(account, c.store.Now()))
	record.Copy = true
	record.N = len(account.Attempts) + 1
	if err := c.store.Commit(state.Change{Attempt: &record}); err != nil {
		c.log.Error("record of callback copy failed", slog.String("msg_id", record.MsgID), slog.Any("error", err))
	}
	c.logAttempt(record)
}

// untilNext is the pause before the next attempt: none after a time-out, which was pause enough; else it starts when a time-out
// would have let it start (wechat-protocol 4.1: observed).
func (a attempt) untilNext(o outcome) time.Duration {
	if o.timedOut {
		return 0
	}
	return max(0, time.Duration(a.settings.RetryAfter)-o.took)
}

func (a attempt) has(kind string) bool {
	return slices.ContainsFunc(a.faults, func(f state.Fault) bool { return f.Kind == kind })
}

// duplicate is the fault that asks for copies of this request, or none.
func (a attempt) duplicate() state.Fault {
	i := slices.IndexFunc(a.faults, func(f state.Fault) bool { return f.Kind == state.FaultDuplicate })
	if i < 0 {
		return state.Fault{}
	}
	return a.faults[i]
}
