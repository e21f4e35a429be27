// Package dev has the sub-commands for trying wxdesk out. Command runs everything on this machine: it starts Postgres and Temporal, and the
// simulator, the API and the worker as processes of this program. Demo fills the ledger with the queues, agents and rules of a tea house.
package dev

import (
	"context"
	"fmt"
	"io"

	"wxdesk/internal/access"
	"wxdesk/internal/config"
	"wxdesk/internal/devstack"
	"wxdesk/internal/postgres/accounts"
	"wxdesk/internal/postgres/agents"
	"wxdesk/internal/postgres/setup"
	"wxdesk/internal/postgres/tokens"
	"wxdesk/internal/postgres/users"
)

// dir is where `wxdesk dev` keeps everything, below the folder that it is started in.
const dir = ".wxdesk"

// Command is the sub-command dev.
type Command struct {
	Run   runCmd   `cmd:"" default:"withargs" help:"Start everything and keep it running until Ctrl-C (the default)."`
	Stop  stopCmd  `cmd:"" help:"Stop one process of the running system: postgres, temporal, simulator, api or worker."`
	Start startCmd `cmd:"" help:"Start it again."`
}

type stopCmd struct {
	Name string `arg:"" help:"The process."`
}

// Run stops a process of the `wxdesk dev` that runs in this folder.
func (c stopCmd) Run(ctx context.Context) error { return devstack.StopProcess(ctx, dir, c.Name) }

type startCmd struct {
	Name string `arg:"" help:"The process."`
}

// Run starts it again.
func (c startCmd) Run(ctx context.Context) error {
	return devstack.StartProcess(ctx, dir, c.Name)
}

// Ledger is what dev and demo use of the ledger.
type Ledger struct {
	Accounts *accounts.DB
	Agents   *agents.DB
	Setup    *setup.DB
	Sessions *tokens.DB
	Users    *users.DB
	Close    func() error
}

// Host is what dev and demo use of the command line that they are part of.
type Host struct {
	Stdout   io.Writer
	Environ  []string
	Operator access.Actor // who makes the demo, for the audit

	// OpenLedger opens the database that the settings name.
	OpenLedger func(context.Context, config.Config) (*Ledger, error)
	// MigrateDatabase brings it up to date.
	MigrateDatabase func(context.Context, config.Config) error
	// RegisterSearchAttributes makes Temporal know the search attributes of conversations.
	RegisterSearchAttributes func(context.Context, config.Config) error
}

func (h Host) say(format string, args ...any) { fmt.Fprintf(h.Stdout, format+"\n", args...) }
