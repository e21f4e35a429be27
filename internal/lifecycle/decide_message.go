package lifecycle

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"unicode/utf8"

	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
	"wxdesk/internal/wechat"
)

// reply queues a message to the customer. Only the agent who has the conversation may reply, and only while the reply allowance lasts.
func (d *decision) reply() command.Refusal {
	if refused := d.speaks(); refused != "" {
		return refused
	}
	if !sayable(d.want.Text) {
		return command.RefusedText
	}
	if refused := d.allowance(); refused != "" {
		return refused
	}
	d.say(Message{Author: conversation.AuthorAgent, Agent: d.me.ID, Text: d.want.Text, Epoch: d.Epoch, Trace: d.want.Trace}, d.keyed())
	return ""
}

// sayable reports whether WeChat can carry a text.
func sayable(text string) bool {
	return strings.TrimSpace(text) != "" && len(text) <= wechat.MaxTextBytes && utf8.ValidString(text)
}

// allowance returns why WeChat would take no further message for this customer, or "" if it would. It counts messages that wait to be
// sent as sent.
func (d *decision) allowance() command.Refusal {
	left := d.Allowance
	var err error
	for range d.Unsent.Queued + 1 {
		if left, err = left.Spend(d.now); err != nil {
			break
		}
	}
	switch {
	case errors.Is(err, conversation.ErrWindowClosed):
		return command.RefusedWindow
	case err != nil:
		return command.RefusedAllowance
	}
	return ""
}

// resend queues a message again that failed or whose delivery is unknown. Only a person does that.
func (d *decision) resend() command.Refusal {
	if refused := d.speaks(); refused != "" && !d.supervises() {
		return refused
	}
	if d.want.Message == "" {
		return command.RefusedDelivered
	}
	if refused := d.allowance(); refused != "" {
		return refused
	}
	if d.Message != conversation.DeliveryFailed && d.Message != conversation.DeliveryUnknown {
		return command.RefusedDelivered
	}
	d.change.Resend = &Resend{ID: d.want.Message, Epoch: d.Epoch}
	d.addEvents(EventDelivery, DeliveryBody{MessageID: d.want.Message, Status: conversation.DeliveryQueued})
	return ""
}

// note writes a note for colleagues.
func (d *decision) note() command.Refusal {
	if strings.TrimSpace(d.want.Text) == "" || !utf8.ValidString(d.want.Text) {
		return command.RefusedText
	}
	d.LastSeq++
	n := Note{ID: d.New.Message, Seq: d.LastSeq, Author: d.author(), Text: d.want.Text}
	d.change.Note = &n
	d.addEvents(EventNote, NoteBody{n.ID, n.Seq, n.Author, d.keyed()})
	return ""
}

// keyed is the key of the command, and whose it is.
func (d *decision) keyed() Keyed {
	if d.want.Key == "" {
		return Keyed{}
	}
	return Keyed{Key: d.want.Key, KeyOf: d.who.ActorID()}
}

// actor is who acts, as the timeline names them: an agent, or else the user or the API token.
func (d *decision) actor() conversation.Writer {
	switch {
	case d.me != nil:
		return conversation.Writer{Kind: conversation.WriterAgent, ID: string(d.me.ID)}
	case d.who.UserID != "":
		return conversation.Writer{Kind: conversation.WriterUser, ID: d.who.UserID}
	}
	return conversation.Writer{Kind: conversation.WriterToken, ID: d.who.TokenID}
}

// author is the id of the agent who acts, or of the user or the API token if no agent does.
func (d *decision) author() string {
	if d.me != nil {
		return string(d.me.ID)
	}
	return d.who.ActorID()
}

// setContext sets context variables: strings, whole numbers, and null to forget one. All of them or none.
func (d *decision) setContext() command.Refusal {
	if !d.mine() && !d.supervises() {
		return command.RefusedNotYours
	}
	read := json.NewDecoder(strings.NewReader(d.want.Text))
	read.UseNumber()
	var values map[string]any
	if read.Decode(&values) != nil {
		return command.RefusedText
	}
	for name, value := range values {
		if !AcceptsVariable(d.Workstream.Variables, name, value) {
			return command.RefusedVariable
		}
	}
	d.change.Context, d.revised = values, true
	return ""
}

// maxVariable is how many characters a context variable may hold (CTX-1).
const maxVariable = 4000

// AcceptsVariable reports whether a variable is declared and may hold the value. nil forgets it.
func AcceptsVariable(declared []routing.Variable, name string, value any) bool {
	i := slices.IndexFunc(declared, func(v routing.Variable) bool { return v.Name == name })
	if i < 0 {
		return false
	}
	switch value := value.(type) {
	case nil:
		return true
	case string:
		return !declared[i].Number && utf8.RuneCountInString(value) <= maxVariable && !strings.ContainsRune(value, 0)
	default:
		return declared[i].Number && routing.IsWholeNumber(value)
	}
}

// setSkills replaces the skills that the conversation needs (SKL-5). Its agent may do so if the workstream allows it, and
// supervisors. The new skills count for the next assignment; the agent who has the conversation keeps it.
func (d *decision) setSkills() command.Refusal {
	switch {
	case !d.mine() && !d.supervises():
		return command.RefusedNotYours
	case !d.Workstream.AgentsSetSkills && !d.supervises():
		return command.RefusedNotAllowed
	case d.Item == nil:
		return command.RefusedState
	}
	needed, ok := d.want.SkillsWanted()
	if !ok {
		return command.RefusedText
	}
	if slices.ContainsFunc(needed, func(n routing.NeededSkill) bool { return !slices.Contains(d.Skills, n.SkillID) }) {
		return command.RefusedUnknownSkill
	}
	d.change.Skills, d.revised = sorted(needed), true
	d.distribute(d.now)
	d.change.Trace = &Trace{StageCommand, SkillsTrace{d.want.Kind, cmp.Or(string(d.who.AgentID), d.who.ActorID()), d.change.Skills}}
	return ""
}

// SkillsTrace is the trace of skills that somebody has replaced.
type SkillsTrace struct {
	Command command.Kind          `json:"command"`
	By      string                `json:"by"` // an agent's id, a user's, or an API token's
	Skills  []routing.NeededSkill `json:"skills"`
}

// sorted are skills by id, never nil.
func sorted(needed []routing.NeededSkill) []routing.NeededSkill {
	list := append(make([]routing.NeededSkill, 0, len(needed)), needed...)
	slices.SortFunc(list, func(a, b routing.NeededSkill) int { return cmp.Compare(a.SkillID, b.SkillID) })
	return list
}
