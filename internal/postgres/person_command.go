package postgres

import (
	"context"
	"fmt"

	"github.com/jmoiron/sqlx"

	"wxdesk/internal/conversation"
)

// act is what a person does, under way.
type act struct {
	*talk
	cmd    conversation.PersonCommand
	text   string  // what came with it; "" where nothing did
	trace  string  // of the request
	me     *person // the agent who acts; nil where it is no agent
	moved  bool    // the standing was changed, and nobody has been told yet
	asked  bool    // the conversation was offered to the one who acts before
	before conversation.AgentID
	made   conversation.MessageID // what was written, or is sent again
}

// act judges and does what a person asks. actRefused where it may not be.
func (db *DB) act(ctx context.Context, tx *sqlx.Tx, r conversation.ActRequest) (conversation.Acted, error) {
	c, cmd := conversation.Ref{Tenant: r.Tenant, Conversation: r.Conversation}, r.PersonCommand
	cmd.QueueID, cmd.AgentID = knownForm(cmd.QueueID), conversation.AgentID(knownForm(conversation.QueueID(cmd.AgentID)))
	t, err := db.lockConversing(ctx, tx, c)
	if err != nil {
		return conversation.Acted{}, err
	}
	a := &act{talk: t, cmd: cmd, text: r.Text, trace: r.Traceparent, before: t.Agent}
	refused, err := a.may(ctx)
	if err == nil && refused == "" {
		refused, err = a.do(ctx)
	}
	switch {
	case err != nil:
		return conversation.Acted{}, err
	case refused == conversation.RefusedStale:
		now, err := db.actedNow(ctx, tx, r)
		if err != nil {
			return conversation.Acted{}, err
		}
		now.Refused = refused
		return now, &actRefused{now}
	case refused != "":
		return conversation.Acted{}, &actRefused{conversation.Acted{Refused: refused, At: t.Now.UTC()}}
	}
	return a.finish(ctx)
}

// may judges what goes for every act, and reads what only some need. ErrNotFound where the one who acts may not see the
// conversation.
func (a *act) may(ctx context.Context) (conversation.Refusal, error) {
	seen, err := a.seen(ctx)
	switch {
	case err != nil:
		return "", err
	case !seen && a.answersOffer():
		return conversation.RefusedOfferOver, nil
	case !seen:
		return "", conversation.ErrNotFound
	case a.cmd.IfRevision != 0 && a.cmd.IfRevision != a.Revision:
		return conversation.RefusedStale, nil
	case a.State == conversation.StateClosed, a.Ending != "" && a.cmd.Kind != conversation.CommandForceClose:
		return conversation.RefusedClosed, nil
	case a.cmd.Kind == conversation.CommandReply: // it changes nothing of the work; so a refused one costs little
		if a.Holder == conversation.HolderAgent && a.Agent == a.cmd.By.AgentID {
			a.me = &person{ID: a.Agent} // no longer, had they been disabled: that releases their work
		}
		return "", nil
	}
	if err := a.lockRest(ctx, a.cmd.By.AgentID, a.cmd.AgentID); err != nil {
		return "", err
	}
	if me, ok := a.people[a.cmd.By.AgentID]; ok && !me.Disabled {
		a.me = &me
	}
	return "", nil
}

// seen reports whether the one who acts may see the conversation (S5), as listed says: supervisors every one; an agent those
// that they have or had, that are offered to them, and those that wait in a queue of theirs.
func (a *act) seen(ctx context.Context) (bool, error) {
	switch by := a.cmd.By; {
	case a.supervises():
		return true, nil
	case by.AgentID == "":
		return false, nil
	case a.Holder == conversation.HolderAgent && a.Agent == by.AgentID:
		return true, nil
	}
	const query = `
		select exists (
				select from assignments where tenant = $1 and conversation_id = $2 and agent_id = $3 and (state = 'offered' or accepted_at is not null))
			or $4 and exists (select from queue_members where tenant = $1 and queue_id = nullif($5, '')::uuid and agent_id = $3) as seen,
			exists (select from assignments where tenant = $1 and conversation_id = $2 and agent_id = $3) as asked`
	var row struct {
		Seen  bool `db:"seen"`
		Asked bool `db:"asked"`
	}
	waits := a.Holder == conversation.HolderQueue && a.State != conversation.StateClosed
	err := a.tx.GetContext(ctx, &row, query, a.ref.Tenant, a.ref.Conversation, a.cmd.By.AgentID, waits, string(a.Queue))
	a.asked = row.Asked
	return row.Seen, err
}

