package wechat

import (
	"fmt"
	"strconv"
	"time"
)

// Success is the answer that accepts a callback without saying anything to the customer. It goes out as it is in every
// mode: encrypted, it would show the customer the platform's fault notice.
const Success = "success"

// ReplyContentType goes with a passive reply.
const ReplyContentType = "text/xml; charset=utf-8"

// MaxTextBytes is how long a text to a customer may be, in UTF-8 bytes. The limit is not documented; 2048 was measured by
// several projects, for passive replies and for the customer-service API alike.
const MaxTextBytes = 2048

// MaxEventArticles is how many articles may answer an event. A message is answered with one; surplus ones are dropped by
// the platform, or the whole reply (since 2018-10-12). Its list of such messages leaves out the short video, but one
// article is right for every message.
const MaxEventArticles = 8

// Passive is what a passive reply can say: Text, Image, Voice, Video, Music, News, Transfer or
// TransferToAI.
type Passive interface {
	// Kind is WeChat's MsgType.
	Kind() string
	appendReply(b []byte, toEvent bool) ([]byte, error)
}

// Transfer hands the customer to WeChat's own human customer service, which gets the messages from then on until its
// session ends. Only a message can be answered so. KfAccount, name@account, may name who takes the session.
type Transfer struct{ KfAccount string }

// Kind implements Passive.
func (Transfer) Kind() string { return "transfer_customer_service" }

// TransferToAI hands the customer's message to WeChat's own AI, which answers in the account's name. Few accounts have it
// yet. Whether an event can be answered so is not documented; here it cannot, as with Transfer.
type TransferToAI struct{}

// Kind implements Passive.
func (TransferToAI) Kind() string { return "transfer_biz_ai_ivr" }

// Reply is a passive reply: the answer to a callback within its own request, of which there is at most one. Nothing tells
// whether it was shown.
type Reply struct {
	From    OriginalID // the account, ToUserName of the callback
	To      OpenID     // the customer, FromUserName of the callback
	ToEvent bool       // the callback was an event, not a message
	Message Passive
	Now     time.Time
}

// ReplyTo answers a message or event.
func ReplyTo(m *Inbound, with Passive, now time.Time) Reply {
	return Reply{From: OriginalID(m.ToUserName), To: m.FromUserName, ToEvent: m.IsEvent(), Message: with, Now: now}
}

// XML is the reply as plain mode wants it. Characters that XML cannot carry are left out. It fails if the platform
// would show its fault notice: with ErrMessageEmpty, ErrMessageTooLong, ErrMessageIncomplete or ErrMessageArticles, and
// with ErrReplyToEvent.
func (r Reply) XML() ([]byte, error) {
	if r.Message == nil {
		return nil, ErrMessageEmpty
	}
	b := make([]byte, 0, 512)
	b = append(b, "<xml>"...)
	b = appendElement(b, "ToUserName", string(r.To))
	b = appendElement(b, "FromUserName", string(r.From))
	b = appendNumber(b, "CreateTime", r.Now.Unix())
	b = appendElement(b, "MsgType", r.Message.Kind())
	b, err := r.Message.appendReply(b, r.ToEvent)
	if err != nil {
		return nil, fmt.Errorf("reply with %s: %w", r.Message.Kind(), err)
	}
	return append(b, "</xml>"...), nil
}

// Wrap seals a passive reply as safe and compatible mode want it, with the cipher that opened the callback. The nonce is
// the callback's own, the time the wrapper's.
func Wrap(c *Cipher, token string, reply []byte, nonce string, now time.Time) ([]byte, error) {
	sealed, err := c.Seal(reply)
	if err != nil {
		return nil, err
	}
	return wrapper(token, sealed, nonce, now.Unix()), nil
}

func wrapper(token string, sealed []byte, nonce string, timestamp int64) []byte {
	signature := Signature(token, strconv.FormatInt(timestamp, 10), nonce, string(sealed))
	b := make([]byte, 0, 256+len(sealed))
	b = append(b, "<xml>"...)
	b = appendElement(b, "Encrypt", string(sealed))
	b = appendElement(b, "MsgSignature", signature)
	b = appendNumber(b, "TimeStamp", timestamp)
	b = appendElement(b, "Nonce", nonce)
	return append(b, "</xml>"...)
}

func appendNumber(b []byte, name string, n int64) []byte {
	b = append(b, "<"+name+">"...)
	b = strconv.AppendInt(b, n, 10)
	return append(b, "</"+name+">"...)
}
