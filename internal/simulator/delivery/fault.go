package delivery

import (
	"time"

	"wxdesk/internal/simulator/random"
	"wxdesk/internal/simulator/state"
)

// distortion is how a fault changes a callback's request. A kind without one is known to the courier itself.
type distortion struct {
	forge func(*push)                              // before encryption and signature: a sound callback that says something wrong
	spoil func(*push, state.Fault)                 // after them: a callback spoilt on the way
	fits  func(state.Account, state.Callback) bool // further condition
}

// staleBy is how far the timestamp of a stale callback is behind, and that of an early one ahead.
const staleBy = time.Hour

// changed returns a distortion that changes one parameter of the query.
func changed(name string, change func(string) string) func(*push, state.Fault) {
	return func(p *push, _ state.Fault) { p.query.Set(name, change(p.query.Get(name))) }
}

// without returns a distortion that removes one parameter from the query.
func without(name string) func(*push, state.Fault) {
	return func(p *push, _ state.Fault) { p.query.Del(name) }
}

// distortions is never changed while the program runs.
var distortions = map[string]distortion{
	state.FaultWrongSignature:      {spoil: changed("signature", flipLast)},
	state.FaultMissingSignature:    {spoil: without("signature")},
	state.FaultWrongMsgSignature:   {spoil: changed("msg_signature", flipLast)},
	state.FaultMissingMsgSignature: {spoil: without("msg_signature")},
	state.FaultMissingOpenID:       {spoil: without("openid")},
	state.FaultTamperedEncrypt:     {spoil: func(p *push, _ state.Fault) { p.encrypt = flipFirst(p.encrypt) }},
	state.FaultPreviousKey: {
		forge: func(p *push) { p.key = p.account.PreviousAESKey },
		fits:  func(a state.Account, _ state.Callback) bool { return a.PreviousAESKey != "" },
	},
	state.FaultForeignAppID:    {forge: func(p *push) { p.frameAppID = "wx" + random.Text(16, random.HexDigits) }},
	state.FaultStaleTimestamp:  {forge: func(p *push) { p.at = p.at.Add(-staleBy) }},
	state.FaultEarlyTimestamp:  {forge: func(p *push) { p.at = p.at.Add(staleBy) }},
	state.FaultPadZero:         {forge: padded(16, func(int) byte { return 0 })},
	state.FaultPad33:           {forge: padded(33, func(int) byte { return 33 })},
	state.FaultPadUneven:       {forge: padded(16, func(i int) byte { return byte(min(15+i, 16)) })},
	state.FaultLongMsgLen:      {forge: overlong},
	state.FaultUnknownMsgType:  {forge: retyped("MsgType"), fits: func(_ state.Account, c state.Callback) bool { return c.Message }},
	state.FaultUnknownEvent:    {forge: retyped("Event"), fits: func(_ state.Account, c state.Callback) bool { return !c.Message }},
	state.FaultDoctype:         {forge: func(p *push) { p.document = doctype + p.document }},
	state.FaultDoctypeEnvelope: {spoil: func(p *push, _ state.Fault) { p.before = doctype }},
	state.FaultOversizedBody:   {spoil: func(p *push, f state.Fault) { p.filler = f.Size }},
	state.FaultSlowBody:        {spoil: func(p *push, f state.Fault) { p.lasts = time.Duration(f.Delay) }},
}

// takeFaults uses up what applies to the next request of a callback. The caller holds the store's lock and commits the list.
func (c *Courier) takeFaults(p *state.Pending, a state.Account) (taken []state.Fault, left *[]state.Fault) {
	return c.store.TakeFaults(func(k state.FaultKind, f state.Fault) bool {
		fits := distortions[k.Name].fits
		return k.Side == state.CallbackSide && k.Name != state.FaultSameSecond && f.Concerns(p.AppID, p.OpenID, "") &&
			(!k.Encrypted || a.Mode.Encrypted()) && (fits == nil || fits(a, p.Callback))
	})
}

// createTime is the CreateTime of what a customer does now: with the fault, that of what the same customer did before. The caller
// holds the store's lock and commits the list of faults.
func (c *Courier) createTime(f state.Follower) (time.Time, *[]state.Fault) {
	taken, left := c.store.TakeFaults(func(k state.FaultKind, fault state.Fault) bool {
		return k.Name == state.FaultSameSecond && fault.Concerns(f.AppID, f.OpenID, "") && !f.LastTold.IsZero()
	})
	if taken == nil {
		return c.store.Wall(), nil
	}
	return f.LastTold, left
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
