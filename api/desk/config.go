package desk

import (
	"log/slog"
	"time"

	"wxdesk/api/web"
)

// Ports are the stores and services that this package uses.
type Ports struct {
	Conversations Conversations
	Directory     Directory
	Commands      Commands
	RunNotices    RunNotices
	Presences     Presences
	Connections   Connections
	Feed          Feed
	Tokens        TokenChecks
}

// Config is what the desk needs. All its fields must be set.
type Config struct {
	Ports
	Guard   *web.Guard
	Cursors web.Cursors
	// CountProcesses is told how many API processes are alive, this one included.
	CountProcesses func(n int)
	Log            *slog.Logger
	Now            func() time.Time
}
