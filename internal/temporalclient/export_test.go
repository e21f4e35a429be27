package temporalclient

import "go.temporal.io/sdk/client"

// Remember is remember, for tests.
func Remember(h client.MetricsHandler) client.MetricsHandler { return remember(h) }

// OpenRuns is openRuns, for tests.
type OpenRuns struct{ openRuns }

// MaxRecent is maxRecent.
const MaxRecent = maxRecent

// Has, Add and Forget are those of openRuns.
func (o *OpenRuns) Has(id string) bool { return o.has(id) }
func (o *OpenRuns) Add(id string)      { o.add(id) }
func (o *OpenRuns) Forget(id string)   { o.forget(id) }
