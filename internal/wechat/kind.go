package wechat

import (
	"strings"
	"unicode"
)

// Concern says what a message or event is to the contact centre.
type Concern int

// The concerns.
const (
	ConcernConversation Concern = iota + 1 // a customer says or wants something
	ConcernUnsubscribe                     // a customer leaves: the conversation closes
	ConcernEvent                           // no conversation is concerned; the events table keeps it
)

// String implements fmt.Stringer.
func (c Concern) String() string {
	switch c {
	case ConcernConversation:
		return "conversation"
	case ConcernUnsubscribe:
		return "unsubscribe"
	case ConcernEvent:
		return "event"
	}
	return "unknown"
}

// IsEvent reports whether m is an event rather than a message.
func (m *Inbound) IsEvent() bool { return m.MsgType == "event" }

// Kind is WeChat's MsgType, or the event's name.
func (m *Inbound) Kind() string {
	if m.IsEvent() && m.Event != "" {
		return m.Event
	}
	return m.MsgType
}

// Concern sorts m: all messages and what a customer does with menus and QR codes concern a conversation, of which
// subscribe begins one with a greeting.
func (m *Inbound) Concern() Concern {
	if !m.IsEvent() {
		return ConcernConversation
	}
	switch m.Event {
	case "unsubscribe":
		return ConcernUnsubscribe
	case "subscribe", "SCAN", "CLICK", "location_select":
		return ConcernConversation
	}
	if strings.HasPrefix(m.Event, "scancode_") || strings.HasPrefix(m.Event, "pic_") {
		return ConcernConversation
	}
	return ConcernEvent
}

// Text is what the customer said: the content of a text, the transcript of a voice message if there is one, "" for all
// else.
func (m *Inbound) Text() string {
	switch m.MsgType {
	case "text":
		return m.Content
	case "voice":
		return m.Recognition
	}
	return ""
}

// Blank reports whether a text shows nothing at all: it is empty, or has only white space, invisible and formatting
// characters (X15).
func Blank(text string) bool {
	return strings.IndexFunc(text, visible) < 0
}

func visible(r rune) bool {
	if unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r) {
		return false
	}
	switch r {
	case 0x034F, // combining grapheme joiner
		0x115F, 0x1160, 0x3164, 0xFFA0, // Hangul fillers
		0x17B4, 0x17B5, // Khmer inherent vowels
		0x2800: // braille without dots
		return false
	}
	return true
}
