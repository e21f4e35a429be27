package callback

import (
	"time"

	"wxdesk/internal/telemetry"
)

// WeChat hangs up after 5 s and repeats. The endpoint answers within 4.6 s of a request's headers, whatever is stalled behind it. Its
// work gets 4.4 s of that (answerWithin). The other 0.2 s are to write the answer and for a busy machine. What is left of the 5 s is
// for the network.
const (
	answerWithin       = 4400 * time.Millisecond
	lookUpWithin       = time.Second
	keepWithin         = 2500 * time.Millisecond // then the spool
	maxCallback        = 256 << 10               // bytes (C20)
	staleAfter         = 10 * time.Minute        // between WeChat's timestamp and our clock (C06)
	atOncePerCustomer  = 4                       // callbacks of one conversation on their way at once,
	pausePerCustomer   = 80 * time.Millisecond   // and so fifty a second: Temporal ends no run that is signalled without a pause (R20)
	maxUnderWay        = 512                     // callbacks on their way at once; the surplus is told to come again (C28)
	smallCallback      = 16 << 10                // bytes; what people write fits, sealed; a body that is longer needs room
	largeCallbackBytes = 32 << 20                // for all of those together (R19)
)

// Limits are the limits that the endpoint keeps, and how much of each is used.
func (e *Endpoint) Limits() []telemetry.Limit {
	inUse := func(places chan struct{}) func() int64 { return func() int64 { return int64(len(places)) } }
	return []telemetry.Limit{
		{Name: "callbacks", Used: inUse(e.underWay), Max: maxUnderWay},
		{Name: "large-callback-bytes", Used: e.largeBodies.taken.Load, Max: largeCallbackBytes},
		{Name: "account-lookups", Used: inUse(e.accounts.lookUps), Max: maxLookUps},
		{Name: "new-account-lookups", Used: inUse(e.accounts.firstLookUps), Max: maxLookUps},
	}
}
