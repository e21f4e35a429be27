package routing

import (
	"encoding/json"
	"time"
)

// TraceStep is one step of how a conversation was routed and distributed.
type TraceStep struct {
	Number int64           // sorts the steps of a tenant
	Stage  string          // route, overflow, distribution, command
	Body   json.RawMessage // routing.Trace or routing.MatchTrace: ids and reasons
	At     time.Time
}
