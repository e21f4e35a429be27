package devstack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"syscall"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
)

// TemporalStartTimeout is how long the dev server may take from its start until its namespace can be used.
const TemporalStartTimeout = 60 * time.Second

// temporalStopTimeout is how long an orderly end (SIGTERM) may take before the process is killed.
const temporalStopTimeout = 10 * time.Second

// TemporalOptions say how to run the Temporal dev server. Names follow the Temporal CLI's flags.
type TemporalOptions struct {
	Bin              string                              // the program, see FindTemporal; empty: found before the first start
	DBFile           string                              // SQLite file; empty: in memory, gone when the process ends
	IP               string                              // default 127.0.0.1
	Port             int                                 // gRPC frontend; 0 picks a free one
	UIPort           int                                 // Web UI; 0 picks a free one
	MetricsPort      int                                 // Prometheus; 0: none
	Headless         bool                                // no Web UI
	Namespace        string                              // default "default"
	SearchAttributes map[string]enumspb.IndexedValueType // by name
	DynamicConfig    map[string]string                   // key to JSON value; over our own, see dynamicConfig
	SQLitePragma     map[string]string
	UICodecEndpoint  string    // URL of the codec server that the Web UI asks; empty: none
	LogLevel         string    // default "warn"
	LogFormat        string    // default "text"
	Log              io.Writer // server log and progress; nil drops it
}

// Temporal is one dev server: its settings, and its process while it runs. One goroutine at a time may start, kill or
// stop it.
type Temporal struct {
	opts  TemporalOptions
	log   *tail
	child *child
}

// StartTemporal starts a dev server and waits until its namespace can be used. The server ends with Stop, and in any
// case with this process.
func StartTemporal(ctx context.Context, opts TemporalOptions) (*Temporal, error) {
	t, err := PrepareTemporal(opts)
	if err != nil {
		return nil, err
	}
	if err := t.Start(ctx); err != nil {
		return nil, err
	}
	return t, nil
}

// PrepareTemporal chooses ports, but starts nothing: for a Supervisor, which runs the process itself.
func PrepareTemporal(opts TemporalOptions) (*Temporal, error) {
	if err := opts.complete(); err != nil {
		return nil, err
	}
	return &Temporal{opts: opts, log: &tail{next: opts.Log}}, nil
}

// complete fills in what was left open.
func (o *TemporalOptions) complete() (err error) {
	if o.Log == nil {
		o.Log = io.Discard
	}
	setDefault(&o.IP, "127.0.0.1")
	setDefault(&o.Namespace, "default")
	setDefault(&o.LogLevel, "warn")
	setDefault(&o.LogFormat, "text")
	if o.Port == 0 {
		if o.Port, err = FreePort(o.IP); err != nil {
			return err
		}
	}
	if o.UIPort == 0 && !o.Headless {
		o.UIPort, err = FreePort(o.IP)
	}
	return err
}

func setDefault(s *string, value string) {
	if *s == "" {
		*s = value
	}
}

// Start starts the server, again after Kill or Stop if need be, at the same address and on the same file, and waits
// until its namespace can be used.
func (t *Temporal) Start(ctx context.Context) error {
	if err := t.find(ctx); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, TemporalStartTimeout)
	defer cancel()
	cmd, err := t.Command()
	if err != nil {
		return err
	}
	cmd.Stdout, cmd.Stderr = t.log, t.log
	if t.child, err = launch(cmd); err != nil {
		return fmt.Errorf("temporal: start %s: %w", cmd.Path, err)
	}
	if err := t.child.await(ctx, t.Ready); err != nil {
		t.child.kill()
		return fmt.Errorf("temporal: %w%s", err, t.log)
	}
	return nil
}

// find finds the program, and builds it if need be.
func (t *Temporal) find(ctx context.Context) (err error) {
	if t.opts.Bin == "" {
		t.opts.Bin, err = FindTemporal(ctx, t.opts.Log)
	}
	return err
}

