package telemetry

// Names of log fields. One fact has one name, so that a search finds it in every process.
const (
	FieldService = "service"  // always "wxdesk"
	FieldProcess = "process"  // api, worker, migrate …
	FieldTraceID = "trace_id" // 32 hex digits; people see it in problem documents
	FieldSpanID  = "span_id"  // 16 hex digits

	FieldAccount = "account_id"

	FieldReason   = "reason"   // stable kebab-case
	FieldCount    = "count"    // how many of what the line is about
	FieldDuration = "duration" // time.Duration
	FieldError    = "error"

	FieldRoute  = "route" // the pattern, never the path that was asked for
	FieldStatus = "status"
	FieldAddr   = "addr" // host:port
	FieldCheck  = "check"
	FieldLimit  = "limit"
)

const serviceName = "wxdesk"
