package conversation

// RunNotice is for a run: an act that somebody else than the run did in its conversation, and of which it has not been told yet.
type RunNotice struct {
	Ref
	WorkflowID string
	Number     int64  // raised by every act; a newer one is not deleted with this
	Act        string // what was done: a command.Kind, "assigned" …; shown in the run's timeline
	Assignment bool   // it concerns an assignment: the run is told by agent-assigned, otherwise by agent-acted
}
