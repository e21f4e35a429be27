package lifecycle

import (
	"cmp"
	"time"

	"wxdesk/internal/conversation"
)

// End closes the conversation: its unsent messages fail, its work is done, its assignment ended or the offer withdrawn. The
// reason is the one that was wished; why counts where none was. Closed is final: repeated it changes nothing. Silence does not end
// what somebody has been given meanwhile.
func End(now time.Time, s Snapshot, why conversation.CloseReason) Change {
	idle := why == conversation.ClosedIdle && s.Wishes.Ending == ""
	if s.State == conversation.StateClosed || idle && (s.Live != nil || s.Holder == conversation.HolderAgent) {
		return Change{}
	}
	d := newDraft(now, s)
	d.end(cmp.Or(s.Wishes.Ending, why))
	return d.finish()
}

// EndWork ends what a conversation that has ended still asks of people.
func EndWork(now time.Time, s Snapshot) Change {
	if s.State != conversation.StateClosed {
		return Change{}
	}
	d := newDraft(now, s)
	d.endAssignment(Voided)
	d.endWork()
	return d.finish()
}

// Void gives up a conversation whose run is lost: it is closed where it is not, what it asks of people is void, and nobody is
// told of what the run has missed.
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
