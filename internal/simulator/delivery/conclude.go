package delivery

import (
	"log/slog"
	"strconv"

	"wxdesk/internal/simulator/state"
)

// FaultNotice is what a customer sees when the account's server failed: the wording of today's clients (wechat-protocol 4.2).
const FaultNotice = "该公众号提供的服务出现故障，请稍后再试"

// conclude writes down the attempt and what follows from it: a verdict, a reply or the notice on the screen, or the next attempt.
func (c *Courier) conclude(p *state.Pending, a attempt, o outcome, key string) {
	c.store.Lock()
	defer c.store.Unlock()
	account, err := c.store.Account(p.AppID)
	if err != nil || c.store.Closed() || c.store.Pending(p.ID) != p {
		return
	}
	record, shown := a.judge(o, key, mediaOf(account, c.store.Now()))
	if a.has(state.FaultLostAnswer) && record.Verdict.Success() {
		record.Verdict, record.Reason = state.Lost, "the answer was lost on its way"
	}
	record.N = len(account.Attempts) + 1
	done := c.consequence(p, a, record.Verdict, shown)
	done.Attempt, done.Health = &record, account.HealthAfter(record.Verdict, a.settings, c.store.Now())
	if err = c.store.Commit(done); err != nil {
		c.log.Error("record of callback attempt failed", slog.Int64("msg_id", p.ID), slog.Any("error", err))
	}
	c.logAttempt(record)
	if err != nil || done.Verdict == nil {
		c.nextAttempt(p, a.untilNext(o))
	}
}

// consequence is the callback's verdict, and what the customer sees of it. There is none where another attempt follows.
func (c *Courier) consequence(p *state.Pending, a attempt, v state.Verdict, shown *reply) state.Change {
	switch {
	case v == state.Accepted:
		return state.Change{Verdict: &state.Progress{ID: p.ID, Verdict: v}}
	case v == state.Replied:
		return state.Change{Verdict: &state.Progress{ID: p.ID, Verdict: v}, Shown: c.passive(p, shown)}
	case v == state.Malformed, p.Attempts >= a.settings.Attempts:
		return state.Change{Verdict: &state.Progress{ID: p.ID, Verdict: state.Failed}, Shown: c.notice(p)}
	}
	return state.Change{}
}

// passive is what the customer sees of a reply. The caller holds the store's lock.
func (c *Courier) passive(p *state.Pending, r *reply) []state.Shown {
	return c.answer(p, state.Item{
		From: state.FromAccount, Channel: state.ByPassive,
		Kind: r.kind, Text: r.text, Fields: r.fields, Picture: r.picture, Articles: r.articles,
	})
}

// notice is what the customer sees of a failure. The caller holds the store's lock.
func (c *Courier) notice(p *state.Pending) []state.Shown {
	if !p.Passive {
		return nil // nobody looks at the answer to a VIEW or an unsubscribe
	}
	return c.answer(p, state.Item{From: state.FromWeChat, Channel: state.ByNotice, Kind: "text", Text: FaultNotice})
}

func (c *Courier) answer(p *state.Pending, it state.Item) []state.Shown {
	f, err := c.store.Follower(p.AppID, p.OpenID)
	if err != nil {
		return nil
	}
	it.At, it.InReplyTo = c.store.Wall(), strconv.FormatInt(p.ID, 10)
	return []state.Shown{f.Next(it)}
}

// withhold ends a callback that falls into the pause after many failures: it is not pushed now and not later, which is the stricter
// reading. The caller holds the store's lock.
func (c *Courier) withhold(p *state.Pending, a *state.AccountData) {
	record := state.Attempt{
		N: len(a.Attempts) + 1, AppID: p.AppID, OpenID: p.OpenID, MsgID: strconv.FormatInt(p.ID, 10), Kind: p.Kind, Attempt: p.Attempts + 1,
		At: c.store.Wall(), Verdict: state.Withheld, Reason: "the account's server is marked as failed",
	}
	done := state.Change{Attempt: &record, Verdict: &state.Progress{ID: p.ID, Verdict: state.Failed}, Shown: c.notice(p)}
	if err := c.store.Commit(done); err != nil {
		c.log.Error("record of callback end failed", slog.Int64("msg_id", p.ID), slog.Any("error", err))
		return
	}
	c.logAttempt(record)
}

func (c *Courier) logAttempt(a state.Attempt) {
	level := slog.LevelDebug
	if !a.Verdict.Success() {
		level = slog.LevelWarn
	}
	c.log.LogAttrs(c.store.Context(), level, "callback attempted",
		slog.String("app_id", a.AppID), slog.String("msg_id", a.MsgID), slog.String("kind", a.Kind), slog.Int("attempt", a.Attempt),
		slog.Int("status", a.Status), slog.Int64("took_ms", a.TookMS), slog.String("verdict", string(a.Verdict)), slog.String("reason", a.Reason))
}
