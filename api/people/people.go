package people

import (
	"time"

	"wxdesk/internal/telemetry"
)

// Limits of what signing in takes from this process. A hash needs 19 MiB and 20 ms of a core, and callbacks need the same database
// connections.
const (
	hashesAtOnce   = 2
	hashesWaiting  = 16
	lookupsAtOnce  = 4
	lookupsWaiting = 128
	waitWithin     = 2 * time.Second
)

// People has the handlers of this part of the API. It is safe for concurrent use.
type People struct {
	cfg     Config
	hashes  *places
	lookups *places // look-ups of names and links for callers who have not signed in
}

// New returns the handlers.
func New(cfg Config) *People {
	return &People{cfg: cfg, hashes: newPlaces(hashesAtOnce, hashesWaiting), lookups: newPlaces(lookupsAtOnce, lookupsWaiting)}
}

// Limits returns the limits that People keeps, and how much of each is used.
func (p *People) Limits() []telemetry.Limit {
	return []telemetry.Limit{
		{Name: "password-hashes", Used: p.hashes.used, Max: hashesAtOnce + hashesWaiting},
		{Name: "sign-in-lookups", Used: p.lookups.used, Max: lookupsAtOnce + lookupsWaiting},
	}
}
