// Package telemetry is how a process says what it does: log lines, traces, metrics, and the private listener on which
// operators ask for them.
//
// It promises three things. Nothing leaves the machine unless OTEL_EXPORTER_OTLP_ENDPOINT is set. Log lines carry the
// trace they belong to, under field names that are the same everywhere (fields.go). A question to the private listener
// is answered within two seconds, whatever hangs behind it.
//
// The caller chooses what is logged or measured. The caller must never log what a customer wrote, an openid or a secret (package
// secret redacts itself), and must put nothing into metric labels that grows with the number of customers.
package telemetry
