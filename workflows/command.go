package workflows

import (
	"slices"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"wxdesk/activities"
	"wxdesk/internal/conversation"
)

// FailureClosed is the type of the error with which a command for a conversation that has ended is refused.
const FailureClosed = "conversation-closed"

// maxDone is how many commands a run remembers, so that one that comes again is not followed again. What it came to stands
// in the ledger.
const maxDone = 200

// Commands are the updates by which people act on a conversation; each is named like its kind.
func Commands() []conversation.CommandKind {
	return []conversation.CommandKind{
		conversation.CommandAccept, conversation.CommandReject, conversation.CommandPick, conversation.CommandReply,
		conversation.CommandNote, conversation.CommandTransfer, conversation.CommandWait, conversation.CommandResume,
		conversation.CommandWrapUp, conversation.CommandClose, conversation.CommandAssign, conversation.CommandForceClose,
		conversation.CommandSetContext, conversation.CommandSetSkills, conversation.CommandResend,
	}
}

// job is a command that waits for its turn, and whoever waits for what it comes to.
type job struct {
	cmd  conversation.PersonCommand
	done workflow.Settable
}

// mayCommand refuses a command that is for another conversation; the one it was for has ended.
func (c *life) mayCommand(_ workflow.Context, cmd conversation.PersonCommand) error {
	if cmd.Conversation != c.st.Conversation || !c.st.Begun {
		return temporal.NewNonRetryableApplicationError("the conversation has ended", FailureClosed, nil)
	}
	return nil
}

// command puts a person's command in line and answers once it is done in the ledger; one that ends the conversation, once
// it has ended.
func (c *life) command(ctx workflow.Context, cmd conversation.PersonCommand) (out conversation.Commanded, err error) {
	c.drain(ctx)
	done, settle := workflow.NewFuture(ctx)
	switch {
	case c.closing == nil:
		c.jobs = append(c.jobs, job{cmd: cmd, done: settle})
	case cmd.Kind == conversation.CommandClose, cmd.Kind == conversation.CommandForceClose:
		c.closing.waiting = append(c.closing.waiting, settle)
	default:
		return conversation.Commanded{Refused: conversation.RefusedClosed, Standing: c.st.Standing}, nil
	}
	err = done.Get(ctx, &out)
	return out, err
}

// readFirst reports whether what the customer wrote is to be received before the next command: a reply is paid for by it, and
// would be refused as one too many. Runs that have done it the other way go on so when they are replayed.
func (c *life) readFirst(ctx workflow.Context) bool {
	if len(c.jobs) == 0 || c.closing != nil || len(c.st.Pending) == 0 {
		return false
	}
	kind := c.jobs[0].cmd.Kind
	return (kind == conversation.CommandReply || kind == conversation.CommandResend) &&
		workflow.GetVersion(ctx, "read-before-reply", workflow.DefaultVersion, 1) == 1
}

// perform does the next command. The ledger judges it: this run may not have heard yet of what somebody else changed.
func (c *life) perform(ctx workflow.Context) error {
	next := c.jobs[0]
	c.jobs = slices.Delete(c.jobs, 0, 1)
	in := activities.CommandInput{Where: c.where(""), Command: next.cmd}
	var out conversation.Commanded
	err := workflow.ExecuteLocalActivity(localLedger(ctx), acts.Command, in).Get(ctx, &out)
	if err != nil {
		err = workflow.ExecuteActivity(ledgerWork(ctx, string(next.cmd.Kind)), acts.Command, in).Get(ctx, &out)
	}
	if err != nil {
		next.done.SetError(err)
		return nil
	}
	if slices.Contains(c.st.Done, next.cmd.ID) {
		next.done.Set(out, nil)
		return nil
	}
	c.st.Done = append(c.st.Done, next.cmd.ID)
	if len(c.st.Done) > maxDone {
		c.st.Done = slices.Delete(c.st.Done, 0, len(c.st.Done)-maxDone)
	}
	if next.cmd.Kind == conversation.CommandNote {
		out.MessageID = "" // kept for colleagues, and for nobody to send
	}
	if out.Closing != "" {
		c.toEnd(out.Closing)
		c.closing.waiting = append(c.closing.waiting, next.done)
	} else {
		next.done.Set(out, nil)
	}
	return c.obey(ctx, out)
}

// obey takes in what the ledger did: how the conversation stands, what will not go out any more, what is to go out.
func (c *life) obey(ctx workflow.Context, out conversation.Commanded) error {
	c.stand(out.Standing)
	c.drop(out.Dropped)
	if out.MessageID != "" {
		c.st.Sends = append(c.st.Sends, Sending{MessageID: out.MessageID})
	}
	return c.showState(ctx)
}

// stand takes in how the conversation stands, unless something newer is known. What the bot was still to do is over once
// people have it.
func (c *life) stand(s conversation.Standing) {
	if !s.Newer(c.st.Standing) {
		return
	}
	c.st.Standing = s
	if s.Holder != conversation.HolderBot {
		c.st.forgetTurns()
	}
	if s.Holder == conversation.HolderAgent {
		c.st.Escalation = nil
	}
}

// drop forgets messages that will not go out any more. One that is being sent is seen through.
func (c *life) drop(ids []conversation.MessageID) {
	first := 0
	if c.sending != nil {
		first = 1
	}
	rest := slices.DeleteFunc(c.st.Sends[min(first, len(c.st.Sends)):], func(s Sending) bool { return slices.Contains(ids, s.MessageID) })
	c.st.Sends = c.st.Sends[:min(first, len(c.st.Sends))+len(rest)]
}
