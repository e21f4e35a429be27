package lifecycle

import (
	"cmp"
	"time"

	"wxdesk/internal/conversation"
)

// End closes the conversation: its unsent messages fail, its work item is done, its assignment ends or the offer is withdrawn. The
// reason is the one that was wished; why counts if none was. Closed is final, so a repeat changes nothing. Silence does not end a
// conversation that an agent has got meanwhile.
func End(now time.Time, s Snapshot, why conversation.CloseReason) Change {
	idle := why == conversation.ClosedIdle && s.Wishes.Ending == ""
	if s.State == conversation.StateClosed || idle && (s.Live != nil || s.Holder == conversation.HolderAgent) {
		return Change{}
	}
	d := newDraft(now, s)
	d.end(cmp.Or(s.Wishes.Ending, why))
	return d.finish()
}

// EndWork ends the work item and the assignment of a conversation that has ended.
func EndWork(now time.Time, s Snapshot) Change {
	if s.State != conversation.StateClosed {
		return Change{}
	}
	d := newDraft(now, s)
	d.endAssignment(Voided)
	d.endWork()
	return d.finish()
}

// Void gives up a conversation whose run is lost. The conversation is closed if it is still open, its work item is void, and nobody
// is told what the run has missed.
func Void(now time.Time, s Snapshot) Change {
	d := newDraft(now, s)
	d.endAssignment(Voided)
	if s.State == conversation.StateClosed {
		d.endWork()
	} else {
		d.end(cmp.Or(s.Wishes.Ending, conversation.ClosedSuperseded))
	}
	d.change.DropNotice = true
	return d.finish()
}
