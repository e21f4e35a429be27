package wxapi

import "wxdesk/internal/wechat"

// appendMessage writes a message as the customer-service API wants it (its page "sendCustomMessage").
func appendMessage(b []byte, to wechat.OpenID, m wechat.Message) []byte {
	ai, written := m.(wechat.FromAI)
	if written {
		m = ai.Message
	}
	as, borrowed := m.(wechat.As)
	if borrowed {
		m = as.Message
	}
	b = appendJSONString(append(b, `{"touser":`...), string(to))
	b = appendJSONString(append(b, `,"msgtype":`...), m.Kind())
	b = append(appendJSONString(append(b, ','), m.Kind()), ':')
	b = appendContent(b, m)
	if borrowed {
		b = appendObject(append(b, `,"customservice":`...), "kf_account", as.KfAccount)
	}
	if written {
		b = appendPairs(append(b, `,"aimsgcontext":{"is_ai_msg":1`...), "msgid", ai.InAnswerTo)
		b = append(b, '}')
	}
	return append(b, '}')
}

func appendContent(b []byte, m wechat.Message) []byte {
	switch m := m.(type) {
	case wechat.Text:
		return appendObject(b, "content", m.Content)
	case wechat.Image:
		return appendObject(b, "media_id", m.MediaID)
	case wechat.Voice:
		return appendObject(b, "media_id", m.MediaID)
	case wechat.Video:
		return appendObject(b, "media_id", m.MediaID, "thumb_media_id", m.ThumbMediaID, "title", m.Title, "description", m.Description)
	case wechat.Music:
		return appendObject(b, "title", m.Title, "description", m.Description, "musicurl", m.URL, "hqmusicurl", m.HQURL,
			"thumb_media_id", m.ThumbMediaID)
	case wechat.News:
		return appendNews(b, m)
	case wechat.Article:
		return appendObject(b, "article_id", m.ArticleID)
	case wechat.Material:
		return appendObject(b, "media_id", m.MediaID)
	case wechat.Menu:
		return appendMenu(b, m)
	case wechat.MiniProgramPage:
		return appendObject(b, "title", m.Title, "appid", m.AppID, "pagepath", m.PagePath, "thumb_media_id", m.ThumbMediaID)
	}
	return append(b, "{}"...) // a kind that WeChat refuses; package wechat makes none
}

func appendNews(b []byte, m wechat.News) []byte {
	b = append(b, `{"articles":`...)
	b = appendList(b, m.Articles, func(b []byte, a wechat.NewsArticle) []byte {
		return appendObject(b, "title", a.Title, "description", a.Description, "url", a.URL, "picurl", a.PicURL)
	})
	return append(b, '}')
}

func appendMenu(b []byte, m wechat.Menu) []byte {
	b = appendJSONString(append(b, `{"head_content":`...), m.Head)
	b = appendList(append(b, `,"list":`...), m.Items, func(b []byte, item wechat.MenuItem) []byte {
		return appendObject(b, "id", item.ID, "content", item.Content)
	})
	b = appendJSONString(append(b, `,"tail_content":`...), m.Tail)
	return append(b, '}')
}