// answersOffer reports whether the act is the answer to an offer that was made to the one who acts, and that is over.
func (a *act) answersOffer() bool {
	return a.asked && (a.cmd.Kind == conversation.CommandAccept || a.cmd.Kind == conversation.CommandReject)
}

// finish tells everybody of an act that was done, and keeps for its repeats what it came to.
func (a *act) finish(ctx context.Context) (conversation.Acted, error) {
	if a.moved {
		if _, err := changed(ctx, a.tx, a.ref, a.before); err != nil {
			return conversation.Acted{}, err
		}
	}
	if err := a.tellDropped(ctx); err != nil {
		return conversation.Acted{}, err
	}
	after, err := a.db.readConversation(ctx, a.tx, a.ref)
	if err != nil {
		return conversation.Acted{}, err
	}
	done, err := a.keepActed(ctx, a.cmd.ID, conversation.Acted{Conversation: after, MessageID: a.made, At: a.Now.UTC()})
	if err != nil {
		return conversation.Acted{}, err
	}
	if assignment, wanted := tellsRun(a.cmd.Kind); wanted {
		notice, err := noticeRun(ctx, a.tx, a.ref, string(a.cmd.Kind), assignment)
		if err != nil {
			return conversation.Acted{}, err
		}
		done.Notice = &notice
	}
	return done, nil
}

// tellsRun reports whether a conversation's run is told of an act, and whether as one that concerns an assignment.
func tellsRun(kind conversation.CommandKind) (assignment, wanted bool) {
	switch kind {
	case conversation.CommandNote, conversation.CommandSetContext, conversation.CommandSetSkills:
		return false, false
	case conversation.CommandAccept, conversation.CommandReject, conversation.CommandPick, conversation.CommandTransfer, conversation.CommandAssign:
		return true, true
	}
	return false, true
}

// tellDropped tells those who have or had the conversation of messages that will not go out any more.
func (a *act) tellDropped(ctx context.Context) error {
	var rows []feedRow
	for _, id := range a.dropped {
		body := deliveryBody{MessageID: id, Status: conversation.DeliveryFailed, Reason: reasonSuperseded}
		rows = append(rows, a.row(feedDelivery, body))
		if a.before != "" && a.before != a.Agent {
			rows = append(rows, feedRow{Kind: feedDelivery, Conversation: a.ref.Conversation, Agent: a.before, Body: body})
		}
	}
	return publishAll(ctx, a.tx, a.ref.Tenant, rows)
}

// supervises reports whether the one who acts steers every conversation.
func (a *act) supervises() bool {
	return a.cmd.By.Role == conversation.RoleAdmin || a.cmd.By.Role == conversation.RoleSupervisor
}

// mine reports whether the one who acts has the conversation.
func (a *act) mine() bool {
	return a.me != nil && a.Holder == conversation.HolderAgent && a.Agent == a.me.ID
}

// do does it, or says why not.
func (a *act) do(ctx context.Context) (conversation.Refusal, error) {
	switch a.cmd.Kind {
	case conversation.CommandAccept:
		return a.accept(ctx)
	case conversation.CommandReject:
		return a.reject(ctx)
	case conversation.CommandPick:
		return a.pick(ctx)
	case conversation.CommandReply:
		return a.reply(ctx)
	case conversation.CommandResend:
		return a.resend(ctx)
	case conversation.CommandNote:
		return a.note(ctx)
	case conversation.CommandSetContext:
		return a.setContext(ctx)
	case conversation.CommandSetSkills:
		return a.setSkills(ctx)
	case conversation.CommandTransfer:
		return a.transfer(ctx)
	case conversation.CommandAssign:
		return a.assign(ctx)
	case conversation.CommandWait:
		return a.wait(ctx)
	case conversation.CommandResume:
		return a.resume(ctx)
	case conversation.CommandWrapUp:
		return a.wrapUp(ctx)
	case conversation.CommandClose:
		return a.close(ctx)
	case conversation.CommandForceClose:
		return a.forceClose(ctx)
	}
	return "", fmt.Errorf("unknown command %q", a.cmd.Kind)
}
