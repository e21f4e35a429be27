package conversation

// AgentConnection is an agent's event stream, which ends at an API process. An agent who has had none for ReconnectGrace is offline.
type AgentConnection struct {
	ID      string // UUID
	Tenant  Tenant
	AgentID AgentID
	TokenID string // UUID of the API token with which it was opened
}

// ConnectionDiff is the difference between an API process's open connections and those that the ledger has for the process.
type ConnectionDiff struct {
	Unknown []string          // only the process has them: connect them again
	Stray   []AgentConnection // only the ledger has them: disconnect them
	// Processes is how many API processes are alive, this one included.
	Processes int
}
