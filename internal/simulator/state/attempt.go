package state

import "time"

// Verdict is WeChat's view of a callback, or of one attempt.
type Verdict string

const (
	Accepted  Verdict = "accepted"  // success or an empty body
	Replied   Verdict = "replied"   // a passive reply that the customer saw
	Failed    Verdict = "failed"    // no valid answer; the last attempt's, or a malformed one
	Malformed Verdict = "malformed" // of an attempt: a 200 that is neither
	Lost      Verdict = "lost"      // of an attempt: accepted, but counted as failed by a fault
	Withheld  Verdict = "withheld"  // of an attempt: not made, because the account's server is marked as failed
)

// Success reports whether the account's server has done its part.
func (v Verdict) Success() bool { return v == Accepted || v == Replied }

// Attempt is one request to an account's server.
type Attempt struct {
	N       int       `json:"n"` // position in the account's list, from 1
	AppID   string    `json:"app_id"`
	OpenID  string    `json:"openid"`
	MsgID   string    `json:"msg_id"`
	Kind    string    `json:"kind"`
	Attempt int       `json:"attempt"` // 1 is the first
	Copy    bool      `json:"copy"`    // a duplicate that a fault asked for; decides nothing
	Faults  []string  `json:"faults,omitempty"`
	At      time.Time `json:"at"` // its start
	TookMS  int64     `json:"took_ms"`
	Status  int       `json:"status"` // HTTP, 0 if no answer came
	Verdict Verdict   `json:"verdict"`
	Reason  string    `json:"reason,omitempty"`
}

// Health is WeChat's opinion of an account's server: after many failures in a row it is marked as failed, and nothing is pushed
// for a while (wechat-protocol 4.1: the pause is documented, the threshold is not).
type Health struct {
	AppID    string    `json:"app_id"`
	Failures int       `json:"failures"`       // requests in a row
	Until    time.Time `json:"until,omitzero"` // the end of the pause; simulator's clock
}

// Paused reports whether nothing is pushed now.
func (h Health) Paused(now time.Time) bool { return now.Before(h.Until) }

// HealthAfter returns the opinion after one more request, nil if it stays or the settings ask for none.
func (a *AccountData) HealthAfter(v Verdict, s Settings, now time.Time) *Health {
	if s.MarkFailAfter == 0 {
		return nil
	}
	h := Health{AppID: a.AppID, Failures: a.Health.Failures + 1, Until: a.Health.Until}
	if v.Success() {
		h.Failures = 0
	}
	if h.Failures >= s.MarkFailAfter {
		h.Failures, h.Until = 0, now.Add(time.Duration(s.MarkFailPause))
	}
	return &h
}
