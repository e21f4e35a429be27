package desk

import (
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
}

// Config is what the desk needs. All its fields must be set.
type Config struct {
	Ports
	Cursors web.Cursors
	Now     func() time.Time
}
