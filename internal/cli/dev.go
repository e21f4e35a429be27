package cli

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"wxdesk/internal/access"
	"wxdesk/internal/config"
	"wxdesk/internal/devstack"
	"wxdesk/internal/postgres"
)

// devDir is where `wxdesk dev` keeps everything, below the folder that it is started in.
const devDir = ".wxdesk"

type devCmd struct {
	Run   devRunCmd   `cmd:"" default:"withargs" help:"Start everything and keep it running until Ctrl-C (the default)."`
	Stop  devStopCmd  `cmd:"" help:"Stop one process of the running system: postgres, temporal, simulator, api or worker."`
	Start devStartCmd `cmd:"" help:"Start it again."`
}

type devStopCmd struct {
	Name string `arg:"" help:"The process."`
}

// Run stops a process of the `wxdesk dev` that runs in this folder.
func (c devStopCmd) Run(ctx context.Context) error { return devstack.StopProcess(ctx, devDir, c.Name) }

type devStartCmd struct {
	Name string `arg:"" help:"The process."`
}

// Run starts it again.
func (c devStartCmd) Run(ctx context.Context) error {
	return devstack.StartProcess(ctx, devDir, c.Name)
}

// devHost is what dev and demo use of the command line that they are part of.
type devHost struct {
	Stdout   io.Writer
	Environ  []string
	Operator access.Actor // who makes the demo, for the audit

	// OpenLedger opens the database that the settings name.
	OpenLedger func(context.Context, config.Config) (*postgres.DB, error)
	// MigrateDatabase brings it up to date.
	MigrateDatabase func(context.Context, config.Config) error
	// RegisterSearchAttributes makes Temporal know the search attributes of conversations.
	RegisterSearchAttributes func(context.Context, config.Config) error
}

func (h devHost) say(format string, args ...any) { fmt.Fprintf(h.Stdout, format+"\n", args...) }

type devRunCmd struct {
	PostgresPort   int    `help:"Port of Postgres; 0: a free one." default:"0"`
	TemporalPort   int    `help:"Port of Temporal." default:"7233"`
	TemporalUIPort int    `name:"temporal-ui-port" help:"Port of the Temporal Web UI." default:"8233"`
	SimulatorAddr  string `help:"Where the simulator listens." default:"127.0.0.1:8090"`
}

// Run brings everything up, in order, and keeps it up until ctx ends.
func (c devRunCmd) Run(ctx context.Context, h devHost) error {
	d := &dev{cmd: c, host: h, temporalUp: make(chan struct{})}
	h.say("wxdesk dev: everything on this machine, data in %s/", devDir)
	supervisor, err := devstack.OpenSupervisor(ctx, devDir, h.Stdout)
	if err != nil {
		return err
	}
	defer supervisor.Close() //nolint:errcheck // only the lock is left to give back
	if err := d.prepare(ctx); err != nil {
		return err
	}
	needed := d.needed()
	serving, err := d.serving()
	if err != nil {
		return err
	}
	if d.postgres == nil && !d.simulate { // nothing is waited for
		if err := d.migrate(ctx); err != nil {
			return err
		}
	}
	return supervisor.Run(ctx, append(needed, serving...)...)
}

// dev is one `wxdesk dev`: its settings and the parts that it runs itself.
type dev struct {
	cmd      devRunCmd
	host     devHost
	cfg      config.Config
	secrets  devSecrets
	postgres *devstack.Postgres // nil where DATABASE_URL names another
	temporal *devstack.Temporal // nil where TEMPORAL_ADDRESS names another
	simulate bool               // false where WXDESK_WECHAT_API names another WeChat, and the simulator's address is taken
	binary   string

	phoneWorks atomic.Bool   // the demo account is there, and API and simulator run
	temporalUp chan struct{} // closed when Temporal can be used
}

// needed lists what the API and the worker need and we run, in the order of starting. When the last that is waited for is ready, the
// database is brought up to date. Temporal, which may have to be compiled first, comes up beside the others: the API keeps messages in
// Postgres until then, and the worker waits.
func (d *dev) needed() (list []devstack.Process) {
	if d.temporal != nil {
		list = append(list, d.temporalProcess())
	}
	if d.postgres != nil {
		list = append(list, d.postgres.Process())
	}
	if d.simulate {
		list = append(list, d.simulatorProcess())
	}
	if last := len(list) - 1; last >= 0 && !list[last].Background {
		list[last].AfterReady = d.migrate
	}
	return list
}

func (d *dev) temporalProcess() devstack.Process {
	temporal := d.temporal.Process()
	find := temporal.Prepare
	temporal.Prepare = func(ctx context.Context) error { return eachMinute(ctx, find, d.sayTemporalCompiles) }
	temporal.Background = true
	temporal.AfterReady = d.useTemporal
	return temporal
}

// serving lists the API and the worker. An error names a port that is busy, of any process.
func (d *dev) serving() ([]devstack.Process, error) {
	api := devstack.Process{
		Name: "api", Command: d.self("api"), Ready: answers("http://" + d.cfg.OpsAddr + "/healthz"), AfterReady: d.welcome,
	}
	workerOps, err := neighbour(d.cfg.OpsAddr)
	if err != nil {
		return nil, err
	}
	worker := devstack.Process{
		Name:       "worker",
		Command:    d.selfWith([]string{string(config.OpsAddr) + "=" + workerOps}, "worker"),
		Ready:      d.workerReady(workerOps),
		AfterReady: d.everythingIsUp,
	}
	return []devstack.Process{api, worker}, d.freePorts(workerOps)
}

