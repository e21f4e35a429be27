package conversation

// AgentConnection is an agent's event stream, which ends at an API process. Offline means that an agent has none.
type AgentConnection struct {
	ID      string // UUID
	Tenant  Tenant
	AgentID AgentID
}

// ConnectionDiff is where the connections of an API process and those of the ledger differ.
type ConnectionDiff struct {
	Unknown []string          // the process has them, the ledger has not: to be connected again
	Stray   []AgentConnection // the ledger has them, the process has not: to be disconnected
	// Processes is how many API processes are alive, this one included.
	Processes int
}
