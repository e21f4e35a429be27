package simulator

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"wxdesk/internal/simulator/envelope"
)

// mediaLookup finds a medium of one of the kinds in the account's store, and the picture that shows it, if any.
type mediaLookup func(id string, kinds ...mediaKind) (picture string, found bool)

// expectation is what an account's answer to one callback must fit.
type expectation struct {
	mode       Mode
	token      string
	key        string // the EncodingAESKey the callback was encrypted with; the answer must use it too
	appID      string
	originalID string
	openID     string
	message    bool // the callback was a customer's message, not an event
	textLimit  int  // bytes

	media mediaLookup
}

// Reply is what a well-formed passive reply shows.
type Reply struct {
	Kind     string
	Text     string
	Fields   map[string]string
	Picture  string
	Articles []Article
}

// judge reads the body of a 200. The exact word success, or nothing at all, is an acknowledgement: nil and no error. Anything
// that is neither that nor a correct reply is an error, and the customer sees the fault notice (wechat-protocol 4.2). Errors say
// what is wrong and hold nothing that was said.
func (e expectation) judge(body []byte) (*Reply, error) {
	if len(body) == 0 || string(body) == "success" {
		return nil, nil
	}
	root, err := envelope.Parse(body)
	if err != nil {
		return nil, err
	}
	root, err = e.open(root)
	if err != nil {
		return nil, err
	}
	return e.judgeReply(root)
}

var (
	secondsShape = regexp.MustCompile(`^[0-9]{10}$`)
	nonceShape   = regexp.MustCompile(`^[0-9A-Za-z]{1,32}$`)
)

// open takes a reply out of its wrapper. Safe mode demands the wrapper, plain mode has none, compatible mode allows both.
func (e expectation) open(root envelope.Node) (envelope.Node, error) {
	wrapped, err := root.Only("Encrypt")
	if err != nil {
		return envelope.Node{}, err
	}
	if wrapped.Name == "" {
		if e.mode == ModeSafe {
			return envelope.Node{}, errors.New("the reply is not encrypted")
		}
		return root, nil
	}
	if e.mode == ModePlain {
		return envelope.Node{}, errors.New("the reply is encrypted, the account's mode is plain")
	}
	inner, err := e.unwrap(root)
	if err != nil {
		return envelope.Node{}, err
	}
	return envelope.Parse(inner)
}

func (e expectation) unwrap(root envelope.Node) ([]byte, error) {
	var field [4]string
	for i, name := range []string{"Encrypt", "MsgSignature", "TimeStamp", "Nonce"} {
		var err error
		if field[i], err = root.Need(name); err != nil {
			return nil, fmt.Errorf("wrapper: %w", err)
		}
	}
	encrypt, signature, timestamp, nonce := field[0], field[1], field[2], field[3]
	if !secondsShape.MatchString(timestamp) {
		return nil, errors.New("wrapper: TimeStamp is not in seconds")
	}
	if !nonceShape.MatchString(nonce) {
		return nil, errors.New("wrapper: Nonce is not 1 to 32 letters or digits")
	}
	if !envelope.SameSignature(signature, envelope.Sign(e.token, timestamp, nonce, encrypt)) {
		return nil, errors.New("wrapper: MsgSignature is wrong")
	}
	key, err := envelope.ParseKey(e.key)
	if err != nil {
		return nil, err
	}
	inner, appID, err := envelope.Unseal(key, encrypt)
	if err != nil {
		return nil, fmt.Errorf("decrypt: %w", err)
	}
	if appID != e.appID {
		return nil, errors.New("decrypt: the AppID in the frame is another account's")
	}
	return inner, nil
}

