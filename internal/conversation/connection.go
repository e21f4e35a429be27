package conversation

// AgentConnection is an agent's event stream, which ends at an API process. An agent who has had none for ReconnectGrace is offline.
type AgentConnection struct {
	ID      string // UUID
	Tenant  Tenant
	AgentID AgentID
	TokenID string // UUID of the API token with which it was opened
}

// ConnectionDiff is where the connections of an API process and those of the ledger differ.
type ConnectionDiff struct {
	Unknown []string          // the process has them, the ledger has not: to be connected again
	Stray   []AgentConnection // the ledger has them, the process has not: to be disconnected
	// Processes is how many API processes are alive, this one included.
	Processes int
}
