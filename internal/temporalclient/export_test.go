package temporalclient

import "go.temporal.io/sdk/client"

// Remember is remember, for tests.
func Remember(h client.MetricsHandler) client.MetricsHandler { return remember(h) }
