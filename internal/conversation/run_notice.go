package conversation

// RunNotice tells a run that somebody else has acted in its conversation.
type RunNotice struct {
	Ref
	WorkflowID string
	Number     int64  // raised by every act; a newer one is not deleted with this
	Act        string // what was done: a command.Kind, "assigned" …; shown in the run's timeline
	Assignment bool   // it concerns an assignment: the run is told by agent-assigned, otherwise by agent-acted
}
