package desk

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"wxdesk/api/web"
	"wxdesk/internal/conversation"
)

// ConversationQuery narrows and orders a list of conversations. (Exported because huma looks into no others.)
type ConversationQuery struct {
	States     []conversation.State `query:"state,explode" enum:"open,active,waiting,wrap_up,closed" maxItems:"5" nullable:"false" doc:"May be repeated"`
	Queue      string               `query:"queue" format:"uuid"`
	Agent      string               `query:"agent" format:"uuid"`
	Account    string               `query:"account" format:"uuid"`
	Customer   string               `query:"customer" format:"uuid"`
	Workstream string               `query:"workstream" format:"uuid"`
	Holder     conversation.Holder  `query:"holder" enum:"bot,queue,agent" doc:"Only those that are not closed"`
	Unanswered bool                 `query:"unanswered" doc:"Only those whose customer waits for an answer, and that are not closed"`
	IDs        []string             `query:"ids" maxItems:"100" nullable:"false" doc:"With commas between them"`
	From       time.Time            `query:"from" doc:"Opened then or later"`
	To         time.Time            `query:"to" doc:"Opened before then"`
	Order      conversation.Order   `query:"order" enum:"opened,activity,waited,answer" default:"opened" doc:"Newest first; who wrote last first; who has waited longest for a person first; who has waited longest for an answer first. All but the first are for conversations that are not closed"`
}

func (q ConversationQuery) filter() (conversation.Filter, *web.Problem) {
	for _, id := range slices.Concat([]string{q.Queue, q.Agent, q.Account, q.Customer, q.Workstream}, q.IDs) {
		if id != "" && !web.IsUUID(id) {
			return conversation.Filter{}, web.Invalid.Problem(web.FaultAt("query", "expected ids to be UUIDs in lower case"))
		}
	}
	f := conversation.Filter{
		States: q.States, QueueID: conversation.QueueID(q.Queue), AgentID: conversation.AgentID(q.Agent),
		AccountID: conversation.AccountID(q.Account), CustomerID: conversation.CustomerID(q.Customer),
		WorkstreamID: conversation.WorkstreamID(q.Workstream), Holder: q.Holder, Unanswered: q.Unanswered, From: q.From, To: q.To, Order: q.Order,
	}
	for _, id := range q.IDs {
		if id != "" {
			f.IDs = append(f.IDs, conversation.ID(id))
		}
	}
	if f.OpenOnly() && slices.Contains(f.States, conversation.StateClosed) {
		return f, web.Invalid.Problem(web.FaultAt("query.state", "expected no closed ones with this order, with holder or with unanswered"))
	}
	return f, nil
}

// key is the text by which a cursor knows its list.
func (q ConversationQuery) key() string {
	var states []string
	for _, s := range q.States {
		states = append(states, string(s))
	}
	return strings.Join([]string{
		strings.Join(states, ","), q.Queue, q.Agent, q.Account, q.Customer, q.Workstream, string(q.Holder), strconv.FormatBool(q.Unanswered),
		strings.Join(q.IDs, ","), q.From.UTC().Format(time.RFC3339Nano), q.To.UTC().Format(time.RFC3339Nano), string(q.Order),
	}, " ")
}

// conversationPage is a page of conversations, with how many there are of each state where that is asked for.
type conversationPage struct {
	web.Page[ConversationView]
	Counts *countsView `json:"counts,omitempty"`
}

type countsView struct {
	Open    int `json:"open" doc:"10,000 stands for that many and more"`
	Active  int `json:"active"`
	Waiting int `json:"waiting"`
	WrapUp  int `json:"wrap_up"`
	Closed  int `json:"closed"`
}

// ListConversations answers with a page of the conversations that the caller may see.
func (d *Desk) ListConversations(ctx context.Context, in *struct {
	ConversationQuery
	Counts bool   `query:"counts" doc:"Whether to count them by state, whatever states are asked for"`
	Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	Cursor string `query:"cursor" maxLength:"512" doc:"The next of the page before"`
},
) (*struct{ Body conversationPage }, error) {
	f, refused := in.filter()
	if refused != nil {
		return nil, refused
	}
	who := web.CallerOf(ctx)
	list := []string{"conversations", string(who.Tenant), string(who.Viewer().AgentID), in.key()}
	position, err := d.cursors.Position(in.Cursor, list...)
	if err != nil {
		return nil, err
	}
	found, err := d.cfg.Conversations.Conversations(ctx, who.Viewer(), f, readPosition(position), in.Limit+1)
	if err != nil {
		return nil, err
	}
	page := conversationPage{Page: web.PageOf(found, in.Limit, d.viewConversation, func(last conversation.Conversation) string {
		return d.cursors.After(writePosition(last.PositionIn(f.Order)), list...)
	})}
	if in.Counts {
		n, err := d.cfg.Conversations.CountConversations(ctx, who.Viewer(), f)
		if err != nil {
			return nil, err
		}
		page.Counts = &countsView{
			n[conversation.StateOpen], n[conversation.StateActive], n[conversation.StateWaiting], n[conversation.StateWrapUp], n[conversation.StateClosed],
		}
	}
	return &struct{ Body conversationPage }{page}, nil
}

// writePosition and readPosition carry a conversation.Position through a cursor, whose HMAC proves that it was written
// here.
func writePosition(p conversation.Position) string {
	return p.At.UTC().Format(time.RFC3339Nano) + " " + string(p.ID)
}

func readPosition(text string) conversation.Position {
	at, id, _ := strings.Cut(text, " ")
	then, err := time.Parse(time.RFC3339Nano, at)
	if err != nil {
		return conversation.Position{}
	}
	return conversation.Position{At: then, ID: conversation.ID(id)}
}
