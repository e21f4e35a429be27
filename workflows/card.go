package workflows

import (
	"fmt"
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"

	"wxdesk/internal/conversation"
)

// Search attributes by which operators find conversations. They name no person.
var (
	AttrAccount      = temporal.NewSearchAttributeKeyKeyword("WxAccount")
	AttrState        = temporal.NewSearchAttributeKeyKeyword("ConvState")
	AttrHolder       = temporal.NewSearchAttributeKeyKeyword("ConvHolder")
	AttrQueue        = temporal.NewSearchAttributeKeyKeyword("ConvQueue")
	AttrAgent        = temporal.NewSearchAttributeKeyKeyword("ConvAgent")
	AttrWaitingSince = temporal.NewSearchAttributeKeyTime("WaitingSince")
)

// FirstAttributes are those that a new conversation starts with, set by who starts it, so that the usual run upserts
// none.
func FirstAttributes(account conversation.AccountID) temporal.SearchAttributes {
	return temporal.NewSearchAttributes(
		AttrAccount.ValueSet(string(account)),
		AttrState.ValueSet(string(conversation.StateActive)),
		AttrHolder.ValueSet(string(conversation.HolderBot)),
	)
}

// show updates what operators see of the conversation. It is called before every wait and end, so that several steps of a workflow
// task cost at most one change of the search attributes.
func (c *run) show(ctx workflow.Context) error {
	c.showCard(ctx)
	if !c.st.Begun {
		return nil
	}
	shown := workflow.GetTypedSearchAttributes(ctx)
	var changes []temporal.SearchAttributeUpdate
	set := func(key temporal.SearchAttributeKeyKeyword, want string) {
		got, ok := shown.GetKeyword(key)
		switch {
		case want == "" && ok:
			changes = append(changes, key.ValueUnset())
		case want != "" && got != want:
			changes = append(changes, key.ValueSet(want))
		}
	}
	set(AttrAccount, string(c.in.AccountID))
	set(AttrState, string(c.st.State))
	set(AttrHolder, string(c.st.Holder))
	set(AttrQueue, string(c.st.QueueID))
	set(AttrAgent, string(c.st.AgentID))
	since, ok := shown.GetTime(AttrWaitingSince)
	switch {
	case c.st.WaitingSince.IsZero() && ok:
		changes = append(changes, AttrWaitingSince.ValueUnset())
	case !c.st.WaitingSince.IsZero() && !since.Equal(c.st.WaitingSince):
		changes = append(changes, AttrWaitingSince.ValueSet(c.st.WaitingSince))
	}
	if len(changes) == 0 {
		return nil
	}
	return workflow.UpsertTypedSearchAttributes(ctx, changes...)
}

// showCard writes what an operator reads in the Web UI under "current details".
func (c *run) showCard(ctx workflow.Context) {
	card := fmt.Sprintf("**%s**, held by %s", c.st.State, c.st.Holder)
	if c.st.QueueName != "" && c.st.Holder == conversation.HolderQueue {
		card += fmt.Sprintf(" *%s*", c.st.QueueName)
	}
	card += fmt.Sprintf("\n\n- conversation `%s`\n- %d lines of the customer, the last at %s\n",
		c.st.Conversation, c.st.Lines, c.st.LastActivity.UTC().Format(time.RFC3339))
	if !c.st.WaitingSince.IsZero() {
		card += fmt.Sprintf("- waiting since %s\n", c.st.WaitingSince.UTC().Format(time.RFC3339))
	}
	if n := len(c.st.Pending); n > 0 {
		card += fmt.Sprintf("- to receive: %d\n", n)
	}
	for _, owed := range []struct {
		is   bool
		what string
		at   time.Time
	}{
		{c.st.Owed.Turn, "an answer of the bot", c.askAt()},
		{c.st.Owed.Send, "a message to WeChat", c.sendAt()},
		{c.handOverOwed(), "the hand-over to people", c.st.Pauses[doRoute].Until},
		{c.st.Owed.End, "the end", c.st.Pauses[doClose].Until},
	} {
		switch {
		case owed.is && owed.at.After(workflow.Now(ctx)):
			card += fmt.Sprintf("- owes %s, not before %s\n", owed.what, owed.at.UTC().Format(time.RFC3339))
		case owed.is:
			card += fmt.Sprintf("- owes %s\n", owed.what)
		}
	}
	if c.st.AgentID != "" {
		card += fmt.Sprintf("- agent `%s`\n", c.st.AgentID)
	}
	if o := c.st.Offer; o != nil {
		card += fmt.Sprintf("- offered to agent `%s`\n", o.AgentID)
	}
	for _, due := range c.st.Due {
		card += fmt.Sprintf("- %s at %s\n", due.What, due.At.UTC().Format(time.RFC3339))
	}
	if at := c.idleAt(); !at.IsZero() && !c.st.isClosed() {
		card += fmt.Sprintf("- closes %s if nobody writes\n", at.UTC().Format(time.RFC3339))
	}
	workflow.SetCurrentDetails(ctx, card)
}

// Overview is the answer to the state query: State, with counts in place of ciphertext.
type Overview struct {
	State
	Pending int
	Seen    int
	Busy    bool
	Alarm   time.Time `json:",omitzero"` // when the run goes on by itself
}

func (c *run) overview() (Overview, error) {
	o := Overview{State: c.st, Pending: len(c.st.Pending), Seen: len(c.st.Seen), Busy: c.busy(), Alarm: c.alarm.at}
	o.State.Pending, o.State.Seen = nil, nil
	return o, nil
}
