package simulator

import (
	"fmt"
	"slices"
	"time"

	"wxdesk/internal/simulator/random"
)

// Fault is a fault waiting to happen: one line of the table below, where it applies and how often.
type Fault struct {
	ID         int      `json:"id"`
	Kind       string   `json:"kind"`
	AppID      string   `json:"app_id,omitempty"`     // only this account
	OpenID     string   `json:"openid,omitempty"`     // only callbacks of this customer
	Path       string   `json:"path,omitempty"`       // only this API, such as /cgi-bin/message/custom/send
	Count      int      `json:"count"`                // how many more times; 1 by default
	Used       int      `json:"used"`                 // how often it has happened
	Copies     int      `json:"copies,omitempty"`     // duplicate: extra requests, 1 by default
	Concurrent bool     `json:"concurrent,omitempty"` // duplicate: all at the same time, not after the answer
	Code       int      `json:"errcode,omitempty"`    // errcode: the number
	Body       string   `json:"body,omitempty"`       // non_json: the body
	Status     int      `json:"status,omitempty"`     // http_status: the number, 502 by default
	Delay      Duration `json:"delay,omitempty"`      // slow, slow_body: how long; timeout_after_delivery: until the connection is cut, 30s by default
	Size       int      `json:"size,omitempty"`       // oversized_body: bytes more than it would have, 2 MiB by default
	Deliver    bool     `json:"deliver,omitempty"`    // errcode, http_status, non_json: the call is carried out all the same
}

// faultKind is a line of the table of faults: exactly one of the functions, or a name that the sender or the API knows.
type faultKind struct {
	name      string
	side      side
	encrypted bool                         // only where callbacks are encrypted
	forge     func(*push)                  // before encryption and signature: a sound callback that says something wrong
	spoil     func(*push)                  // after them: a callback spoilt on the way
	fits      func(Account, callback) bool // further condition
}

type side string

const (
	callbackSide side = "callback"
	apiSide      side = "api"
)

// Faults that are more than a changed request.
const (
	faultDuplicate            = "duplicate"
	faultLostAnswer           = "lost_answer"
	faultSameSecond           = "same_second"
	faultOversizedBody        = "oversized_body"
	faultSlowBody             = "slow_body"
	faultErrcode              = "errcode"
	faultHTTPStatus           = "http_status"
	faultNonJSON              = "non_json"
	faultSlow                 = "slow"
	faultTimeoutAfterDelivery = "timeout_after_delivery"
)

// staleBy is how far the timestamp of a stale callback is behind, and that of an early one ahead.
const staleBy = time.Hour

// faultKinds is the table of faults; docs/simulator.md explains each. It is never changed while the program runs.
var faultKinds = []faultKind{
	{name: faultDuplicate, side: callbackSide},
	{name: faultLostAnswer, side: callbackSide},
	{name: "wrong_signature", side: callbackSide, spoil: func(p *push) { p.query.Set("signature", flipLast(p.query.Get("signature"))) }},
	{name: "missing_signature", side: callbackSide, spoil: func(p *push) { p.query.Del("signature") }},
	{name: "wrong_msg_signature", side: callbackSide, encrypted: true, spoil: func(p *push) { p.query.Set("msg_signature", flipLast(p.query.Get("msg_signature"))) }},
	{name: "missing_msg_signature", side: callbackSide, encrypted: true, spoil: func(p *push) { p.query.Del("msg_signature") }},
	{name: "missing_openid", side: callbackSide, spoil: func(p *push) { p.query.Del("openid") }},
	{name: "tampered_encrypt", side: callbackSide, encrypted: true, spoil: func(p *push) { p.encrypt = flipFirst(p.encrypt) }},
	{
		name: "previous_key", side: callbackSide, encrypted: true, forge: func(p *push) { p.key = p.account.PreviousAESKey },
		fits: func(a Account, _ callback) bool { return a.PreviousAESKey != "" },
	},
	{name: "foreign_app_id", side: callbackSide, encrypted: true, forge: func(p *push) { p.frameAppID = "wx" + random.Text(16, random.HexDigits) }},
	{name: "stale_timestamp", side: callbackSide, forge: func(p *push) { p.at = p.at.Add(-staleBy) }},
	{name: "early_timestamp", side: callbackSide, forge: func(p *push) { p.at = p.at.Add(staleBy) }},
	{name: "pad_zero", side: callbackSide, encrypted: true, forge: padded(16, func(int) byte { return 0 })},
	{name: "pad_33", side: callbackSide, encrypted: true, forge: padded(33, func(int) byte { return 33 })},
	{name: "pad_uneven", side: callbackSide, encrypted: true, forge: padded(16, func(i int) byte { return byte(min(15+i, 16)) })},
	{name: "long_msg_len", side: callbackSide, encrypted: true, forge: overlong},
	{name: "unknown_msg_type", side: callbackSide, forge: retyped("MsgType"), fits: func(_ Account, c callback) bool { return c.Message }},
	{name: "unknown_event", side: callbackSide, forge: retyped("Event"), fits: func(_ Account, c callback) bool { return !c.Message }},
	{name: "doctype", side: callbackSide, forge: func(p *push) { p.document = doctype + p.document }},
	{name: "doctype_envelope", side: callbackSide, encrypted: true, spoil: func(p *push) { p.before = doctype }},
	{name: faultOversizedBody, side: callbackSide},
	{name: faultSlowBody, side: callbackSide},
	{name: faultSameSecond, side: callbackSide},

	{name: faultErrcode, side: apiSide},
	{name: faultHTTPStatus, side: apiSide},
	{name: faultNonJSON, side: apiSide},
	{name: faultSlow, side: apiSide},
	{name: faultTimeoutAfterDelivery, side: apiSide},
}

