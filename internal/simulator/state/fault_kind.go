package state

import "slices"

// FaultKind is a line of the table of faults.
type FaultKind struct {
	Name      string
	Side      Side
	Encrypted bool // only where callbacks are encrypted
}

// Side is where a fault happens.
type Side string

const (
	CallbackSide Side = "callback" // on the way to the account's server
	APISide      Side = "api"      // in the answer to a call of WeChat's API
)

// The kinds of faults. docs/simulator.md explains each.
const (
	FaultDuplicate            = "duplicate"
	FaultLostAnswer           = "lost_answer"
	FaultWrongSignature       = "wrong_signature"
	FaultMissingSignature     = "missing_signature"
	FaultWrongMsgSignature    = "wrong_msg_signature"
	FaultMissingMsgSignature  = "missing_msg_signature"
	FaultMissingOpenID        = "missing_openid"
	FaultTamperedEncrypt      = "tampered_encrypt"
	FaultPreviousKey          = "previous_key"
	FaultForeignAppID         = "foreign_app_id"
	FaultStaleTimestamp       = "stale_timestamp"
	FaultEarlyTimestamp       = "early_timestamp"
	FaultPadZero              = "pad_zero"
	FaultPad33                = "pad_33"
	FaultPadUneven            = "pad_uneven"
	FaultLongMsgLen           = "long_msg_len"
	FaultUnknownMsgType       = "unknown_msg_type"
	FaultUnknownEvent         = "unknown_event"
	FaultDoctype              = "doctype"
	FaultDoctypeEnvelope      = "doctype_envelope"
	FaultOversizedBody        = "oversized_body"
	FaultSlowBody             = "slow_body"
	FaultSameSecond           = "same_second"
	FaultErrcode              = "errcode"
	FaultHTTPStatus           = "http_status"
	FaultNonJSON              = "non_json"
	FaultSlow                 = "slow"
	FaultTimeoutAfterDelivery = "timeout_after_delivery"
)

// faultKinds is the table of faults. It is never changed while the program runs. How a callback's fault changes its request is
// another table, in the room delivery.
var faultKinds = []FaultKind{
	{Name: FaultDuplicate, Side: CallbackSide},
	{Name: FaultLostAnswer, Side: CallbackSide},
	{Name: FaultWrongSignature, Side: CallbackSide},
	{Name: FaultMissingSignature, Side: CallbackSide},
	{Name: FaultWrongMsgSignature, Side: CallbackSide, Encrypted: true},
	{Name: FaultMissingMsgSignature, Side: CallbackSide, Encrypted: true},
	{Name: FaultMissingOpenID, Side: CallbackSide},
	{Name: FaultTamperedEncrypt, Side: CallbackSide, Encrypted: true},
	{Name: FaultPreviousKey, Side: CallbackSide, Encrypted: true},
	{Name: FaultForeignAppID, Side: CallbackSide, Encrypted: true},
	{Name: FaultStaleTimestamp, Side: CallbackSide},
	{Name: FaultEarlyTimestamp, Side: CallbackSide},
	{Name: FaultPadZero, Side: CallbackSide, Encrypted: true},
	{Name: FaultPad33, Side: CallbackSide, Encrypted: true},
	{Name: FaultPadUneven, Side: CallbackSide, Encrypted: true},
	{Name: FaultLongMsgLen, Side: CallbackSide, Encrypted: true},
	{Name: FaultUnknownMsgType, Side: CallbackSide},
	{Name: FaultUnknownEvent, Side: CallbackSide},
	{Name: FaultDoctype, Side: CallbackSide},
	{Name: FaultDoctypeEnvelope, Side: CallbackSide, Encrypted: true},
	{Name: FaultOversizedBody, Side: CallbackSide},
	{Name: FaultSlowBody, Side: CallbackSide},
	{Name: FaultSameSecond, Side: CallbackSide},

	{Name: FaultErrcode, Side: APISide},
	{Name: FaultHTTPStatus, Side: APISide},
	{Name: FaultNonJSON, Side: APISide},
	{Name: FaultSlow, Side: APISide},
	{Name: FaultTimeoutAfterDelivery, Side: APISide},
}

// FaultNames returns the names of all kinds, in the order of the table.
func FaultNames() map[Side][]string {
	names := map[Side][]string{}
	for _, k := range faultKinds {
		names[k.Side] = append(names[k.Side], k.Name)
	}
	return names
}

func faultKindOf(name string) (FaultKind, bool) {
	i := slices.IndexFunc(faultKinds, func(k FaultKind) bool { return k.Name == name })
	if i < 0 {
		return FaultKind{}, false
	}
	return faultKinds[i], true
}