func (e expectation) judgeReply(root envelope.Node) (*Reply, error) {
	to, err := root.Need("ToUserName")
	if err != nil {
		return nil, err
	}
	from, err := root.Need("FromUserName")
	if err != nil {
		return nil, err
	}
	if to == e.originalID && from == e.openID {
		return nil, errors.New("ToUserName and FromUserName are not swapped")
	}
	if to != e.openID || from != e.originalID {
		return nil, errors.New("ToUserName or FromUserName is wrong")
	}
	created, err := root.Need("CreateTime")
	if err != nil {
		return nil, err
	}
	if !secondsShape.MatchString(created) {
		return nil, errors.New("CreateTime is not in seconds")
	}
	kind, err := root.Need("MsgType")
	if err != nil {
		return nil, err
	}
	return e.judgeKind(kind, root)
}

// judgeKind judges what is particular to a MsgType (wechat-protocol 4.3).
func (e expectation) judgeKind(kind string, root envelope.Node) (*Reply, error) {
	switch kind {
	case "text":
		content, err := root.Need("Content")
		if err != nil {
			return nil, err
		}
		if len(content) > e.textLimit {
			return nil, fmt.Errorf("the Content has %d bytes, the limit is %d", len(content), e.textLimit)
		}
		return &Reply{Kind: kind, Text: content}, nil
	case "image":
		return e.judgeMedia(kind, "Image", "MediaId", root, mediaImage)
	case "voice":
		return e.judgeMedia(kind, "Voice", "MediaId", root, mediaVoice)
	case "video":
		return e.judgeMedia(kind, "Video", "MediaId", root, mediaVideo)
	case "music":
		return e.judgeMedia(kind, "Music", "ThumbMediaId", root, mediaThumb, mediaImage)
	case "news":
		return e.judgeNews(root)
	case "transfer_customer_service", "transfer_biz_ai_ivr":
		if !e.message {
			return nil, fmt.Errorf("%s answers messages, not events", kind)
		}
		return &Reply{Kind: kind}, nil
	}
	return nil, errors.New("MsgType is unknown")
}

// judgeMedia judges a reply that names a medium, which must be in the account's store and of a fitting kind.
func (e expectation) judgeMedia(kind, object, needed string, root envelope.Node, kinds ...mediaKind) (*Reply, error) {
	n, err := root.Only(object)
	if err != nil {
		return nil, err
	}
	id, err := n.Need(needed)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", object, err)
	}
	picture, found := e.media(id, kinds...)
	if !found {
		return nil, fmt.Errorf("%s: the %s is not in the account's media store, or has expired", object, needed)
	}
	return &Reply{Kind: kind, Text: n.First("Title"), Fields: n.Fields(), Picture: picture}, nil
}

// maxArticles holds for answers to events; an answer to a message has one article.
const maxArticles = 8

func (e expectation) judgeNews(root envelope.Node) (*Reply, error) {
	text, err := root.Need("ArticleCount")
	if err != nil {
		return nil, err
	}
	count, err := strconv.Atoi(text)
	if err != nil || count < 1 {
		return nil, errors.New("ArticleCount is not a count")
	}
	articles, err := root.Only("Articles")
	if err != nil {
		return nil, err
	}
	if len(articles.Children) != count {
		return nil, fmt.Errorf("ArticleCount is %d, the articles are %d", count, len(articles.Children))
	}
	if count > maxArticles {
		return nil, fmt.Errorf("%d articles, the limit is %d", count, maxArticles)
	}
	for _, a := range articles.Children {
		if a.Name != "item" {
			return nil, errors.New("the Articles hold something other than item")
		}
		if _, err := a.Need("Title"); err != nil {
			return nil, fmt.Errorf("article: %w", err)
		}
	}
	shown := articles.Children
	if e.message {
		shown = shown[:1] // WeChat drops the rest
	}
	reply := &Reply{Kind: "news", Fields: shown[0].Fields()}
	var titles []string
	for _, a := range shown {
		titles = append(titles, a.First("Title"))
		reply.Articles = append(reply.Articles, Article{a.First("Title"), a.First("Description"), a.First("Url"), a.First("PicUrl")})
	}
	reply.Text = strings.Join(titles, "\n")
	return reply, nil
}
