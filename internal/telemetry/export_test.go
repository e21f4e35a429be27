package telemetry

import "net/http"

// OpsRoutes is the private listener without its listener.
func OpsRoutes(o OpsOptions) http.Handler { return opsRoutes(o, newReadiness(o.Checks, o.Log)) }
