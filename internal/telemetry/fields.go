package telemetry

// Names of log fields. One fact has one name, so that a search finds it in every process.
const (
	FieldService = "service"  // always "wxdesk"
	FieldProcess = "process"  // api, worker, migrate …
	FieldTraceID = "trace_id" // 32 hex digits; people see it in problem documents
	FieldSpanID  = "span_id"  // 16 hex digits

	FieldTenant       = "tenant"
	FieldAccount      = "account_id"
	FieldConversation = "conversation_id"
	FieldMessage      = "message_id"
	FieldDelivery     = "delivery_id" // of one callback
	FieldWorkflow     = "workflow_id"
	FieldRun          = "run_id"
	FieldQueue        = "queue_id" // of the contact centre
	FieldAgent        = "agent_id"
	FieldKind         = "kind" // WeChat's MsgType, or the event's name

	FieldReason   = "reason"   // stable kebab-case
	FieldErrCode  = "errcode"  // WeChat's
	FieldAttempt  = "attempt"  // counted from 1
	FieldCount    = "count"    // how many of what the line is about
	FieldDuration = "duration" // time.Duration
	FieldError    = "error"

	FieldMethod = "method"
	FieldRoute  = "route" // the pattern, never the path that was asked for
	FieldStatus = "status"
	FieldAddr   = "addr" // host:port
	FieldCheck  = "check"
	FieldLimit  = "limit"
)

const serviceName = "wxdesk"
