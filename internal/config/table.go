package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"wxdesk/internal/secret"
)

// Name is the name of a variable.
type Name string

// The settings that commands ask for by name.
const (
	HTTPAddr     Name = "WXDESK_HTTP_ADDR"
	OpsAddr      Name = "WXDESK_OPS_ADDR"
	PublicURL    Name = "WXDESK_PUBLIC_URL"
	ConsoleURL   Name = "WXDESK_CONSOLE_URL"
	MasterKeys   Name = "WXDESK_MASTER_KEYS"
	WeChatAPI    Name = "WXDESK_WECHAT_API"
	AllowPrivate Name = "WXDESK_ALLOW_PRIVATE"
	EgressIPs    Name = "WXDESK_EGRESS_IPS"
	CodecOrigin  Name = "WXDESK_CODEC_ORIGIN"
	Console      Name = "WXDESK_CONSOLE"
	DatabaseURL  Name = "DATABASE_URL"

	WorkerVersion   Name = "WXDESK_WORKER_VERSION"
	ContinueAfter   Name = "WXDESK_CONTINUE_AFTER"
	AgentGrace      Name = "WXDESK_AGENT_GRACE"
	SessionIdle     Name = "WXDESK_SESSION_IDLE"
	SessionLifetime Name = "WXDESK_SESSION_LIFETIME"
	SendsPerSecond  Name = "WXDESK_SENDS_PER_SECOND"
	MaxConnections  Name = "WXDESK_MAX_CONNECTIONS"
	LogLevel        Name = "WXDESK_LOG_LEVEL"
	LogFormatName   Name = "WXDESK_LOG_FORMAT"
	TemporalBin     Name = "WXDESK_TEMPORAL_BIN"
	PGBin           Name = "WXDESK_PG_BIN"
	TestDatabaseURL Name = "WXDESK_TEST_DATABASE_URL"

	TemporalAddress   Name = "TEMPORAL_ADDRESS"
	TemporalNamespace Name = "TEMPORAL_NAMESPACE"
	OTLPEndpoint      Name = "OTEL_EXPORTER_OTLP_ENDPOINT"
)

// Limits and defaults of WXDESK_CONTINUE_AFTER. The Temporal server itself suggests it at 4,096 events.
const (
	defaultContinueAfter = 2000
	minContinueAfter     = 10
)

// Limits and defaults of WXDESK_AGENT_GRACE (PRE-7, D4).
const (
	defaultAgentGrace = "2m30s"
	minAgentGrace     = time.Second
	maxAgentGrace     = time.Hour
)

// Limits and defaults of WXDESK_SESSION_IDLE and WXDESK_SESSION_LIFETIME: as long as a long working day, and a day.
const (
	defaultSessionIdle     = "12h"
	minSessionIdle         = 5 * time.Minute
	defaultSessionLifetime = "24h"
	maxSessionLifetime     = 30 * 24 * time.Hour
)

// Limits and default of WXDESK_SENDS_PER_SECOND. The one limit by the minute that WeChat names is that of stable_token, 10,000;
// a hundred a second keep well below it, and 2,000 waiting messages are out in twenty seconds. WeChat's limit by the day,
// 500,000 for an account, is not kept by it.
const (
	defaultSendsPerSecond = 100
	minSendsPerSecond     = 1
	maxSendsPerSecond     = 100_000 // what Temporal takes for no limit
)

// Limits and default of WXDESK_MAX_CONNECTIONS. A process with 4,096 connections, each of which sends 15 KB of a callback and then
// nothing, was measured at 335 MB, of the 512 that R19 promises. Every desk that is open keeps a connection.
const (
	defaultMaxConnections = 4096
	minMaxConnections     = 16
	maxMaxConnections     = 100_000
)

// column is one of the two columns of defaults.
type column int

const (
	inDev column = iota
	elsewhere
)

// row is a variable: its name, its defaults in both columns, who reads its value into the Config (nil for those that
// only libraries read), how its value may be shown (nil for as it is), and what it means, as a sentence for people.
type row struct {
	name     Name
	defaults [2]fallback
	read     func(c *Config, text string) error
	show     func(text string) string
	meaning  string
}

