package simulator

import (
	"log/slog"
	"strconv"
	"time"
)

// health is WeChat's opinion of an account's server: after many failures in a row it is marked as failed, and nothing is pushed
// for a while (wechat-protocol 4.1: the pause is documented, the threshold is not).
type health struct {
	AppID    string    `json:"app_id"`
	Failures int       `json:"failures"`       // requests in a row
	Until    time.Time `json:"until,omitzero"` // the end of the pause; simulator's clock
}

func (h health) silent(now time.Time) bool { return now.Before(h.Until) }

// healthAfter is the opinion after one more request, nil where it stays or nobody asked for one.
func (a *accountState) healthAfter(v Verdict, s Settings, now time.Time) *health {
	if s.MarkFailAfter == 0 {
		return nil
	}
	h := health{AppID: a.AppID, Failures: a.health.Failures + 1, Until: a.health.Until}
	if v == Accepted || v == Replied {
		h.Failures = 0
	}
	if h.Failures >= s.MarkFailAfter {
		h.Failures, h.Until = 0, now.Add(time.Duration(s.MarkFailPause))
	}
	return &h
}

// withhold ends a callback that falls into the pause: it is not pushed now and not later, which is the stricter reading. The
// caller holds mu.
func (s *Simulator) withhold(d *delivery, a *accountState) {
	at := Attempt{
		N: len(a.attempts) + 1, AppID: d.AppID, OpenID: d.OpenID, MsgID: strconv.FormatInt(d.ID, 10), Kind: d.Kind, Attempt: d.Attempts + 1,
		At: s.wall(), Verdict: Withheld, Reason: "the account's server is marked as failed",
	}
	c := change{Attempt: &at, Verdict: &progress{ID: d.ID, Verdict: Failed}, Shown: s.notice(d)}
	if err := s.commit(c); err != nil {
		s.log.Error("callback not concluded", slog.Int64("msg_id", d.ID), slog.Any("error", err))
		return
	}
	s.logAttempt(at)
}
