package feed

import (
	"time"

	"wxdesk/internal/conversation"
)

// Connection is an agent's event stream, which ends at an API process. An agent who has had none for ReconnectGrace is offline.
// One that a person has opened counts only while they are at work (their shift).
type Connection struct {
	ID        string // UUID
	Tenant    conversation.Tenant
	AgentID   conversation.AgentID
	TokenID   string // UUID of the API token with which it was opened; "" for a person
	UserID    string // UUID of the person; "" for an API token
	SessionID string // UUID of the person's session
}

// ConnectionDiff is the difference between an API process's open connections and those that the ledger has for the process.
type ConnectionDiff struct {
	Unknown []string     // only the process has them: connect them again
	Stray   []Connection // only the ledger has them: disconnect them
	// Processes is how many API processes are alive, this one included.
	Processes int
}

// Numbers of presence.
const (
	// ReconnectGrace is how long nobody is told that an agent has lost their last connection. Reloading a page, or changing the
	// network, takes less.
	ReconnectGrace  = 10 * time.Second
	DisconnectGrace = 150 * time.Second // PRE-7, D4: how long an agent's work waits for the agent to come back
	ProcessSilence  = 15 * time.Second  // after this an API process has lost its agent connections
)
