package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	enumspb "go.temporal.io/api/enums/v1"
)

// uiPortOffset is how far above the frontend's port the Web UI listens unless told otherwise, as in the Temporal CLI.
const uiPortOffset = 1000

// options is what the command line said. Names and meaning of the flags are the Temporal CLI's.
type options struct {
	ip              netip.Addr
	port            int
	uiPort          int
	metricsPort     int // 0: no metrics
	headless        bool
	namespaces      []string
	dbFile          string // empty: in memory, gone with the process
	pragmas         map[string]string
	attributes      map[string]enumspb.IndexedValueType
	dynamic         map[string]string // key to JSON value
	logLevel        string
	logFormat       string
	uiCodecEndpoint string
}

func (o options) frontend() string { return address(o.ip, o.port) }
func (o options) ui() string       { return address(o.ip, o.uiPort) }
func (o options) metrics() string  { return address(o.ip, o.metricsPort) }

// listener is a port that somebody else chose, with the flag that says so.
type listener struct {
	flag string
	port int
}

// listeners returns what has to be free on --ip before the server starts.
func (o options) listeners() []listener {
	all := []listener{{"port", o.port}}
	if !o.headless {
		all = append(all, listener{"ui-port", o.uiPort})
	}
	if o.metricsPort != 0 {
		all = append(all, listener{"metrics-port", o.metricsPort})
	}
	return all
}

func address(ip netip.Addr, port int) string {
	return net.JoinHostPort(ip.String(), strconv.Itoa(port))
}

// parse reads `server start-dev` and its flags. Usage goes to out. flag.ErrHelp means that help was asked for.
func parse(args []string, out io.Writer) (options, error) {
	if len(args) < 2 || args[0] != "server" || args[1] != "start-dev" {
		return options{}, errors.New("usage: temporal server start-dev [flags]; --help lists them")
	}
	o := options{
		ip:         netip.AddrFrom4([4]byte{127, 0, 0, 1}),
		namespaces: []string{"default"},
		pragmas:    map[string]string{},
		attributes: map[string]enumspb.IndexedValueType{},
		dynamic:    map[string]string{},
	}
	flags := flag.NewFlagSet("temporal server start-dev", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // a mistake is told once, by main
	flags.IntVar(&o.port, "port", 7233, "`port` of the gRPC frontend")
	flags.IntVar(&o.uiPort, "ui-port", 0, "`port` of the Web UI (default: --port + 1000)")
	flags.IntVar(&o.metricsPort, "metrics-port", 0, "`port` of /metrics for Prometheus (default: none)")
	flags.BoolVar(&o.headless, "headless", false, "no Web UI")
	flags.StringVar(&o.dbFile, "db-filename", "", "SQLite `file` that keeps everything (default: in memory)")
	flags.StringVar(&o.logLevel, "log-level", "error", "debug, info, warn, error or never")
	flags.StringVar(&o.logFormat, "log-format", "text", "text or json; pretty is another word for text")
	flags.StringVar(&o.uiCodecEndpoint, "ui-codec-endpoint", "", "`URL` of the codec server that the Web UI decodes payloads with")
	flags.Func("ip", "`address` to listen on (default: 127.0.0.1)", o.setIP)
	flags.Func("namespace", "`name` of a namespace to have, besides default; repeatable", o.addNamespace)
	flags.Func("sqlite-pragma", "SQLite pragma as `name=value`; repeatable", o.addPragma)
	flags.Func("search-attribute", "search attribute of each namespace as `name=type`; repeatable", o.addAttribute)
	flags.Func("dynamic-config-value", "dynamic configuration as `key=JSON`; repeatable", o.addDynamic)
	if err := flags.Parse(args[2:]); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			flags.SetOutput(out)
			flags.Usage()
		}
		return options{}, err
	}
	if flags.NArg() > 0 {
		return options{}, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if o.uiPort == 0 {
		o.uiPort = o.port + uiPortOffset
	}
	return o, o.check()
}

func (o *options) setIP(value string) error {
	if value == "localhost" { // what testsuite.StartDevServer passes on when a host and port name it
		value = "127.0.0.1"
	}
	ip, err := netip.ParseAddr(value)
	o.ip = ip
	return err
}

func (o *options) addNamespace(name string) error {
	if name == "" {
		return errors.New("a namespace has a name")
	}
	if !slices.Contains(o.namespaces, name) {
		o.namespaces = append(o.namespaces, name)
	}
	return nil
}

func (o *options) addPragma(pair string) error {
	name, value, err := split(pair)
	o.pragmas[strings.ToLower(name)] = value
	return err
}

func (o *options) addAttribute(pair string) error {
	name, value, err := split(pair)
	if err != nil {
		return err
	}
	kind, err := enumspb.IndexedValueTypeFromString(value)
	if err != nil || kind == enumspb.INDEXED_VALUE_TYPE_UNSPECIFIED {
		return fmt.Errorf("%q is no type of search attribute", value)
	}
	o.attributes[name] = kind
	return nil
}

func (o *options) addDynamic(pair string) error {
	key, value, err := split(pair)
	if err == nil && !json.Valid([]byte(value)) {
		err = fmt.Errorf("%s is not JSON (a string needs its quotes)", value)
	}
	o.dynamic[key] = value
	return err
}

func split(pair string) (name, value string, err error) {
	name, value, ok := strings.Cut(pair, "=")
	if !ok || name == "" || value == "" {
		return "", "", fmt.Errorf("%q is not of the form name=value", pair)
	}
	return name, value, nil
}

func (o options) check() error {
	for _, l := range o.listeners() {
		if l.port < 1 || l.port > 65535 {
			return fmt.Errorf("--%s %d is no TCP port", l.flag, l.port)
		}
	}
	if !slices.Contains([]string{"debug", "info", "warn", "error", "never"}, o.logLevel) {
		return fmt.Errorf("--log-level %q is none of debug, info, warn, error, never", o.logLevel)
	}
	if !slices.Contains([]string{"text", "pretty", "json"}, o.logFormat) {
		return fmt.Errorf("--log-format %q is neither text nor json", o.logFormat)
	}
	return nil
}
