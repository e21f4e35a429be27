package reconcile

import "wxdesk/internal/conversation"

// Report says how an open conversation stands, according to the ledger or to its run. `reconcile --check` compares the two.
type Report struct {
	WorkflowID    string               `db:"workflow_id"`
	Conversation  conversation.ID      `db:"id"` // "" in the report of a run
	State         conversation.State   `db:"state"`
	Holder        conversation.Holder  `db:"holder"`
	QueueID       conversation.QueueID `db:"queue_id"`
	AgentID       conversation.AgentID `db:"agent_id"`
	NoticePending bool                 `db:"notice_pending"` // its run is still to be told of an act: the two may differ until then
}

// Difference is a difference between the ledger and a run, or between two tables, about one conversation. It names no person.
type Difference struct {
	About string `db:"about"` // a conversation's id, or a run's workflow id
	What  string `db:"what"`  // a stable sentence
}
