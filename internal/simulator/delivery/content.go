package delivery

import (
	"cmp"
	"strconv"
	"time"

	"wxdesk/internal/simulator/envelope"
	"wxdesk/internal/simulator/state"
)

// Content is what an account's server is told, in WeChat's words, with the rules that hold for it.
type Content struct {
	Kind     string // MsgType or Event
	Text     string // what the phone shows of it
	Picture  string // where the phone finds a picture to show
	Elements []envelope.Element
	Event    bool          // an event has no MsgId
	Trigger  state.Trigger // the reply window it opens, if any
	Passive  bool          // whether an answer with content is shown
	Raw      string        // the whole document, sent as it is; empty: it is made of the elements
}

// Message makes the content of a customer's message.
func Message(kind, text string, elements ...envelope.Element) Content {
	return Content{Kind: kind, Text: text, Elements: elements, Trigger: state.TriggerMessage, Passive: true}
}

// Event makes the content of an event. It opens no reply window, and no answer to it is shown, unless Opening says so.
func Event(name, text string, elements ...envelope.Element) Content {
	return Content{Kind: name, Text: text, Elements: append([]envelope.Element{envelope.CDATA("Event", name)}, elements...), Event: true}
}

// Opening returns the content of an event that opens a reply window, and whose answer is shown.
func (c Content) Opening(t state.Trigger) Content {
	c.Trigger, c.Passive = t, true
	return c
}

// document writes the XML as captures of real callbacks have it: children one per line, strings in CDATA, numbers bare.
func (c Content) document(originalID, openID string, at time.Time, msgID int64) string {
	children := []envelope.Element{
		envelope.CDATA("ToUserName", originalID),
		envelope.CDATA("FromUserName", openID),
		envelope.Bare("CreateTime", strconv.FormatInt(at.Unix(), 10)),
	}
	if c.Event {
		return envelope.Document(append(append(children, envelope.CDATA("MsgType", "event")), c.Elements...)...)
	}
	children = append(append(children, envelope.CDATA("MsgType", c.Kind)), c.Elements...)
	return envelope.Document(append(children, envelope.Bare("MsgId", strconv.FormatInt(msgID, 10)))...)
}

// fields are what the phone can show beside the text, by WeChat's names.
func (c Content) fields() map[string]string {
	fields := map[string]string{}
	for _, e := range c.Elements {
		if e.Name != "Content" && e.Name != "Event" {
			e.Collect(fields)
		}
	}
	if len(fields) == 0 {
		return nil
	}
	return fields
}

// Callback returns what the account's server must be told, nil if it has no address. The caller holds the store's lock and commits it.
func (c *Courier) Callback(a *state.AccountData, openID string, content Content, created time.Time, id int64) *state.Callback {
	if a.CallbackURL == "" {
		return nil
	}
	return &state.Callback{
		ID: id, AppID: a.AppID, OpenID: openID, Kind: content.Kind,
		Document: cmp.Or(content.Raw, content.document(a.OriginalID, openID, created, id)),
		Message:  !content.Event, Passive: content.Passive, At: c.store.Wall(), Nonce: newNonce(),
	}
}
