package bot

import (
	"time"

	"wxdesk/internal/conversation"
)

// Question is what a bot is asked: one message of the customer, with what it needs to know to answer it.
type Question struct {
	Tenant       conversation.Tenant
	AccountID    conversation.AccountID
	Conversation conversation.ID
	Customer     conversation.CustomerID
	TurnID       conversation.MessageID // the message to answer; also the key under which a repeat of the question is recognised
	Kind         string                 // WeChat's MsgType, or the event's name
	Text         string                 // what the customer wrote, or an event's key
	Fields       map[string]string      // what the message carries besides, by WeChat's element names
	At           time.Time              // when the customer wrote it
	Language     conversation.Language  // the account's
	First        bool                   // the conversation's first message: greet if there is nothing better to say
	Replies      int                    // how many messages the customer may still be sent, by our count of WeChat's allowance
	Bot          Bot
}

// Turn is a question that can be asked, or the answer that is stored already.
type Turn struct {
	Question    Question           // its TurnID is "" if nothing is to be asked
	Epoch       conversation.Epoch // in which it is asked
	Traceparent string             // of the message
	// Recent is what bot and customer said right before, if the bot is one that can repeat itself in a loop.
	Recent RecentExchanges
	// Unclassified: it is the conversation's first turn, and there are classification rules to ask before the bot is.
	Unclassified bool
}
