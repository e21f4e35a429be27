package delivery

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"wxdesk/internal/simulator/envelope"
	"wxdesk/internal/simulator/state"
)

// reply is what a well-formed passive reply shows.
type reply struct {
	kind     string
	text     string
	fields   map[string]string
	picture  string
	articles []state.Article
}

// judgeKind judges what is particular to a MsgType (wechat-protocol 4.3).
func (e expectation) judgeKind(kind string, root envelope.Node) (*reply, error) {
	switch kind {
	case "text":
		return e.judgeText(root)
	case "image":
		return e.judgeMedia(kind, "Image", "MediaId", root, state.Image)
	case "voice":
		return e.judgeMedia(kind, "Voice", "MediaId", root, state.Voice)
	case "video":
		return e.judgeMedia(kind, "Video", "MediaId", root, state.Video)
	case "music":
		return e.judgeMedia(kind, "Music", "ThumbMediaId", root, state.Thumb, state.Image)
	case "news":
		return e.judgeNews(root)
	case "transfer_customer_service", "transfer_biz_ai_ivr":
		if !e.message {
			return nil, fmt.Errorf("%s answers messages, not events", kind)
		}
		return &reply{kind: kind}, nil
	}
	return nil, errors.New("MsgType is unknown")
}

func (e expectation) judgeText(root envelope.Node) (*reply, error) {
	content, err := root.Need("Content")
	if err != nil {
		return nil, err
	}
	if len(content) > e.textLimit {
		return nil, fmt.Errorf("the Content has %d bytes, the limit is %d", len(content), e.textLimit)
	}
	return &reply{kind: "text", text: content}, nil
}

// judgeMedia judges a reply that names a medium, which must be in the account's store and of a fitting kind.
func (e expectation) judgeMedia(kind, object, needed string, root envelope.Node, kinds ...state.MediaKind) (*reply, error) {
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
	return &reply{kind: kind, text: n.First("Title"), fields: n.Fields(), picture: picture}, nil
}

// maxArticles holds for answers to events; an answer to a message has one article.
const maxArticles = 8

func (e expectation) judgeNews(root envelope.Node) (*reply, error) {
	shown, err := readArticles(root)
	if err != nil {
		return nil, err
	}
	if e.message {
		shown = shown[:1] // WeChat drops the rest
	}
	r := &reply{kind: "news", fields: shown[0].Fields()}
	var titles []string
	for _, a := range shown {
		titles = append(titles, a.First("Title"))
		r.articles = append(r.articles, state.Article{
			Title: a.First("Title"), Description: a.First("Description"), URL: a.First("Url"), PicURL: a.First("PicUrl"),
		})
	}
	r.text = strings.Join(titles, "\n")
	return r, nil
}

// readArticles returns one article at least.
func readArticles(root envelope.Node) ([]envelope.Node, error) {
	text, err := root.Need("ArticleCount")
	if err != nil {
		return nil, err
	}
	count, err := strconv.Atoi(text)
	if err != nil || count < 1 {
		return nil, errors.New("ArticleCount is not a count")
	}
	articles, err := root.Only("Articles")
	switch {
	case err != nil:
		return nil, err
	case len(articles.Children) != count:
		return nil, fmt.Errorf("ArticleCount is %d, the articles are %d", count, len(articles.Children))
	case count > maxArticles:
		return nil, fmt.Errorf("%d articles, the limit is %d", count, maxArticles)
	}
	return articles.Children, checkArticles(articles.Children)
}

func checkArticles(articles []envelope.Node) error {
	for _, a := range articles {
		if a.Name != "item" {
			return errors.New("the Articles hold something other than item")
		}
		if _, err := a.Need("Title"); err != nil {
			return fmt.Errorf("article: %w", err)
		}
	}
	return nil
}
