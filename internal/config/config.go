package config

import (
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"wxdesk/internal/secret"
)

// Config is what the environment says. Addresses are host:port, URLs have no trailing slash.
type Config struct {
	HTTPAddr     string       // public listener: callbacks, API, console
	OpsAddr      string       // private listener: health, metrics, codec
	PublicURL    string       // how WeChat reaches the public listener
	ConsoleURL   string       // origin of the console; "": that of PublicURL, and of whichever host requests name
	MasterKeys   secret.Value // as secret.ParseKeyring reads them, which has accepted them; empty where not given
	WeChatAPI    string       // base URL
	AllowPrivate bool         // calls to loopback and private addresses are allowed
	EgressIPs    []string     // where our calls to WeChat come from, for people to read; nil where not given
	CodecOrigin  string       // origin of the Temporal Web UI; "" switches the codec endpoint off
	Console      bool         // the public listener serves the console

	DatabaseURL   secret.Value  // postgres://…; empty where not given
	WorkerVersion string        // under which Temporal knows a worker; "" for workers without versions
	ContinueAfter int           // history events after which a conversation continues as new
	AgentGrace    time.Duration // how long an agent's work waits after their last connection was lost

	SessionIdle     time.Duration // how long a person stays signed in without a request
	SessionLifetime time.Duration // and in all

	SendsPerSecond int // messages that all workers together send to WeChat in a second
	MaxConnections int // connections that the public listener serves at once

	LogLevel  slog.Level
	LogFormat LogFormat

	TemporalBin     string       // program of the Temporal dev server; "" to search
	PGBin           string       // folder of the PostgreSQL programs; "" to search
	TestDatabaseURL secret.Value // only tests read it

	ExportTraces bool // there is an OTEL_EXPORTER_OTLP_ENDPOINT
	Temporal     Env  // TEMPORAL_*, for the Temporal SDK's own environment configuration

	rows   []row
	values map[Name]secret.Value // the effective value of every variable that has one
	given  map[Name]bool         // the variables that were set
}

// LogFormat is how log lines are written.
type LogFormat string

// The formats.
const (
	LogJSON LogFormat = "json"
	LogText LogFormat = "text"
)

// Load reads environ (as os.Environ gives it) with the defaults that hold outside `wxdesk dev`. If a variable stands
// twice the last one counts. The error joins one sentence for each mistake; the Config is then not to be used.
func Load(environ []string) (Config, error) { return load(environ, elsewhere) }

// LoadDev is Load with the defaults of `wxdesk dev`.
func LoadDev(environ []string) (Config, error) { return load(environ, inDev) }

func load(environ []string, in column) (Config, error) {
	set := parse(environ)
	c := Config{rows: table(), values: map[Name]secret.Value{}, given: map[Name]bool{}}
	mistakes := unknown(set, c.rows)
	for _, r := range c.rows {
		text, given := set[r.name]
		if !given {
			text = r.defaults[in].value
		}
		if text == "" {
			continue
		}
		c.given[r.name], c.values[r.name] = given, secret.New(text)
		if r.read == nil {
			continue
		}
		if err := r.read(&c, text); err != nil {
			mistakes = append(mistakes, fmt.Errorf("%s: %w", r.name, err))
		}
	}
	if len(mistakes) > 0 {
		return Config{}, errors.Join(mistakes...)
	}
	if c.PublicURL == "" {
		c.PublicURL = c.LocalURL()
		c.values[PublicURL] = secret.New(c.PublicURL)
	}
	c.Temporal = temporalEnv(set, c.values)
	return c, nil
}

// parse splits NAME=value, and drops what is empty.
func parse(environ []string) map[Name]string {
	set := map[Name]string{}
	for _, line := range environ {
		name, value, _ := strings.Cut(line, "=")
		set[Name(name)] = value
	}
	maps.DeleteFunc(set, func(_ Name, value string) bool { return value == "" })
	return set
}

// LocalURL returns the address of the public listener as a browser or a program on this machine calls it, without a slash at the end.
func (c Config) LocalURL() string { return "http://" + reachable(c.HTTPAddr) }

// reachable is a listener's address as somebody on the same machine would call it.
func reachable(addr string) string {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return addr
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port)
}

// Require says which of the named settings are missing, one sentence each; nil if all are there.
func (c Config) Require(names ...Name) error {
	var missing []error
	for _, name := range names {
		if _, ok := c.values[name]; !ok {
			missing = append(missing, fmt.Errorf("%s must be set: %s", name, c.meaning(name)))
		}
	}
	return errors.Join(missing...)
}

// Given reports whether a variable was set, rather than left to its default.
func (c Config) Given(name Name) bool { return c.given[name] }

// Environ returns the settings as NAME=value, secrets included, in the order of the table: for the processes that
// `wxdesk dev` starts and for its env file. TEMPORAL_ and OTEL_ variables that are not in the table are left to the
// environment.
func (c Config) Environ() []string {
	var lines []string
	for _, r := range c.rows {
		if value, ok := c.values[r.name]; ok {
			lines = append(lines, string(r.name)+"="+value.Reveal())
		}
	}
	return lines
}

func (c Config) meaning(name Name) string {
	i := slices.IndexFunc(c.rows, func(r row) bool { return r.name == name })
	return c.rows[i].meaning
}
