package wechat

import (
	"errors"
	"strings"
)

// Message is what the customer-service API can send: Text, Image, Voice, Video, Music, News, Article, Material, Menu or
// MiniProgramPage, or one of them As somebody, and any of these FromAI.
type Message interface {
	// Kind is WeChat's msgtype.
	Kind() string
	// Check looks at what is certain to be refused: ErrMessageEmpty, ErrMessageIncomplete or ErrMessageArticles. What
	// is too long, or not for this account, WeChat judges.
	Check() error
}

// The errors of messages and passive replies.
var (
	// ErrMessageEmpty says that a text or menu has nothing to show. As a passive reply it would show the fault notice.
	ErrMessageEmpty = errors.New("wechat: message is empty")
	// ErrMessageIncomplete says that a message lacks what its kind cannot do without: a medium, a page, an id.
	ErrMessageIncomplete = errors.New("wechat: message is incomplete")
	// ErrMessageArticles says that News has no article, or more than its way to the customer allows.
	ErrMessageArticles = errors.New("wechat: number of articles is not allowed")
	// ErrMessageTooLong says that a passive text is longer than MaxTextBytes.
	ErrMessageTooLong = errors.New("wechat: message is too long")
)

// Text may hold line breaks and links such as <a href="https://…">…</a>.
type Text struct{ Content string }

// Image is a picture: PNG, JPEG or GIF. MediaID is a temporary or permanent medium of the account, here as below.
type Image struct{ MediaID string }

// Voice is a recording.
type Voice struct{ MediaID string }

// Video is a film. Only the customer-service API uses ThumbMediaID.
type Video struct{ MediaID, ThumbMediaID, Title, Description string }

// Music is a link to a piece of music with a picture, which it needs. HQURL is preferred on Wi-Fi.
type Music struct{ Title, Description, URL, HQURL, ThumbMediaID string }

// News shows articles as cards with a picture, each of which opens a page. The customer-service API takes exactly one
// (45008 otherwise, since 2018-10-12); for passive replies see Reply.
type News struct{ Articles []NewsArticle }

// NewsArticle is one card of News. It needs a title.
type NewsArticle struct{ Title, Description, URL, PicURL string }

// Article shows an article that the account has published (mpnewsarticle).
type Article struct{ ArticleID string }

// Material shows an article that the account keeps as permanent material (mpnews). WeChat takes only material that is there
// already; whoever publishes now sends an Article.
type Material struct{ MediaID string }

// Menu shows a text with lines to tap. A tap comes back as a text message: the line's content, with its id in
// Inbound.MenuID. Sandbox and unverified accounts have none (40200).
type Menu struct {
	Head, Tail string
	Items      []MenuItem
}

// MenuItem is a line of a Menu.
type MenuItem struct{ ID, Content string }

// MiniProgramPage is a card that opens a page of a mini program, which must be linked to the account.
type MiniProgramPage struct{ Title, AppID, PagePath, ThumbMediaID string }

// As sends a message under the name and picture of a customer-service account, written name@account. It must exist
// (65401 otherwise).
type As struct {
	KfAccount string
	Message   Message
}

// FromAI says of a message that a program has written it (aimsgcontext, since 2025), and with InAnswerTo which of the
// customer's messages it answers. WeChat then puts a line below it, as far as is known. Sources differ over the object's
// member, is_ai_msg or msgid: the first is always sent, the second if it is given.
type FromAI struct {
	InAnswerTo string // Inbound.MsgID
	Message    Message
}

// Kind implements Message.
func (Text) Kind() string { return "text" }

// Kind implements Message.
func (Image) Kind() string { return "image" }

// Kind implements Message.
func (Voice) Kind() string { return "voice" }

// Kind implements Message.
func (Video) Kind() string { return "video" }

// Kind implements Message.
func (Music) Kind() string { return "music" }

// Kind implements Message.
func (News) Kind() string { return "news" }

// Kind implements Message.
func (Article) Kind() string { return "mpnewsarticle" }

// Kind implements Message.
func (Material) Kind() string { return "mpnews" }

// Kind implements Message.
func (Menu) Kind() string { return "msgmenu" }

// Kind implements Message.
func (MiniProgramPage) Kind() string { return "miniprogrampage" }

// Kind is the kind of the message that is sent.
func (a As) Kind() string {
	if a.Message == nil {
		return ""
	}
	return a.Message.Kind()
}

// Kind is the kind of the message that is sent.
func (a FromAI) Kind() string {
	if a.Message == nil {
		return ""
	}
	return a.Message.Kind()
}

// Check implements Message.
func (m Text) Check() error {
	if m.Content == "" {
		return ErrMessageEmpty
	}
	return nil
}

// Check implements Message.
func (m Image) Check() error { return complete(m.MediaID) }

// Check implements Message.
func (m Voice) Check() error { return complete(m.MediaID) }

// Check implements Message.
func (m Video) Check() error { return complete(m.MediaID) }

// Check implements Message.
func (m Music) Check() error { return complete(m.ThumbMediaID) }

// Check implements Message.
func (m News) Check() error {
	if len(m.Articles) != 1 {
		return ErrMessageArticles
	}
	return complete(m.Articles[0].Title)
}

// Check implements Message.
func (m Article) Check() error { return complete(m.ArticleID) }

// Check implements Message.
func (m Material) Check() error { return complete(m.MediaID) }

// Check implements Message.
func (m Menu) Check() error {
	if len(m.Items) == 0 {
		return ErrMessageEmpty
	}
	for _, item := range m.Items {
		if err := complete(item.ID, item.Content); err != nil {
			return err
		}
	}
	return nil
}

// Check implements Message.
func (m MiniProgramPage) Check() error { return complete(m.Title, m.AppID, m.PagePath, m.ThumbMediaID) }

// Check looks at the message and at the form of KfAccount.
func (a As) Check() error {
	switch a.Message.(type) {
	case nil, As, FromAI:
		return ErrMessageIncomplete
	}
	if !validKfAccount(a.KfAccount) {
		return ErrMessageIncomplete
	}
	return a.Message.Check()
}

// Check looks at the message, which may be one As somebody.
func (a FromAI) Check() error {
	switch a.Message.(type) {
	case nil, FromAI:
		return ErrMessageIncomplete
	}
	return a.Message.Check()
}

func complete(needed ...string) error {
	for _, s := range needed {
		if carried(s) == "" {
			return ErrMessageIncomplete
		}
	}
	return nil
}

func validKfAccount(s string) bool {
	name, account, found := strings.Cut(s, "@")
	return found && name != "" && account != ""
}