func faultKindOf(name string) (faultKind, bool) {
	i := slices.IndexFunc(faultKinds, func(k faultKind) bool { return k.name == name })
	if i < 0 {
		return faultKind{}, false
	}
	return faultKinds[i], true
}

// takeFaults uses up what applies to one request: of each kind the oldest fault, for the API only one in all. The caller holds mu
// and gets the list to commit, nil where nothing was used.
func (s *Simulator) takeFaults(applies func(faultKind, Fault) bool) (taken []Fault, left *[]Fault) {
	list := slices.Clone(s.state.faults)
	for i, f := range list {
		kind, ok := faultKindOf(f.Kind)
		if !ok || f.Count == 0 || !applies(kind, f) || slices.ContainsFunc(taken, func(t Fault) bool { return t.Kind == f.Kind }) {
			continue
		}
		list[i].Count--
		list[i].Used++
		taken = append(taken, f)
		if kind.side == apiSide {
			break
		}
	}
	if taken == nil {
		return nil, nil
	}
	return taken, &list
}

// callbackFaults gives what applies to the next request of a callback.
func (s *Simulator) callbackFaults(d *delivery, a Account) ([]Fault, *[]Fault) {
	return s.takeFaults(func(k faultKind, f Fault) bool {
		return k.side == callbackSide && k.name != faultSameSecond && matches(f.AppID, d.AppID) && matches(f.OpenID, d.OpenID) &&
			(!k.encrypted || a.Mode.encrypted()) && (k.fits == nil || k.fits(a, d.callback))
	})
}

// createdAt gives the CreateTime of what a customer does now: with the fault, that of what the same customer did before.
func (s *Simulator) createdAt(f Follower) (time.Time, *[]Fault) {
	taken, left := s.takeFaults(func(k faultKind, fault Fault) bool {
		return k.name == faultSameSecond && matches(fault.AppID, f.AppID) && matches(fault.OpenID, f.OpenID) && !f.LastTold.IsZero()
	})
	if taken == nil {
		return s.wall(), nil
	}
	return f.LastTold, left
}

// apiFault gives the one fault, if any, that applies to a call.
func (s *Simulator) apiFault(path, appID string) (Fault, *[]Fault) {
	taken, left := s.takeFaults(func(k faultKind, f Fault) bool {
		return k.side == apiSide && matches(f.AppID, appID) && matches(f.Path, path)
	})
	if taken == nil {
		return Fault{}, nil
	}
	return taken[0], left
}

func matches(wanted, have string) bool { return wanted == "" || wanted == have }

// prepared checks a fault that somebody asks for and fills what was left out.
func (f Fault) prepared() (Fault, error) {
	kind, ok := faultKindOf(f.Kind)
	if !ok {
		return f, fmt.Errorf("kind %q is not in the table of faults", f.Kind)
	}
	if f.Used != 0 || f.ID != 0 {
		return f, fmt.Errorf("id and used are given by the simulator")
	}
	if f.Count == 0 {
		f.Count = 1
	}
	if f.Count < 0 || f.Copies < 0 || f.Copies > 100 || f.Delay < 0 || f.Size < 0 || f.Size > maxFiller {
		return f, fmt.Errorf("count, copies (at most 100), delay and size (at most %d) must not be negative", maxFiller)
	}
	if kind.side == callbackSide && f.Path != "" || kind.side == apiSide && f.OpenID != "" {
		return f, fmt.Errorf("path narrows faults of the API, openid those of callbacks")
	}
	switch f.Kind {
	case faultDuplicate:
		f.Copies = max(f.Copies, 1)
	case faultOversizedBody:
		if f.Size == 0 {
			f.Size = 2 << 20
		}
	case faultSlowBody:
		if f.Delay == 0 {
			f.Delay = Duration(30 * time.Second)
		}
	case faultErrcode:
		if f.Code == 0 {
			return f, fmt.Errorf("errcode must be given")
		}
	case faultHTTPStatus:
		if f.Status == 0 {
			f.Status = 502
		}
		if f.Status < 200 || f.Status > 599 {
			return f, fmt.Errorf("status is 200 to 599")
		}
	case faultNonJSON:
		f.Body = or(f.Body, "<html><body>upstream error</body></html>")
	case faultSlow:
		if f.Delay == 0 {
			return f, fmt.Errorf("slow needs a delay")
		}
	case faultTimeoutAfterDelivery:
		if f.Delay == 0 {
			f.Delay = Duration(30 * time.Second)
		}
	}
	return f, nil
}

// flipLast and flipFirst change one character and keep the shape.
func flipLast(text string) string {
	if text == "" {
		return text
	}
	return text[:len(text)-1] + other(text[len(text)-1])
}

func flipFirst(text string) string {
	if text == "" {
		return text
	}
	return other(text[0]) + text[1:]
}

func other(c byte) string {
	if c == '0' {
		return "1"
	}
	return "0"
}
