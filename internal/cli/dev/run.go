package dev

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"

	"wxdesk/internal/config"
	"wxdesk/internal/devstack"
)

type runCmd struct {
	PostgresPort   int    `help:"Port of Postgres; 0: a free one." default:"0"`
	TemporalPort   int    `help:"Port of Temporal." default:"7233"`
	TemporalUIPort int    `name:"temporal-ui-port" help:"Port of the Temporal Web UI." default:"8233"`
	SimulatorAddr  string `help:"Where the simulator listens." default:"127.0.0.1:8090"`
	Demo           bool   `help:"Fill the desk, as wxdesk demo does, and print a link that signs one of its agents in." default:"true" negatable:""`
}

// Run brings everything up, in order, and keeps it up until ctx ends.
func (c runCmd) Run(ctx context.Context, h Host) error {
	d := &system{cmd: c, host: h, temporalUp: make(chan struct{})}
	h.say("wxdesk dev: everything on this machine, data in %s/", dir)
	supervisor, err := devstack.OpenSupervisor(ctx, dir, h.Stdout)
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

// system is one `wxdesk dev`: its settings and the parts that it runs itself.
type system struct {
	cmd      runCmd
	host     Host
	cfg      config.Config
	secrets  madeSecrets
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
func (d *system) needed() (list []devstack.Process) {
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

func (d *system) temporalProcess() devstack.Process {
	temporal := d.temporal.Process()
	find := temporal.Prepare
	temporal.Prepare = func(ctx context.Context) error { return eachMinute(ctx, find, d.sayTemporalCompiles) }
	temporal.Background = true
	temporal.AfterReady = d.useTemporal
	return temporal
}

// serving lists the API and the worker. An error names a port that is busy, of any process.
func (d *system) serving() ([]devstack.Process, error) {
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
func (d *system) simulatorProcess() devstack.Process {
	return devstack.Process{
		Name: "simulator",
		Command: func() (*exec.Cmd, error) {
			cmd := exec.Command(d.binary, "simulate", "--addr", d.cmd.SimulatorAddr, //nolint:gosec // our own program
				"--state", filepath.Join(dir, "simulator.jsonl"))
			cmd.Env = config.WithoutSettings(os.Environ())
			return cmd, nil
		},
		Ready: answers("http://" + d.cmd.SimulatorAddr + "/"),
	}
}

// self is this program with another sub-command.
func (d *system) self(args ...string) func() (*exec.Cmd, error) { return d.selfWith(nil, args...) }

func (d *system) selfWith(environ []string, args ...string) func() (*exec.Cmd, error) {
	return func() (*exec.Cmd, error) {
		cmd := exec.Command(d.binary, args...) //nolint:gosec // our own program
		cmd.Env = append(append(os.Environ(), d.cfg.Environ()...), environ...)
		return cmd, nil
	}
}
