package lifecycle

import (
	"time"

	"wxdesk/internal/conversation"
)

// Decide judges what a person wants of a conversation against how things stand. It answers what follows from it, or why it
// is refused: then nothing changes. It changes nothing itself.
func Decide(now time.Time, s Snapshot, who conversation.Principal, want Act) (Change, conversation.Refusal) {
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
func Shown(r conversation.Refusal) bool { return r == conversation.RefusedStale }

// Unseen refuses an act on a conversation that the person may not see: to them it is as if there was none.
const Unseen conversation.Refusal = "not-found"

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
	return d.Asked && (d.want.Kind == conversation.CommandAccept || d.want.Kind == conversation.CommandReject)
}

// decision is an act that is being judged.
type decision struct {
	*draft
	who  conversation.Principal
	want Act
	me   *Agent // the agent who acts; nil where it is no agent
}

// allowed judges what goes for every act: who may see the conversation, whether it is as they have seen it, and whether it
// goes on.
func (d *decision) allowed() conversation.Refusal {
	switch {
	case !d.sees() && d.answersOffer():
		return conversation.RefusedOfferOver
	case !d.sees():
		return Unseen
	case d.want.IfRevision != 0 && d.want.IfRevision != d.was.Revision:
		return conversation.RefusedStale
	case d.State == conversation.StateClosed, d.Wishes.Ending != "" && d.want.Kind != conversation.CommandForceClose:
		return conversation.RefusedClosed
	}
	return ""
}

// do does it, or says why not.
func (d *decision) do() conversation.Refusal {
	switch d.want.Kind {
	case conversation.CommandAccept:
		return d.accept()
	case conversation.CommandReject:
		return d.reject()
	case conversation.CommandPick:
		return d.pick()
	case conversation.CommandReply:
		return d.reply()
	case conversation.CommandResend:
		return d.resend()
	case conversation.CommandNote:
		return d.note()
	case conversation.CommandSetContext:
		return d.setContext()
	case conversation.CommandSetSkills:
		return d.setSkills()
	case conversation.CommandTransfer:
		return d.transfer()
	case conversation.CommandAssign:
		return d.assignAnew()
	case conversation.CommandWait:
		return d.wait()
	case conversation.CommandResume:
		return d.resume()
	case conversation.CommandWrapUp:
		return d.wrapUp()
	case conversation.CommandClose:
		return d.close()
	case conversation.CommandForceClose:
		return d.forceClose()
	}
	return conversation.RefusedNotAllowed // there is no such act
}

// notify has the run told. What does not concern it leaves no notice.
func (d *decision) notify() {
	switch d.want.Kind {
	case conversation.CommandNote, conversation.CommandSetContext, conversation.CommandSetSkills:
		return
	case conversation.CommandAccept, conversation.CommandReject, conversation.CommandPick, conversation.CommandTransfer, conversation.CommandAssign:
		d.change.Notice = &Notice{Act: string(d.want.Kind), Assignment: true}
	default:
		d.change.Notice = &Notice{Act: string(d.want.Kind)}
	}
}

// supervises reports whether who acts steers every conversation.
func (d *decision) supervises() bool {
	return d.who.Role == conversation.RoleAdmin || d.who.Role == conversation.RoleSupervisor
}

// mine reports whether who acts has the conversation.
func (d *decision) mine() bool {
	return d.me != nil && d.Holder == conversation.HolderAgent && d.Agent == d.me.ID
}

// speaks says why who acts may not speak to the customer; "" if they may.
func (d *decision) speaks() conversation.Refusal {
	switch {
	case !d.mine():
		return conversation.RefusedNotYours
	case d.State != conversation.StateActive:
		return conversation.RefusedState
	}
	return ""
}
