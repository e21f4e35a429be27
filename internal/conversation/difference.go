package conversation

// Whereabouts is how an open conversation stands, as the ledger or its run tells it: what `reconcile --check` compares.
type Whereabouts struct {
	WorkflowID   string  `db:"workflow_id"`
	Conversation ID      `db:"id"` // "" where a run tells
	State        State   `db:"state"`
	Holder       Holder  `db:"holder"`
	QueueID      QueueID `db:"queue_id"`
	AgentID      AgentID `db:"agent_id"`
	Untold       bool    `db:"untold"` // its run is still to be told of an act: the two may differ until then
}

// Difference is where two that should agree about a conversation do not. It names no person.
type Difference struct {
	About string `db:"about"` // a conversation's id, or a run's workflow id
	What  string `db:"what"`  // a stable sentence
}
