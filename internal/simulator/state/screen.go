package state

import "time"

// Item is one thing on a customer's screen.
type Item struct {
	N         int               `json:"n"` // position on this screen, from 1
	At        time.Time         `json:"at"`
	From      Author            `json:"from"`
	Channel   Channel           `json:"channel"`
	Kind      string            `json:"kind"` // MsgType, or Event for what is not a message
	Text      string            `json:"text"`
	Fields    map[string]string `json:"fields,omitempty"`   // what a kind has beside text, by WeChat's names
	Picture   string            `json:"picture,omitempty"`  // where the phone finds the picture to show
	Articles  []Article         `json:"articles,omitempty"` // of news
	Menu      *Choices          `json:"menu,omitempty"`     // of msgmenu
	As        string            `json:"as,omitempty"`       // the customer-service account that a custom message shows as its author
	AI        bool              `json:"ai,omitempty"`       // a custom message that says a program has written it
	MsgID     string            `json:"msg_id,omitempty"`   // of the customer's item
	InReplyTo string            `json:"in_reply_to,omitempty"`
	Attempts  int               `json:"attempts,omitempty"` // callbacks begun for the customer's item
	Verdict   Verdict           `json:"verdict,omitempty"`  // and how they ended; empty while they go on
	Rev       int64             `json:"rev"`                // raised whenever the item changes
}

// Article is one card of news.
type Article struct {
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	URL         string `json:"url,omitempty"`
	PicURL      string `json:"pic_url,omitempty"`
}

// Choices is a msgmenu: a question and what can be tapped in answer.
type Choices struct {
	Head string   `json:"head"`
	List []Choice `json:"list"`
	Tail string   `json:"tail"`
}

// Choice is what can be tapped: it arrives as a text with the id as bizmsgmenuid.
type Choice struct {
	ID      string `json:"id"`
	Content string `json:"content"`
}

// Author is who an item is from.
type Author string

const (
	FromCustomer Author = "customer"
	FromAccount  Author = "account"
	FromWeChat   Author = "wechat" // the fault notice
)

// Channel is the way an item came.
type Channel string

const (
	ByCustomer Channel = "customer" // typed or tapped on this phone
	ByPassive  Channel = "passive"  // the answer to a callback
	ByCustom   Channel = "custom"   // message/custom/send
	ByTemplate Channel = "template" // message/template/send
	ByNotice   Channel = "notice"   // WeChat's own words
)
