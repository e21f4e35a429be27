package telemetry

// OpsRoutes is the private listener without its listener.
var OpsRoutes = opsRoutes
