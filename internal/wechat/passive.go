package wechat

import (
	"errors"
	"strings"
)

// ErrReplyToEvent says that a Transfer or TransferToAI would answer an event; only messages can be answered so.
var ErrReplyToEvent = errors.New("wechat: an event cannot be handed over")

func (m Text) appendReply(b []byte, _ bool) ([]byte, error) {
	switch text := carried(m.Content); {
	case text == "":
		return nil, ErrMessageEmpty
	case len(text) > MaxTextBytes:
		return nil, ErrMessageTooLong
	}
	return appendElement(b, "Content", m.Content), nil
}

func (m Image) appendReply(b []byte, _ bool) ([]byte, error) {
	b = append(b, "<Image>"...)
	b = appendElement(b, "MediaId", m.MediaID)
	return append(b, "</Image>"...), m.Check()
}

func (m Voice) appendReply(b []byte, _ bool) ([]byte, error) {
	b = append(b, "<Voice>"...)
	b = appendElement(b, "MediaId", m.MediaID)
	return append(b, "</Voice>"...), m.Check()
}

func (m Video) appendReply(b []byte, _ bool) ([]byte, error) {
	b = append(b, "<Video>"...)
	b = appendElement(b, "MediaId", m.MediaID)
	b = appendOptional(b, "Title", m.Title)
	b = appendOptional(b, "Description", m.Description)
	return append(b, "</Video>"...), m.Check()
}

func (m Music) appendReply(b []byte, _ bool) ([]byte, error) {
	b = append(b, "<Music>"...)
	b = appendOptional(b, "Title", m.Title)
	b = appendOptional(b, "Description", m.Description)
	b = appendOptional(b, "MusicUrl", m.URL)
	b = appendOptional(b, "HQMusicUrl", m.HQURL)
	b = appendElement(b, "ThumbMediaId", m.ThumbMediaID)
	return append(b, "</Music>"...), m.Check()
}

func (m News) appendReply(b []byte, toEvent bool) ([]byte, error) {
	most := 1
	if toEvent {
		most = MaxEventArticles
	}
	if len(m.Articles) == 0 || len(m.Articles) > most {
		return nil, ErrMessageArticles
	}
	b = appendNumber(b, "ArticleCount", int64(len(m.Articles)))
	b = append(b, "<Articles>"...)
	for _, article := range m.Articles {
		if err := complete(article.Title); err != nil {
			return nil, err
		}
		b = append(b, "<item>"...)
		b = appendElement(b, "Title", article.Title)
		b = appendElement(b, "Description", article.Description)
		b = appendElement(b, "PicUrl", article.PicURL)
		b = appendElement(b, "Url", article.URL)
		b = append(b, "</item>"...)
	}
	return append(b, "</Articles>"...), nil
}

func (m Transfer) appendReply(b []byte, toEvent bool) ([]byte, error) {
	switch {
	case toEvent:
		return nil, ErrReplyToEvent
	case m.KfAccount == "":
		return b, nil
	case !validKfAccount(m.KfAccount):
		return nil, ErrMessageIncomplete
	}
	b = append(b, "<TransInfo>"...)
	b = appendElement(b, "KfAccount", m.KfAccount)
	return append(b, "</TransInfo>"...), nil
}

func (TransferToAI) appendReply(b []byte, toEvent bool) ([]byte, error) {
	if toEvent {
		return nil, ErrReplyToEvent
	}
	return b, nil
}

// appendOptional writes an element only if it has something to say.
func appendOptional(b []byte, name, text string) []byte {
	if text == "" {
		return b
	}
	return appendElement(b, name, text)
}

// appendElement writes text as CDATA; if it would end the section early, the section is split in two.
func appendElement(b []byte, name, text string) []byte {
	b = append(b, "<"+name+"><![CDATA["...)
	b = append(b, strings.ReplaceAll(carried(text), "]]>", "]]]]><![CDATA[>")...)
	return append(b, "]]></"+name+">"...)
}

// carried is what XML can carry of a text. It is taken before the sections are split: leaving a character out can join
// the three that end one.
func carried(text string) string {
	return strings.Map(keepAllowed, strings.ToValidUTF8(text, ""))
}

func keepAllowed(r rune) rune {
	if !allowed(r) {
		return -1
	}
	return r
}