// simulatorProcess plays WeChat, and so is given nothing that only we may know: neither the master keys nor the database's address.
func (d *dev) simulatorProcess() devstack.Process {
	return devstack.Process{
		Name: "simulator",
		Command: func() (*exec.Cmd, error) {
			cmd := exec.Command(d.binary, "simulate", "--addr", d.cmd.SimulatorAddr, //nolint:gosec // our own program
				"--state", filepath.Join(devDir, "simulator.jsonl"))
			cmd.Env = config.WithoutSettings(os.Environ())
			return cmd, nil
		},
		Ready: answers("http://" + d.cmd.SimulatorAddr + "/"),
	}
}

// self is this program with another sub-command.
func (d *dev) self(args ...string) func() (*exec.Cmd, error) { return d.selfWith(nil, args...) }

func (d *dev) selfWith(environ []string, args ...string) func() (*exec.Cmd, error) {
	return func() (*exec.Cmd, error) {
		cmd := exec.Command(d.binary, args...) //nolint:gosec // our own program
		cmd.Env = append(append(os.Environ(), d.cfg.Environ()...), environ...)
		return cmd, nil
	}
}

// migrate brings the database up to date before API and worker start, and has a Temporal that runs elsewhere know our search
// attributes; our own may not be there yet.
func (d *dev) migrate(ctx context.Context) error {
	if err := d.host.MigrateDatabase(ctx, d.cfg); err != nil || d.temporal != nil {
		return err
	}
	return d.useTemporal(ctx)
}

// useTemporal has Temporal know our search attributes. From then on the worker is expected to poll.
func (d *dev) useTemporal(ctx context.Context) error {
	if err := d.host.RegisterSearchAttributes(ctx, d.cfg); err != nil {
		return err
	}
	close(d.temporalUp)
	return nil
}

// workerReady is whether the worker polls. Before Temporal is up it is enough that the worker runs.
func (d *dev) workerReady(ops string) func(context.Context) error {
	runs, polls := answers("http://"+ops+"/healthz"), answers("http://"+ops+"/readyz")
	return func(ctx context.Context) error {
		select {
		case <-d.temporalUp:
			return polls(ctx)
		default:
			return runs(ctx)
		}
	}
}

// eachMinute does the work, and tells after each minute how many have passed.
func eachMinute(ctx context.Context, work func(context.Context) error, tell func(minutes int)) error {
	done := make(chan error, 1)
	go func() { done <- work(ctx) }()
	minute := time.NewTicker(time.Minute)
	defer minute.Stop()
	for minutes := 1; ; minutes++ {
		select {
		case err := <-done:
			return err
		case <-minute.C:
			tell(minutes)
		}
	}
}

func (d *dev) sayTemporalCompiles(minutes int) {
	meanwhile := "answers come when it is done"
	if d.phoneWorks.Load() {
		meanwhile = "the phone page works already, " + meanwhile
	}
	d.host.say("temporal: compiling, %d min so far; %s", minutes, meanwhile)
}

// simulatorPort names the simulator where its port is busy.
const simulatorPort = "the simulator (--simulator-addr)"

// freePorts names a busy port before anything is started.
func (d *dev) freePorts(workerOps string) error {
	wanted := []struct{ addr, what string }{
		{d.cfg.HTTPAddr, "the API (WXDESK_HTTP_ADDR)"},
		{d.cfg.OpsAddr, "the API's private listener (WXDESK_OPS_ADDR)"},
		{workerOps, "the worker's private listener (the port after WXDESK_OPS_ADDR)"},
	}
	if d.simulate {
		wanted = append(wanted, struct{ addr, what string }{d.cmd.SimulatorAddr, simulatorPort})
	}
	if d.temporal != nil {
		wanted = append(wanted,
			struct{ addr, what string }{d.temporal.Address(), "Temporal (--temporal-port)"},
			struct{ addr, what string }{strings.TrimPrefix(d.temporal.UI(), "http://"), "the Temporal Web UI (--temporal-ui-port)"})
	}
	for _, w := range wanted {
		if err := devstack.CheckPort(w.addr, w.what); err != nil {
			return err
		}
	}
	return nil
}

// answers reports readiness by HTTP: any 2xx.
func answers(url string) func(context.Context) error {
	client := &http.Client{Timeout: 2 * time.Second}
	return func(ctx context.Context) error {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
		if err != nil {
			return err
		}
		resp, err := client.Do(req)
		if err != nil {
			return err
		}
		defer resp.Body.Close() //nolint:errcheck // nothing was written
		if resp.StatusCode/100 != 2 {
			return fmt.Errorf("%s answers %s", url, resp.Status)
		}
		return nil
	}
}

// neighbour is the same host and the next port.
func neighbour(addr string) (string, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return "", err
	}
	n, err := net.LookupPort("tcp", port)
	if err != nil {
		return "", err
	}
	return net.JoinHostPort(host, fmt.Sprint(n+1)), nil
}
