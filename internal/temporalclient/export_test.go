package temporalclient

import "go.temporal.io/sdk/client"

// Remember is remember, for tests.
func Remember(h client.MetricsHandler) client.MetricsHandler { return remember(h) }

// OpenRuns is openRuns, for tests.
type OpenRuns struct{ openRuns }

// MaxRecent is maxRecent.
const MaxRecent = maxRecent

// Of, Add and Forget are those of openRuns.
func (o *OpenRuns) Of(id string) string { return o.of(id) }
func (o *OpenRuns) Add(id, run string)  { o.add(id, run) }
func (o *OpenRuns) Forget(id string)    { o.forget(id) }