// Command is the server process, ready to be started.
func (t *Temporal) Command() (*exec.Cmd, error) {
	o := t.opts
	args := []string{
		"server", "start-dev", "--ip", o.IP, "--port", strconv.Itoa(o.Port), "--namespace", o.Namespace,
		"--log-level", o.LogLevel, "--log-format", o.LogFormat,
	}
	if o.Headless {
		args = append(args, "--headless")
	} else {
		args = append(args, "--ui-port", strconv.Itoa(o.UIPort))
	}
	if o.UICodecEndpoint != "" {
		args = append(args, "--ui-codec-endpoint", o.UICodecEndpoint)
	}
	if o.MetricsPort != 0 {
		args = append(args, "--metrics-port", strconv.Itoa(o.MetricsPort))
	}
	if o.DBFile != "" {
		args = append(args, "--db-filename", o.DBFile)
	}
	args = appendPairs(args, "--sqlite-pragma", o.SQLitePragma)
	args = appendPairs(args, "--dynamic-config-value", dynamicConfig(o.DynamicConfig))
	for _, name := range slices.Sorted(maps.Keys(o.SearchAttributes)) {
		args = append(args, "--search-attribute", name+"="+o.SearchAttributes[name].String())
	}
	cmd := exec.Command(o.Bin, args...)
	cmd.Env = os.Environ()
	return cmd, nil
}

func appendPairs(args []string, flag string, pairs map[string]string) []string {
	for _, key := range slices.Sorted(maps.Keys(pairs)) {
		args = append(args, flag, key+"="+pairs[key])
	}
	return args
}

// Address is host and port of the gRPC frontend.
func (t *Temporal) Address() string { return net.JoinHostPort(t.opts.IP, strconv.Itoa(t.opts.Port)) }

// UI is the Web UI's address in a browser, or "" if there is none.
func (t *Temporal) UI() string {
	if t.opts.Headless {
		return ""
	}
	return "http://" + net.JoinHostPort(t.opts.IP, strconv.Itoa(t.opts.UIPort))
}

// Ready says nil once the server is healthy and its namespace can be used.
func (t *Temporal) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	c, err := client.DialContext(ctx, client.Options{HostPort: t.Address(), Namespace: t.opts.Namespace, Logger: quiet{}})
	if err != nil {
		return err
	}
	defer c.Close()
	if _, err := c.CheckHealth(ctx, &client.CheckHealthRequest{}); err != nil {
		return err
	}
	_, err = c.WorkflowService().DescribeNamespace(ctx, &workflowservice.DescribeNamespaceRequest{Namespace: t.opts.Namespace})
	return err
}

// Process is the server as a Supervisor runs it, under the name "temporal". To find the program may take minutes, see
// FindTemporal.
func (t *Temporal) Process() Process {
	return Process{
		Name: "temporal", Prepare: t.find, Command: t.Command, Ready: t.Ready, ReadyTimeout: TemporalStartTimeout,
		StopSignal: syscall.SIGTERM, StopTimeout: temporalStopTimeout,
	}
}

// Kill ends the server with SIGKILL, as a crash would.
func (t *Temporal) Kill() {
	if t.child != nil {
		t.child.kill()
	}
}

// Stop ends the server in an orderly way. What is in the file stays.
func (t *Temporal) Stop() error {
	if t.child == nil {
		return nil
	}
	t.child.stop(syscall.SIGTERM, temporalStopTimeout)
	if t.child.err != nil {
		return errors.New("temporal: stop: " + t.child.ending())
	}
	return nil
}

// quiet is a Temporal logger that says nothing: while a server starts, refused calls are no news.
type quiet struct{}

func (quiet) Debug(string, ...any) {}
func (quiet) Info(string, ...any)  {}
func (quiet) Warn(string, ...any)  {}
func (quiet) Error(string, ...any) {}
