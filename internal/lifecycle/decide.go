package lifecycle

import (
	"time"

	"wxdesk/internal/access"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
)

// Decide judges what a person wants of a conversation against how things stand. It answers what follows from it, or why it
// is refused: then nothing changes. It changes nothing itself.
func Decide(now time.Time, s Snapshot, who access.Principal, want Act) (Change, command.Refusal) {
	d := &decision{draft: newDraft(now, s), who: who, want: want}
	me, known := s.Agents[who.AgentID]
	switch {
	case who.AgentID == "":
	case known && !me.Disabled:
		d.me = &me
	case !known && s.Holder == conversation.HolderAgent && s.Agent == who.AgentID:
		d.me = &Agent{ID: who.AgentID} // an agent who is disabled loses what they have, so this one is not
	}
	refused := d.allowed()
	if refused == "" {
		refused = d.do()
	}
	if refused != "" {
		return Change{}, refused
	}
	d.notify()
	return d.finish(), ""
}

// Shown reports whether a person who is refused is shown the conversation as it is: they have seen an older one.
func Shown(r command.Refusal) bool { return r == command.RefusedStale }

// Unseen refuses an act on a conversation that the person may not see: to them it is as if there was none.
const Unseen command.Refusal = "not-found"

// sees reports whether who acts may see the conversation (S5): supervisors every one; an agent those that they have or had,
// that are offered to them, and those that wait in a queue of theirs.
func (d *decision) sees() bool {
	switch {
	case d.supervises():
		return true
	case d.who.AgentID == "":
		return false
	case d.Holder == conversation.HolderAgent && d.Agent == d.who.AgentID:
		return true
	}
	waits := d.Holder == conversation.HolderQueue && d.State != conversation.StateClosed
	return d.Accepted || d.Member && waits
}

// answersOffer reports whether the act answers an offer that was made to who acts, and that is over.
func (d *decision) answersOffer() bool {
	return d.Asked && (d.want.Kind == command.Accept || d.want.Kind == command.Reject)
}

// decision is an act that is being judged.
type decision struct {
	*draft
	who  access.Principal
	want Act
	me   *Agent // the agent who acts; nil where it is no agent
}

// allowed judges what goes for every act: who may see the conversation, whether it is as they have seen it, and whether it
// goes on.
func (d *decision) allowed() command.Refusal {
	switch {
	case !d.sees() && d.answersOffer():
		return command.RefusedOfferOver
	case !d.sees():
		return Unseen
	case d.want.IfRevision != 0 && d.want.IfRevision != d.was.Revision:
		return command.RefusedStale
	case d.State == conversation.StateClosed, d.Wishes.Ending != "" && d.want.Kind != command.ForceClose:
		return command.RefusedClosed
	}
	return ""
}

// do does it, or says why not.
func (d *decision) do() command.Refusal {
	switch d.want.Kind {
	case command.Accept:
		return d.accept()
	case command.Reject:
		return d.reject()
	case command.Pick:
		return d.pick()
	case command.Reply:
		return d.reply()
	case command.Resend:
		return d.resend()
	case command.Note:
		return d.note()
	case command.SetContext:
		return d.setContext()
	case command.SetSkills:
		return d.setSkills()
	case command.Transfer:
		return d.transfer()
	case command.Assign:
		return d.assignAnew()
	case command.Wait:
		return d.wait()
	case command.Resume:
		return d.resume()
	case command.WrapUp:
		return d.wrapUp()
	case command.Close:
		return d.close()
	case command.ForceClose:
		return d.forceClose()
	}
	return command.RefusedNotAllowed // there is no such act
}

// notify has the run told. What does not concern it leaves no notice.
func (d *decision) notify() {
	switch d.want.Kind {
	case command.Note, command.SetContext, command.SetSkills:
		return
	case command.Accept, command.Reject, command.Pick, command.Transfer, command.Assign:
		d.change.Notice = &Notice{Act: string(d.want.Kind), Assignment: true}
	default:
		d.change.Notice = &Notice{Act: string(d.want.Kind)}
	}
}

// supervises reports whether who acts steers every conversation.
func (d *decision) supervises() bool {
	return d.who.Role == access.RoleAdmin || d.who.Role == access.RoleSupervisor
}

// mine reports whether who acts has the conversation.
func (d *decision) mine() bool {
	return d.me != nil && d.Holder == conversation.HolderAgent && d.Agent == d.me.ID
}

// speaks says why who acts may not speak to the customer; "" if they may.
func (d *decision) speaks() command.Refusal {
	switch {
	case !d.mine():
		return command.RefusedNotYours
	case d.State != conversation.StateActive:
		return command.RefusedState
	}
	return ""
}
