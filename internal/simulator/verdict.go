package simulator

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

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
	Status  int       `json:"status"` // HTTP, 0 where no answer came
	Verdict Verdict   `json:"verdict"`
	Reason  string    `json:"reason,omitempty"`
}

// judge turns an outcome into the record of an attempt. The caller holds the simulator's mu, for the media store.
func (r run) judge(o outcome, key string, store mediaLookup) (Attempt, *Reply) {
	a := Attempt{
		AppID: r.callback.AppID, OpenID: r.callback.OpenID, MsgID: strconv.FormatInt(r.callback.ID, 10), Kind: r.callback.Kind,
		Attempt: r.callback.Attempts, At: r.at, TookMS: o.took.Milliseconds(), Status: o.status,
	}
	for _, f := range r.faults {
		a.Faults = append(a.Faults, f.Kind)
	}
	if o.err != nil {
		a.Verdict, a.Reason = Failed, o.err.Error()
		return a, nil
	}
	if o.status != 200 {
		a.Verdict, a.Reason = Failed, fmt.Sprintf("HTTP status %d", o.status)
		return a, nil
	}
	reply, err := r.expectation(key, store).judge(o.body)
	if err != nil {
		a.Verdict, a.Reason = Malformed, err.Error()
		return a, nil
	}
	switch {
	case reply == nil:
		a.Verdict = Accepted
	case !r.callback.Passive || reply.Kind == "transfer_customer_service" || reply.Kind == "transfer_biz_ai_ivr":
		a.Verdict, a.Reason, reply = Accepted, "a reply of which nothing is shown", nil
	default:
		a.Verdict = Replied
	}
	return a, reply
}

func (r run) expectation(key string, store mediaLookup) expectation {
	return expectation{
		media: store,
		mode:  r.account.Mode, token: r.account.Token, key: key, appID: r.account.AppID, originalID: r.account.OriginalID,
		openID: r.callback.OpenID, message: r.callback.Message, textLimit: r.settings.TextLimit,
	}
}

func (r run) has(kind string) bool {
	return slices.ContainsFunc(r.faults, func(f Fault) bool { return f.Kind == kind })
}

func (r run) duplicate() Fault {
	i := slices.IndexFunc(r.faults, func(f Fault) bool { return f.Kind == faultDuplicate })
	if i < 0 {
		return Fault{}
	}
	return r.faults[i]
}
