package rules

import (
	"strings"

	"cel.dev/cel-go/cel"
	"cel.dev/cel-go/interpreter"

	"wxdesk/internal/routing"
)

// Fact is something that a condition may ask for.
type Fact struct {
	Name    string
	Type    *cel.Type
	Meaning string
	Kinds   []routing.RulesetKind // of the rulesets whose conditions know it
}

var (
	routed   = []routing.RulesetKind{routing.Classification, routing.RouteToQueue}
	queued   = []routing.RulesetKind{routing.Prioritisation, routing.Assignment}
	assigned = []routing.RulesetKind{routing.Assignment}
	always   = append(append([]routing.RulesetKind{}, routed...), queued...)

	values  = cel.MapType(cel.StringType, cel.DynType)
	ratings = cel.MapType(cel.StringType, cel.IntType)
)

// Facts lists them all.
func Facts() []Fact {
	return []Fact{
		{"customer.language", cel.StringType, "BCP 47 tag of the account's language", routed},
		{"customer.tags", cel.ListType(cel.StringType), "how people have tagged the customer", routed},
		{"customer.following", cel.BoolType, "whether the customer follows the account", routed},
		{"customer.first_contact", cel.BoolType, "whether the customer has had no conversation before this one", routed},
		{"message.text", cel.StringType, "what the customer wrote, or an event's key", routed},
		{"message.kind", cel.StringType, "WeChat's MsgType, or the event's name", routed},
		{"message.length", cel.IntType, "of the text, in characters", routed},
		{"event.kind", cel.StringType, "the customer's latest event in this conversation: subscribe, SCAN, CLICK, …; empty where there was none", routed},
		{"event.scene", cel.StringType, "of the QR code that the customer scanned", routed},
		{"event.menu_key", cel.StringType, "of the menu item that the customer tapped", routed},
		{"event.source", cel.StringType, "qr-code, menu, follow, or empty", routed},
		{"context", values, "context variables, by name: texts and whole numbers", routed},
		{"account.id", cel.StringType, "the account's id here", routed},
		{"account.name", cel.StringType, "its name", routed},
		{"account.kind", cel.StringType, "service, subscription or sandbox", routed},
		{"account.language", cel.StringType, "BCP 47 tag", routed},
		{"time.hour", cel.IntType, "0 to 23, in the account's time zone", routed},
		{"time.minute", cel.IntType, "0 to 59", routed},
		{"time.weekday", cel.IntType, "0 is Sunday", routed},
		{"time.date", cel.StringType, "such as 2026-11-21", routed},
		{"escalation.reason", cel.StringType, "why people are needed: the bot's words, or bot-escalated, bot-failed, no-bot; empty while they are not", routed},
		{"escalation.summary", cel.StringType, "the bot's summary of the conversation", routed},
		{"escalation.by_bot", cel.BoolType, "whether the bot asked for people", routed},
		{"item.priority", cel.IntType, "smaller goes first; 100 unless a rule set it", always},
		{"item.skills", ratings, "needed skills so far: id to rating", always},
		{"item.attributes", values, "what classification has set: texts and whole numbers", always},
		{"item.waited_seconds", cel.IntType, "since the customer's last message before the wait", queued},
		{"item.queue", cel.StringType, "the queue's name", queued},
		{"agent.presence", cel.StringType, "available, busy, dnd, away, inactive", assigned},
		{"agent.free_units", cel.IntType, "of the agent's capacity", assigned},
		{"agent.sessions", cel.IntType, "conversations that the agent has, without those put aside", assigned},
		{"agent.working", cel.BoolType, "whether it is within the agent's own operating hours, or the agent has none", assigned},
		{"agent.skills", ratings, "id to rating", assigned},
		{"agent.attributes", cel.MapType(cel.StringType, cel.StringType), "as an administrator has set them", assigned},
	}
}

// known finds facts in their maps: "customer.language" is "language" of "customer".
type known struct{ routing.Facts }

// ResolveName implements interpreter.Activation.
func (k known) ResolveName(name string) (any, bool) {
	room, field, nested := strings.Cut(name, ".")
	value, ok := k.Facts[room]
	if !nested || !ok {
		return value, ok
	}
	fields, ok := value.(map[string]any)
	if !ok {
		return nil, false
	}
	value, ok = fields[field]
	return value, ok
}

// Parent implements interpreter.Activation.
func (known) Parent() interpreter.Activation { return nil }
