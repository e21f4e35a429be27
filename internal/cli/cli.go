// Package cli is the command line: the sub-commands, and the only place that assembles everything.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/KimMachineGun/automemlimit/memlimit"
	"github.com/alecthomas/kong"

	"wxdesk/internal/cli/dev"
	"wxdesk/internal/config"
)

// Process is what the command line has of the process that it runs in.
type Process struct {
	Stdin          io.Reader
	Stdout, Stderr io.Writer
	Environ        []string
	MemoryLimit    memlimit.Provider // the memory of the container in bytes; nil: as the cgroup says
}

// commands are the sub-commands; their fields are the flags.
type commands struct {
	Dev        dev.Command   `cmd:"" help:"Run everything on this machine: Postgres, Temporal, API, worker, simulator."`
	API        apiCmd        `cmd:"" name:"api" help:"Serve WeChat's callbacks and the HTTP API."`
	Worker     workerCmd     `cmd:"" help:"Perform conversations and their activities."`
	Migrate    migrateCmd    `cmd:"" help:"Bring the database up to date and register search attributes."`
	Simulate   simulateCmd   `cmd:"" help:"Run a WeChat that fits on a laptop, with a phone to write from."`
	Account    accountCmd    `cmd:"" help:"Create, list, change, try out and delete official accounts."`
	Bot        botCmd        `cmd:"" help:"Create, list, change and delete bots."`
	FAQ        faqCmd        `cmd:"" name:"faq" help:"Add, list, change and delete what the FAQ bot knows."`
	Demo       dev.Demo      `cmd:"" help:"Fill the desk for a try: workstreams, queues, hours, skills, rules and ten agents."`
	Agent      agentCmd      `cmd:"" help:"Keep the people who answer customers."`
	User       userCmd       `cmd:"" help:"Keep who signs in at the desk."`
	Token      tokenCmd      `cmd:"" help:"Create, list and revoke tokens of the HTTP API."`
	Versions   versionsCmd   `cmd:"" help:"Say which versions of the workers there are, and choose the current one."`
	Nudge      nudgeCmd      `cmd:"" help:"Let open conversations move to the current version of the workers."`
	Keys       keysCmd       `cmd:"" help:"Change the master keys: count what each of them seals, seal anew with the first."`
	Quarantine quarantineCmd `cmd:"" help:"List callbacks that could not be read, and hand them over once they can be."`
	Reconcile  reconcileCmd  `cmd:"" help:"Compare what the ledger, the open runs and the assignments say of each conversation."`
	Config     configCmd     `cmd:"" help:"Print the settings with their meaning, secrets hidden."`
	Health     healthCmd     `cmd:"" help:"Ask the process beside this one whether it is well: for health checks of containers."`
	Version    versionCmd    `cmd:"" help:"Print the version."`
}

// exit codes.
const (
	exitOK    = 0
	exitError = 1
	exitUsage = 2
)

// errReported says that the command has already told people what is wrong.
var errReported = errors.New("reported")

// Run runs one command line and returns the exit code. It ends when ctx does.
func Run(ctx context.Context, args []string, p Process) int {
	var cmds commands
	left := -1 // kong wants to exit after --help
	parser, err := kong.New(&cmds,
		kong.Name("wxdesk"),
		kong.Description("A contact centre for WeChat Official Accounts."),
		kong.Writers(p.Stdout, p.Stderr),
		kong.Exit(func(code int) { left = code }),
		kong.UsageOnError(),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(p, devHostOf(p)),
	)
	if err != nil {
		panic(err) // the declaration above is wrong
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if left >= 0 {
		return left
	}
	if err != nil {
		return complain(p, err, exitUsage)
	}
	if err := parsed.Run(); err != nil {
		return complain(p, err, exitError)
	}
	return exitOK
}

func say(p Process, format string, args ...any) { fmt.Fprintf(p.Stdout, format+"\n", args...) }

func complain(p Process, err error, code int) int {
	if !errors.Is(err, errReported) {
		fmt.Fprintf(p.Stderr, "wxdesk: %s\n", strings.ReplaceAll(err.Error(), "\n", "\nwxdesk: "))
	}
	return code
}

// settings loads the configuration and insists on what the command cannot do without.
func settings(p Process, needs ...config.Name) (config.Config, error) {
	cfg, err := config.Load(p.Environ)
	if err != nil {
		return config.Config{}, err
	}
	return cfg, cfg.Require(needs...)
}
