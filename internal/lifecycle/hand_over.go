package lifecycle

import (
	"slices"
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// NoticePart is the place of the automated message of a hand-over among the messages that answer the same message: after all that a
// bot may have said.
const NoticePart = 1000

// HandOver moves the conversation to the queue that was decided, if a hand-over is wished. It waits there, with a work item and an
// automated message. Messages that the bot has not sent yet fail, and no message waits for the bot any more. If the decision is to
// end the conversation, the end is wished and no work item is made. If no hand-over is wished it changes nothing. If the end is
// wished too, the wish for a hand-over is dropped.
func HandOver(now time.Time, s Snapshot, to routing.Decision) Change {
	if s.Wishes.HandOver == "" || s.State == conversation.StateClosed {
		return Change{}
	}
	d := newDraft(now, s)
	turn, nobody := d.Wishes.Turn, s.Holder == conversation.HolderQueue && s.Queue == ""
	if s.Wishes.Ending != "" || s.Holder != conversation.HolderBot && !nobody { // they have it, or nobody needs them
		d.wish(Wishes{Ending: s.Wishes.Ending})
		d.change.NoTurns = true
		return d.finish()
	}
	d.change.Escalated = d.Holder == conversation.HolderBot
	d.change.Workstream, d.change.Empty = d.Workstream.ID, to.Empty
	d.change.NoTurns = true
	d.step(Step{What: StepHandedOver, By: handsOver(d.Wishes.HandOver), Queue: to.QueueID, Reason: string(d.Wishes.HandOver)})
	d.wish(Wishes{})
	d.move(conversation.StateOpen, conversation.HolderQueue, to.QueueID, "")
	trace := HandOverTrace{MessageID: turn, QueueID: to.QueueID, Notice: to.Notice, Alert: to.Alert, Trace: to.Trace}
	if !to.End {
		d.newItem(to)
	}
	d.automated(to.Notice, turn, NoticePart)
	if len(d.change.Say) > 0 {
		trace.NoticeID = d.change.Say[0].ID
	}
	if to.End {
		trace.Closing = conversation.ClosedOverflow
		d.wishEnd(conversation.ClosedOverflow)
	}
	if to.Alert != "" {
		d.addEvent(Event{Kind: EventAlert, Body: AlertBody{to.Alert, d.Queue}})
	}
	d.change.Trace = &Trace{StageRoute, trace}
	return d.finish()
}

// handsOver returns who hands a conversation over for a reason; the zero value stands for who acts in the draft.
func handsOver(why conversation.EscalationReason) conversation.Writer {
	if why == conversation.EscalatedByBot {
		return conversation.Writer{Kind: conversation.WriterBot}
	}
	return conversation.Writer{}
}

// HandOverTrace says why a conversation went to its queue, and what happened there.
type HandOverTrace struct {
	MessageID conversation.MessageID   `json:"message_id"`
	QueueID   conversation.QueueID     `json:"queue_id"`
	Notice    routing.Notice           `json:"notice,omitempty"`
	Alert     string                   `json:"alert,omitempty"`
	NoticeID  conversation.MessageID   `json:"notice_id,omitempty"`
	Closing   conversation.CloseReason `json:"closing,omitempty"`
	routing.Trace
}

// newItem makes the work item of a conversation that has come to its queue. It is kept for the agent who had the customer's
// last conversation (WS-11, D1), unless that ended longer ago than the workstream says.
func (d *draft) newItem(to routing.Decision) {
	w := d.Workstream
	i := Item{
		ID: d.New.Item, Queue: to.QueueID, State: ItemWaiting, Mode: w.Mode, Units: w.Units, Profiles: slices.Sorted(slices.Values(to.Profiles)),
		Skills: sorted(to.Skills), SkillMatch: w.SkillMatch, Presences: w.Presences, Overflow: to.Overflow,
		QueuedAt: d.now, Since: d.LastCustomerAt, Priority: to.Priority, Preferred: d.Preferred, Attributes: to.Attributes,
	}
	if len(i.Profiles) > 0 {
		i.Units = 0 // profiles count in place of units
	}
	if w.Affinity && d.now.Sub(d.LastEnded) <= w.AffinityAge {
		d.keep(&i, d.LastAgent)
	}
	d.Item, d.change.NewItem = &i, &i
	d.distribute(d.now)
}