// fallback is what holds where a variable is not set: a value, or words about where the value comes from.
type fallback struct{ value, words string }

func is(value string) fallback    { return fallback{value: value} }
func says(words string) fallback  { return fallback{words: words} }
func both(f fallback) [2]fallback { return [2]fallback{f, f} }

func (f fallback) String() string { return f.value + f.words }

// table is the one list of settings, in the order in which people see them.
func table() []row {
	hidden := func(string) string { return secret.Redacted }
	return []row{
		{
			HTTPAddr,
			[2]fallback{is("127.0.0.1:8080"), is(":8080")},
			func(c *Config, s string) error { return address(&c.HTTPAddr, s) }, nil,
			"public listener: callbacks, API, console",
		},
		{
			OpsAddr,
			[2]fallback{is("127.0.0.1:9090"), is("127.0.0.1:9090")},
			func(c *Config, s string) error { return privateAddress(&c.OpsAddr, s) }, nil,
			"private listener: /healthz, /readyz, /metrics, codec; 10.1.2.0/24:9090: this machine's address in that network; a worker of dev takes 9091",
		},
		{
			PublicURL, both(says("http://WXDESK_HTTP_ADDR")),
			func(c *Config, s string) error { return baseURL(&c.PublicURL, s) }, nil,
			"how WeChat reaches the public listener",
		},
		{
			ConsoleURL, both(says("WXDESK_PUBLIC_URL")),
			func(c *Config, s string) error { return origin(&c.ConsoleURL, s) }, nil,
			"origin of the console, where people reach it by another one: links lead there, and its pages may use the API",
		},
		{
			MasterKeys,
			[2]fallback{says("generated into .wxdesk/"), says("none, must be set")},
			masterKeys, hidden,
			"keys that seal secrets and texts: id:base64(32 bytes)[,…]; the first seals, all open",
		},
		{
			DatabaseURL,
			[2]fallback{says("the embedded one"), says("none, must be set")},
			func(c *Config, s string) error { return postgresURL(&c.DatabaseURL, s) }, withoutPassword,
			"Postgres: postgres://user:password@host:port/name?sslmode=…",
		},
		{
			WeChatAPI,
			[2]fallback{is("http://127.0.0.1:8090"), is("https://api.weixin.qq.com")},
			func(c *Config, s string) error { return baseURL(&c.WeChatAPI, s) }, nil,
			"base URL of the WeChat API; in dev the simulator's, or that of another WeChat, which dev leaves alone",
		},
		{
			AllowPrivate,
			[2]fallback{is("true"), is("false")},
			func(c *Config, s string) error { return boolean(&c.AllowPrivate, s) }, nil,
			"true allows calls to loopback and private addresses",
		},
		{
			EgressIPs, both(says("nobody knows")), egressIPs, nil,
			"addresses or networks that our calls to WeChat come from, for its IP allow list: 1.2.3.4[,…]",
		},
		{
			CodecOrigin,
			[2]fallback{is("http://127.0.0.1:8233"), says("no codec endpoint")},
			func(c *Config, s string) error { return origin(&c.CodecOrigin, s) }, nil,
			"origin of the Temporal Web UI, which may ask the codec endpoint to open payloads",
		},
		{
			Console, both(is("on")),
			func(c *Config, s string) error { return switched(&c.Console, s) }, nil,
			"on or off: whether the public listener serves the console, the desk in the browser",
		},
		{
			WorkerVersion, both(says("workers have no versions")), workerVersion, nil,
			"version of a worker: a conversation stays with the version that it began under until it continues as new",
		},
		{
			ContinueAfter, both(is(strconv.Itoa(defaultContinueAfter))), continueAfter, nil,
			fmt.Sprintf("history events after which a conversation continues as new, at least %d", minContinueAfter),
		},
		{
			AgentGrace, both(is(defaultAgentGrace)), agentGrace, nil,
			fmt.Sprintf("how long an agent's work waits after their last connection was lost, %s to %s", minAgentGrace, maxAgentGrace),
		},
		{
			SessionIdle, both(is(defaultSessionIdle)),
			func(c *Config, s string) error { return sessionTime(&c.SessionIdle, s) }, nil,
			fmt.Sprintf("how long a person stays signed in without a request, %s to %s", minSessionIdle, maxSessionLifetime),
		},
		{
			SessionLifetime, both(is(defaultSessionLifetime)),
			func(c *Config, s string) error { return sessionTime(&c.SessionLifetime, s) }, nil,
			fmt.Sprintf("and in all, %s to %s", minSessionIdle, maxSessionLifetime),
		},
		{
			SendsPerSecond, both(is(strconv.Itoa(defaultSendsPerSecond))), sendsPerSecond, nil,
			fmt.Sprintf("messages that all workers together send to WeChat in a second, %d to %d", minSendsPerSecond, maxSendsPerSecond),
		},
		{
			MaxConnections, both(is(strconv.Itoa(defaultMaxConnections))), maxConnections, nil,
			fmt.Sprintf("connections that the public listener serves at once, %d to %d; further ones are answered 503", minMaxConnections, maxMaxConnections),
		},
		{LogLevel, both(is("info")), logLevel, nil, "debug, info, warn or error"},
		{LogFormatName, [2]fallback{is(string(LogText)), is(string(LogJSON))}, logFormat, nil, "json or text"},
		{
			TemporalBin, both(says("installed, or built")),
			func(c *Config, s string) error { c.TemporalBin = s; return nil }, nil,
			"program of the Temporal dev server, for dev and tests",
		},
		{
			PGBin, both(says("searched for")),
			func(c *Config, s string) error { c.PGBin = s; return nil }, nil,
			"folder of the PostgreSQL server's programs (initdb, postgres), for dev and tests",
		},
		{
			TestDatabaseURL, both(says("an embedded one")),
			func(c *Config, s string) error { return postgresURL(&c.TestDatabaseURL, s) }, withoutPassword,
			"a Postgres for tests, which make databases in it; nothing else reads it",
		},
		{
			TemporalAddress,
			[2]fallback{says("the embedded one"), is("127.0.0.1:7233")},
			nil, nil,
			"Temporal's gRPC address",
		},
		{TemporalNamespace, both(is("default")), nil, nil, "Temporal's namespace"},
		{"TEMPORAL_API_KEY", both(says("none")), nil, hidden, "key for Temporal Cloud"},
		{"TEMPORAL_TLS", both(says("as the others say")), nil, nil, "true or false"},
		{"TEMPORAL_TLS_SERVER_NAME", both(says("the address's")), nil, nil, "name to expect in Temporal's certificate"},
		{"TEMPORAL_TLS_SERVER_CA_CERT_PATH", both(says("the system's")), nil, nil, "certificate authority, PEM file"},
		{"TEMPORAL_TLS_CLIENT_CERT_PATH", both(says("none")), nil, nil, "our certificate, PEM file"},
		{"TEMPORAL_TLS_CLIENT_KEY_PATH", both(says("none")), nil, nil, "our certificate's key, PEM file"},
		{
			OTLPEndpoint, both(says("no export")),
			func(c *Config, s string) error {
				c.ExportTraces = true
				return baseURL(new(string), strings.TrimSuffix(s, "/"))
			}, nil,
			"where traces go, by OTLP over HTTP",
		},
		{"OTEL_SERVICE_NAME", both(says("wxdesk-api, wxdesk-worker")), nil, nil, "how traces and metrics name the process"},
		{"OTEL_EXPORTER_OTLP_HEADERS", both(says("none")), nil, hidden, "headers for it: name=value[,…]"},
		{"OTEL_TRACES_SAMPLER", both(says("parentbased_always_on")), nil, nil, "which traces are exported"},
		{"OTEL_TRACES_SAMPLER_ARG", both(says("none")), nil, nil, "its argument, such as a share"},
		{"OTEL_RESOURCE_ATTRIBUTES", both(says("none")), nil, nil, "what else describes the process: name=value[,…]"},
	}
}
