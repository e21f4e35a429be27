package archtest

import (
	"slices"
	"strings"
)

// Unbound returns the packages that assemble everything and may import everything.
func Unbound() []string { return []string{".", "internal/cli/..."} }

// Rules returns the table of who may import whom, and why. Every package needs a row with Ours.
func Rules() []Rule {
	language := []string{"internal/wechat", "internal/secret"}
	words := append([]string{"internal/conversation"}, language...)
	subjects := []string{ // pure, one package for each subject that the words are used for
		"internal/account", "internal/access", "internal/bot", "internal/callback", "internal/command", "internal/delivery", "internal/feed",
		"internal/notice",
	}
	domain := slices.Concat(words, subjects, []string{"internal/routing"})
	reporting := slices.Concat(domain, []string{"internal/telemetry", "internal/listener"}) // which telemetry listens by
	const roomsApart = "callback, desk, events, admin and people share package web and nothing else, so that each can be read and changed without the others"
	and := func(more []string, rooms ...string) Limit { return only(slices.Concat(more, rooms)...) }
	simulated := func(rooms ...string) Limit {
		for i, room := range rooms {
			rooms[i] = "internal/simulator/" + room
		}
		return only(rooms...)
	}
	ledgerRooms := []string{
		"internal/postgres",
		"internal/postgres/sealing",
		"internal/postgres/notify",
		"internal/postgres/audit",
		"internal/postgres/permits",
		"internal/postgres/resource",
		"internal/postgres/capacity",
		"internal/postgres/presence",
		"internal/postgres/setup",
		"internal/postgres/accounts",
		"internal/postgres/tokens",
		"internal/postgres/users",
		"internal/postgres/intake",
		"internal/postgres/standing",
		"internal/postgres/view",
		"internal/postgres/transcript",
		"internal/postgres/decision",
		"internal/postgres/act",
		"internal/postgres/distribution",
		"internal/postgres/agents",
		"internal/postgres/upkeep",
	}
	ledger := func(room, because string, rooms ...string) Rule {
		this := strings.TrimSuffix("internal/postgres/"+room, "/")
		below := []string{"internal/postgres", this}
		for _, r := range rooms {
			below = append(below, "internal/postgres/"+r)
		}
		return Rule{
			Rooms:   []string{this},
			Ours:    never(slices.DeleteFunc(slices.Clone(ledgerRooms), func(r string) bool { return slices.Contains(below, r) })...),
			Because: because,
		}
	}
	return []Rule{
		// The rule book and the platform's language.
		{
			Rooms: []string{"internal/conversation/..."}, Ours: only(),
			Because: "every package of the domain uses its words, so it may depend on none of them",
		},
		{
			Rooms: []string{"internal/routing/..."}, Ours: and(words),
			Because: "routing knows the words of conversations and nothing else of ours, so that it can be tested alone",
		},
		{
			Rooms: []string{"internal/account/..."}, Ours: and(words),
			Because: "an account is there before any callback, bot or command is",
		},
		{
			Rooms: []string{"internal/access/...", "internal/notice/..."}, Ours: only("internal/conversation"),
			Because: "who asks, and what automated messages say, depends on no other subject",
		},
		{ // not what stands below it
			Rooms: []string{"internal/bot"}, Ours: and(words),
			Because: "questions and answers are the same for every connector, so they may depend on none",
		},
		{
			Rooms: []string{"internal/callback/..."}, Ours: and(words, "internal/bot"),
			Because: "what Receive answers names the account's bot; a callback knows no other subject",
		},
		{
			Rooms: []string{"internal/command/..."}, Ours: only("internal/conversation", "internal/access"),
			Because: "a command is what a principal asks of a conversation",
		},
		{
			Rooms: []string{"internal/feed/..."}, Ours: only("internal/conversation", "internal/access"),
			Because: "the feed tells viewers of conversations; who writes it, and who streams it, is above it",
		},
		{
			Rooms: []string{"internal/delivery/..."}, Ours: and(words, "internal/account"),
			Because: "an attempt to send needs the account and the message, whoever wrote it",
		},
		{
			Rooms: []string{"internal/reconcile/..."}, Ours: only("internal/conversation"),
			Because: "it compares two lists; internal/cli reads them",
		},
		{
			Rooms: []string{"internal/lifecycle"}, Ours: and(domain),
			Because: "the rules of a conversation's life use the types of the domain; storing and waiting are done by the callers",
		},
		{
			Rooms: []string{"internal/user"}, Ours: only("internal/conversation", "internal/access"),
			Because: "who may sign in, and how, is decided by rules alone, so that they can be tested alone",
		},
		{
			Rooms: []string{"internal/wechat"}, Ours: only("internal/secret"),
			Because: "every package may use the platform's language, so it may depend on none of them",
		},
		{
			Rooms: []string{"internal/secret/..."}, Ours: only(),
			Because: "code that handles secrets depends on nothing of ours",
		},
		{
			Rooms: slices.Concat(
				[]string{"internal/conversation/...", "internal/routing/...", "internal/lifecycle/...", "internal/reconcile/...", "internal/user/..."}, subjects,
			),
			Outside: only(
				"bytes", "cmp", "crypto/aes", "crypto/cipher", "crypto/hkdf", "crypto/hmac", "crypto/sha1", "crypto/sha256",
				"crypto/subtle", "encoding/base64", "encoding/binary", "encoding/hex", "encoding/json", "encoding/xml", "errors",
				"fmt", "iter", "maps", "math", "slices", "strconv", "strings", "sync", "time", "unicode", "unicode/utf8",
			),
			Except: []string{
				"internal/wechat net/url",                     // reads query strings
				"internal/wechat crypto/rand",                 // nonces
				"internal/secret crypto/rand",                 // nonces and keys
				"internal/secret log/slog",                    // the interface LogValuer
				"internal/bot golang.org/x/text/cases",        // phrases are compared folded;
				"internal/bot golang.org/x/text/unicode/norm", // tables, no I/O
				"internal/user golang.org/x/text/cases",       // names and passwords too
				"internal/user golang.org/x/text/unicode/norm",
			},
			Because: "the rule book is pure: no I/O, and time comes in as an argument",
		},

		// Durable code and what it calls.
		{
			Rooms: []string{"workflows/..."}, Ours: and(domain, "activities"),
			Because: "a workflow decides, waits and remembers; it uses only the names and inputs of activities",
		},
		{
			Rooms:   []string{"workflows/..."},
			Outside: never("net/...", "os/...", "syscall", "database/sql/...", "log/...", "go.temporal.io/sdk/client"),
			Except:  []string{"internal/wechat net/url", "internal/secret log/slog"},
			Because: "workflow code is replayed, and must neither touch the world nor log past the replay-safe logger",
		},
		{
			Rooms: []string{"activities/..."}, Ours: and(domain, "internal/rules"),
			Because: "activities reach the world through their interfaces (ports.go), and workflows call activities, not the other way round",
		},
		{
			Rooms: []string{"worker/..."}, Ours: and(domain, "internal/rules", "workflows", "activities"),
			Because: "the worker lists what a process performs; internal/cli assembles it with adapters",
		},

		// What is served on the public listener.
		{
			Rooms: []string{"api/..."}, Ours: and(reporting, "internal/rules", "internal/user", "internal/secret/password"),
			Because: "the API reaches the world through its interfaces; it knows neither workflows nor adapters, so that either can be replaced",
		},
		{
			Rooms: []string{"api/..."}, Outside: never("go.temporal.io/...", "database/sql/...", "github.com/lib/pq/...", "github.com/jmoiron/sqlx/..."),
			Because: "the API knows neither Temporal nor Postgres",
		},
		{
			Rooms: []string{"api/web/..."}, Ours: and(reporting),
			Because: "the other rooms of the API stand on it, so it may know none of them",
		},
		{ // a row for each, as the rooms of one row may know each other
			Rooms: []string{"api/callback/..."}, Ours: and(reporting, "api/web"), Because: roomsApart,
		},
		{
			Rooms: []string{"api/desk/..."}, Ours: and(reporting, "api/web"), Because: roomsApart,
		},
		{
			Rooms: []string{"api/events/..."}, Ours: and(reporting, "api/web"), Because: roomsApart,
		},
		{
			Rooms: []string{"api/admin/..."}, Ours: and(reporting, "internal/rules", "api/web"), Because: roomsApart,
		},
		{
			Rooms: []string{"api/people/..."}, Ours: and(reporting, "internal/user", "internal/secret/password", "api/web"), Because: roomsApart,
		},
		{
			Rooms: []string{"api/callback/..."}, Outside: never("github.com/danielgtaylor/huma/..."),
			Except: []string{ // the guard's and the problems', which callbacks do not use
				"api/web github.com/danielgtaylor/huma/v2",
				"api/web github.com/danielgtaylor/huma/v2/adapters/humagin",
			},
			Because: "callbacks are plain requests with plain answers: nothing may come between WeChat's bytes and their signature",
		},

		{
			Rooms: []string{"internal/outbox/..."}, Ours: and(domain),
			Because: "API and workers tell runs in the same way; who reaches runs and who keeps the notices is assembled in internal/cli",
		},

		{
			Rooms: []string{"internal/dispatch/..."}, Ours: and(domain),
			Because: "distribution asks ports for each batch; which ledger does it, and who is told, is assembled in internal/cli",
		},

		// Adapters.
		{
			Rooms: ledgerRooms, Ours: and(reporting, "internal/lifecycle", "internal/reconcile", "internal/user", "internal/wechat/wxapi", "schema"),
			Because: "an adapter translates between its technology and the domain; the ledger asks the rule book, and stores access tokens for wxapi",
		},
		// The rooms of the ledger, each with the reason and those that it may know. Every other room is beside it or above it.
		ledger("", "the pool is what all rooms are made over, so it may depend on none of them"),
		ledger("sealing", "what seals values needs the keys alone"),
		ledger("notify", "every room tells others, so what tells them may depend on none"),
		ledger("audit", "every room writes to the audit, so it may know no more than what tells desks of it", "notify"),
		ledger("permits", "the limit of sends stands alone"),
		ledger("resource", "what resources share may depend on none of them", "audit", "notify"),
		ledger("capacity", "set-up and conversations ask for it, so it may depend on neither", "notify"),
		ledger("presence", "set-up, tokens and agents change a presence; what is said does not concern it", "capacity", "audit", "notify"),
		ledger("setup", "the set-up is there before conversations are", "resource", "capacity", "sealing", "audit", "notify"),
		ledger("accounts", "accounts are there before conversations are", "resource", "sealing", "audit", "notify"),
		ledger("users", "who may sign in does not depend on what they do then", "presence", "resource", "capacity", "audit", "notify"),
		ledger("tokens", "who may use the API does not depend on what they do there", "users", "presence", "resource", "capacity", "audit", "notify"),
		ledger("intake", "callbacks are kept before anybody knows what they say", "accounts", "resource", "sealing", "audit", "notify"),
		ledger("standing", "rooms above it differ in why a conversation changes; what follows is written in one way", "setup", "resource", "capacity", "sealing", "audit", "notify"),
		ledger("view", "reading changes nothing", "standing", "setup", "resource", "capacity", "sealing", "audit", "notify"),
		ledger("transcript", "what is said does not know who distributes it", "intake", "accounts", "standing", "setup", "resource", "capacity", "sealing", "audit", "notify"),
		ledger("decision", "rules are asked about a conversation, and change it as everybody does", "standing", "setup", "resource", "capacity", "sealing", "audit", "notify"),
		ledger("act", "an act is judged and written as everything else that changes a conversation", "view", "standing", "setup", "resource", "capacity", "sealing", "audit", "notify"),
		ledger("distribution", "matching reads capacity and set-up; what is said does not concern it", "standing", "setup", "resource", "capacity", "sealing", "audit", "notify"),
		ledger("agents", "what leaving agents have is returned as everything else that changes a conversation", "presence", "standing", "setup", "resource", "capacity", "sealing", "audit", "notify"),
		ledger("upkeep", "it looks after all other rooms, so none may depend on it", "act", "transcript", "view", "intake", "accounts", "standing", "setup", "resource", "capacity", "sealing", "audit", "notify"),
		{
			Rooms: []string{"internal/postgres/postgrestest"}, Ours: and(slices.Concat(reporting, ledgerRooms), "api/...", "internal/devstack", "internal/rules", "internal/lifecycle", "internal/reconcile", "internal/user", "internal/secret/password", "internal/wechat/wxapi", "schema"),
			Because: "fixtures assemble the ledger over a database, with the administrators' API before it; nothing durable runs in its tests",
		},
		{
			Rooms: slices.Concat(ledgerRooms, []string{"internal/cli/..."}), Ours: never("internal/postgres/postgrestest"),
			Because: "fixtures are for tests",
		},
		{
			Rooms: []string{"internal/bot/faq/..."}, Ours: and(words, "internal/bot"),
			Because: "the built-in bot answers from what it is given, and knows no other connector",
		},
		{
			Rooms: []string{"internal/bot/webhook/..."}, Ours: and(words, "internal/bot"),
			Because: "an adapter translates between its technology and the domain, and knows no other connector",
		},
		{
			Rooms: []string{"internal/bot/connector/..."}, Ours: and(words, "internal/bot/..."),
			Because: "it chooses between the connectors, and does nothing else",
		},
		{
			Rooms: []string{"internal/wechat/wxapi/..."}, Ours: and(language, "internal/telemetry", "internal/listener"),
			Because: "WeChat's HTTP API uses the platform's words, not ours",
		},
		{
			Rooms: []string{"internal/temporalclient/..."}, Ours: and(reporting, "internal/reconcile", "workflows", "activities"),
			Because: "the client of workflows knows their names and inputs, not its callers",
		},
		{
			Rooms: []string{"internal/outbound/..."}, Ours: and(reporting, "internal/wechat/wxapi"),
			Because: "addresses are judged in one place, by the rule that wxapi uses when it connects",
		},
		{
			Rooms: []string{"internal/rules/..."}, Ours: and(domain),
			Because: "conditions are judged over domain facts",
		},

		// What must stay apart from what serves.
		{
			Rooms: []string{"internal/simulator/..."}, Ours: only(),
			Because: "a simulator that shared our code would share our mistakes",
		},
		{
			Rooms: []string{"internal/simulator/envelope/..."}, Ours: only(),
			Because: "the simulator's cipher and signature are a second opinion, and depend on nothing",
		},
		{
			Rooms: []string{"internal/simulator/random/..."}, Ours: only(),
			Because: "random text depends on nothing",
		},
		{
			Rooms: []string{"internal/simulator/state/..."}, Ours: simulated("envelope", "random"),
			Because: "the state remembers; the rooms above it decide",
		},
		{
			Rooms: []string{"internal/simulator/delivery/..."}, Ours: simulated("state", "envelope", "random"),
			Because: "a callback is sent in the same way, whoever caused it",
		},
		{
			Rooms: []string{"internal/simulator/platform/..."}, Ours: simulated("delivery", "state", "envelope", "random"),
			Because: "WeChat's HTTP API is what wxdesk is tested against; what steers the tests must not change it",
		},
		{
			Rooms: []string{"internal/simulator/phone/..."}, Ours: simulated("platform", "delivery", "state", "envelope", "random"),
			Because: "a customer's phone works in the same way, whoever uses it",
		},
		{
			Rooms: []string{"internal/simulator/control/..."}, Ours: simulated("phone", "platform", "delivery", "state", "envelope", "random"),
			Because: "control steers the other rooms; internal/simulator puts them together",
		},
		{
			Rooms: []string{"internal/simulator", "internal/cli/..."}, Ours: never("internal/simulator/simulatortest/..."),
			Because: "fixtures are for tests",
		},
		{
			Rooms: []string{"internal/cli/dev/..."}, Ours: never("api/...", "worker/...", "internal/simulator/..."),
			Because: "dev starts the other sub-commands as processes of their own, as an operator would, and assembles none of them",
		},
		{
			Rooms: []string{"internal/devstack/..."}, Ours: only("internal/secret"),
			Because: "it starts parts, and knows nothing of the product",
		},
		{
			Rooms: slices.Concat([]string{
				"api/...", "worker/...", "workflows/...", "activities/...", "internal/bot/...",
				"internal/wechat/...", "internal/temporalclient/...", "internal/telemetry/...", "internal/config/...",
			}, ledgerRooms),
			Ours:    never("internal/simulator/...", "internal/devstack/...", "internal/e2e/...", "internal/archtest/..."),
			Because: "serving code must not be able to reach a make-believe WeChat or start a database",
		},
		{
			Rooms: []string{"."}, Ours: never("internal/e2e/..."),
			Because: "what tests the whole system kills processes and fills disks, and must never be part of the program",
		},
		{
			Rooms: []string{"internal/e2e/harness/..."}, Ours: and(language, "internal/devstack"),
			Because: "the harness starts the built program and meets it as its users do; it knows the platform's words, and nothing of how wxdesk works",
		},
		{
			Rooms: []string{"internal/e2e", "internal/e2e/chaos/..."}, Ours: and(language, "internal/devstack", "internal/e2e/harness"),
			Because: "the judge sees what is visible from outside, and the other rooms of tests stand on the harness, not on each other",
		},
		{
			Rooms: []string{"..."}, Outside: never("go.temporal.io/server/...", "github.com/temporalio/..."),
			Because: "the Temporal server lives in tools/temporal, a module of its own, and never in the application's graph",
		},

		// The rest.
		{
			Rooms: []string{"internal/telemetry/..."}, Ours: only("internal/listener"),
			Because: "everything uses it, so it may depend on nothing of ours but the listener",
		},
		{
			Rooms: []string{"internal/listener/..."}, Ours: only(),
			Because: "every server uses it, so it may depend on nothing of ours",
		},
		{
			Rooms: []string{"internal/config/..."}, Ours: only("internal/secret"),
			Because: "settings are read before anything else exists",
		},
		{
			Rooms: []string{"schema/...", "console/...", "internal/archtest/..."}, Ours: only(),
			Because: "it is data or a check, and needs nothing of ours",
		},
		{
			Rooms: []string{"tools/sbom/..."}, Ours: only(),
			Because: "it looks at a built program from outside",
		},
		{
			Rooms: []string{"examples/..."}, Ours: only(),
			Because: "an example shows what somebody else would write, who has none of our code",
		},
	}
}
