package lifecycle

import (
	"cmp"
	"time"

	"wxdesk/internal/access"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
)

// Decide judges a person's command by the present state of the conversation. It returns the change that follows, or the reason why the
// command is refused. It writes nothing itself.
func Decide(now time.Time, s Snapshot, who access.Principal, want Act) (Change, command.Refusal) {
	d := &decision{draft: newDraft(now, s), who: who, want: want}
	d.New.Message = cmp.Or(want.ID, d.New.Message)
	me, known := s.Agents[who.AgentID]
	switch {
	case who.AgentID == "":
	case known && !me.Disabled:
		d.me = &me
	case !known && s.Holder == conversation.HolderAgent && s.Agent == who.AgentID:
		d.me = &Agent{ID: who.AgentID} // an agent who is disabled loses what they have, so this one is not
	}
	d.by = d.actor()
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

// Shown reports whether a person who is refused gets the conversation as it is now, because they have seen an older state of it.
func Shown(r command.Refusal) bool { return r == command.RefusedStale }

// Unseen refuses an act on a conversation that the person may not see. It looks the same as a conversation that does not exist.
const Unseen command.Refusal = "not-found"

// sees reports whether the person who acts may see the conversation (S5). A supervisor sees every conversation. An agent sees
// those that they have or had, those that are offered to them, and those that wait in one of their queues.
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

// answersOffer reports whether the act answers an offer that was made to the person who acts and is over.
func (d *decision) answersOffer() bool {
	return d.Asked && (d.want.Kind == command.Accept || d.want.Kind == command.Reject || d.want.Kind == command.Seen)
}

// decision is an act that is being judged.
type decision struct {
	*draft
	who  access.Principal
	want Act
	me   *Agent // the agent who acts; nil if it is no agent
}

// allowed checks what all commands need: the person may see the conversation, the conversation is as they have seen it, and it has not
// ended.
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

// do carries out the command, or returns why it is refused.
func (d *decision) do() command.Refusal {
	switch d.want.Kind {
	case command.Accept:
		return d.accept()
	case command.Reject:
		return d.reject()
	case command.Seen:
		return d.seen()
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

// notify leaves a notice for the run, unless the command does not concern it.
func (d *decision) notify() {
	switch d.want.Kind {
	case command.Note, command.SetContext, command.SetSkills, command.Seen:
		return
	case command.Accept, command.Reject, command.Pick, command.Transfer, command.Assign:
		d.change.Notice = &Notice{Act: string(d.want.Kind), Assignment: true}
	default:
		d.change.Notice = &Notice{Act: string(d.want.Kind)}
	}
}

// supervises reports whether the person who acts is a supervisor or an administrator.
func (d *decision) supervises() bool {
	return d.who.Role == access.RoleAdmin || d.who.Role == access.RoleSupervisor
}

// mine reports whether the person who acts has the conversation.
func (d *decision) mine() bool {
	return d.me != nil && d.Holder == conversation.HolderAgent && d.Agent == d.me.ID
}

// speaks returns why the person who acts may not write to the customer, or "" if they may.
func (d *decision) speaks() command.Refusal {
	switch {
	case !d.mine():
		return command.RefusedNotYours
	case d.State != conversation.StateActive:
		return command.RefusedState
	}
	return ""
}
