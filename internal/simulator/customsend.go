package simulator

import (
	"regexp"
	"slices"
	"strings"
	"time"
)

// customMessage is the body of message/custom/send; MsgType says which of the objects counts. What else WeChat
// knows is read over.
type customMessage struct {
	ToUser  string `json:"touser"`
	MsgType string `json:"msgtype"`
	Text    struct {
		Content string `json:"content"`
	} `json:"text"`
	Image customMedia `json:"image"`
	Voice customMedia `json:"voice"`
	Video customMedia `json:"video"`
	Music struct {
		Title        string `json:"title"`
		Description  string `json:"description"`
		MusicURL     string `json:"musicurl"`
		HQMusicURL   string `json:"hqmusicurl"`
		ThumbMediaID string `json:"thumb_media_id"`
	} `json:"music"`
	News struct {
		Articles []struct {
			Title       string `json:"title"`
			Description string `json:"description"`
			URL         string `json:"url"`
			PicURL      string `json:"picurl"`
		} `json:"articles"`
	} `json:"news"`
	Menu struct {
		Head string `json:"head_content"`
		List []struct {
			ID      string `json:"id"`
			Content string `json:"content"`
		} `json:"list"`
		Tail string `json:"tail_content"`
	} `json:"msgmenu"`
	Article struct {
		ID string `json:"article_id"`
	} `json:"mpnewsarticle"`
	Material    customMedia `json:"mpnews"`
	MiniProgram struct {
		Title        string `json:"title"`
		AppID        string `json:"appid"`
		PagePath     string `json:"pagepath"`
		ThumbMediaID string `json:"thumb_media_id"`
	} `json:"miniprogrampage"`
	Service struct {
		KfAccount string `json:"kf_account"`
	} `json:"customservice"`
	AI struct {
		Written int    `json:"is_ai_msg"`
		MsgID   string `json:"msgid"`
	} `json:"aimsgcontext"`
}

// kfAccountShape is name@account; whoever looks like one is taken as existing.
var kfAccountShape = regexp.MustCompile(`^[^@]+@[^@]+$`)

type customMedia struct {
	MediaID      string `json:"media_id"`
	ThumbMediaID string `json:"thumb_media_id"`
	Title        string `json:"title"`
	Description  string `json:"description"`
}

// customSend puts a message on a customer's screen: openid, window, count, content, in this order (wechat-protocol section 12).
// Only what is shown is taken from the count.
func (s *Simulator) customSend(c *call) (any, *refusal, change) {
	var m customMessage
	if refused := decodeCall(c.body, &m); refused != nil {
		return nil, refused, change{}
	}
	f, ok := c.account.followers[m.ToUser]
	if !ok {
		return nil, refuse(codeInvalidOpenID), change{}
	}
	if f.Blocked {
		return nil, refuse(codeBlacklisted), change{}
	}
	after, refused := f.spend(s.now())
	if refused != nil {
		return nil, refused, change{}
	}
	item, refused := m.read(c.account, s.state.settings.TextLimit, s.now())
	if refused != nil {
		return nil, refused, change{}
	}
	item.At, item.From, item.Channel = s.wall(), FromAccount, ByCustom
	item.As, item.AI, item.InReplyTo = m.Service.KfAccount, m.AI.Written == 1, m.AI.MsgID
	after.Typing = time.Time{}
	return okAnswer(), nil, change{Follower: &after, Shown: []shown{f.next(item)}}
}

// read judges the content and gives what the phone shows of it. Media must be in the account's store and not older than three days.
func (m customMessage) read(a *accountState, textLimit int, now time.Time) (Item, *refusal) {
	it := Item{Kind: m.MsgType}
	if m.Service.KfAccount != "" && !kfAccountShape.MatchString(m.Service.KfAccount) {
		return it, refuse(codeBadKfAccount)
	}
	switch m.MsgType {
	case "text":
		it.Text = m.Text.Content
		if it.Text == "" {
			return it, refuse(codeEmptyText)
		}
		if len(it.Text) > textLimit {
			return it, refuse(codeTextTooLong)
		}
		return it, nil
	case "image":
		return m.Image.show(it, a), a.needMedium(m.Image.MediaID, now, mediaImage)
	case "voice":
		return m.Voice.show(it, a), a.needMedium(m.Voice.MediaID, now, mediaVoice)
	case "video":
		if refused := a.needMedium(m.Video.MediaID, now, mediaVideo); refused != nil {
			return it, refused
		}
		return m.Video.show(it, a), a.needMedium(m.Video.ThumbMediaID, now, mediaThumb, mediaImage)
	case "music":
		it.Text, it.Picture = m.Music.Title, a.picture(m.Music.ThumbMediaID)
		it.Fields = filled("title", m.Music.Title, "description", m.Music.Description, "musicurl", m.Music.MusicURL,
			"hqmusicurl", m.Music.HQMusicURL, "thumb_media_id", m.Music.ThumbMediaID)
		return it, a.needMedium(m.Music.ThumbMediaID, now, mediaThumb, mediaImage)
	case "news":
		return m.readNews(it)
	case "msgmenu":
		return m.readMenu(it, a.Kind)
	case "mpnewsarticle":
		it.Fields = filled("article_id", m.Article.ID)
		if m.Article.ID == "" {
			return it, refuse(codeBadArticle)
		}
		return it, nil
	case "mpnews":
		return m.readMaterial(it, a)
	case "miniprogrampage":
		return m.readMiniProgram(it, a, now)
	}
	return it, refuse(codeBadMessageType)
}

// show gives what the phone shows: the picture itself, or that of a video.
func (m customMedia) show(it Item, a *accountState) Item {
	it.Text, it.Picture = m.Title, or(a.picture(m.MediaID), a.picture(m.ThumbMediaID))
	it.Fields = filled("media_id", m.MediaID, "thumb_media_id", m.ThumbMediaID, "title", m.Title, "description", m.Description)
	return it
}

func (m customMessage) readNews(it Item) (Item, *refusal) {
	if len(m.News.Articles) == 0 {
		return it, refuse(codeEmptyArticle)
	}
	if len(m.News.Articles) > 1 {
		return it, refuse(codeTooManyArticles)
	}
	a := m.News.Articles[0]
	if a.Title == "" {
		return it, refuse(codeEmptyArticle)
	}
	it.Text = a.Title
	it.Fields = filled("title", a.Title, "description", a.Description, "url", a.URL, "picurl", a.PicURL)
	it.Articles = []Article{{a.Title, a.Description, a.URL, a.PicURL}}
	return it, nil
}

func (m customMessage) readMenu(it Item, kind Kind) (Item, *refusal) {
	if kind == KindSandbox {
		return it, refuse(codeWrongAccountKind)
	}
	if len(m.Menu.List) == 0 {
		return it, refuse(codeEmptyText)
	}
	it.Menu = &Choices{Head: m.Menu.Head, Tail: m.Menu.Tail}
	it.Fields = map[string]string{}
	lines := []string{m.Menu.Head}
	for _, entry := range m.Menu.List {
		if entry.ID == "" || entry.Content == "" {
			return it, refuse(codeEmptyText)
		}
		lines = append(lines, entry.Content)
		it.Fields[entry.ID] = entry.Content
		it.Menu.List = append(it.Menu.List, Choice{entry.ID, entry.Content})
	}
	it.Text = strings.Join(append(lines, m.Menu.Tail), "\n")
	return it, nil
}

// readMaterial takes any id as that of permanent material, which is not kept here, unless the store knows it as a temporary medium.
func (m customMessage) readMaterial(it Item, a *accountState) (Item, *refusal) {
	it.Fields = filled("media_id", m.Material.MediaID)
	if _, temporary := a.media[m.Material.MediaID]; temporary || m.Material.MediaID == "" {
		return it, refuse(codeInvalidMediaID)
	}
	return it, nil
}

// readMiniProgram takes any mini program as linked to the account, if its AppID looks like one.
func (m customMessage) readMiniProgram(it Item, a *accountState, now time.Time) (Item, *refusal) {
	p := m.MiniProgram
	if !appIDShape.MatchString(p.AppID) {
		return it, refuse(codeInvalidAppID)
	}
	it.Text, it.Picture = p.Title, a.picture(p.ThumbMediaID)
	it.Fields = filled("title", p.Title, "appid", p.AppID, "pagepath", p.PagePath, "thumb_media_id", p.ThumbMediaID)
	return it, a.needMedium(p.ThumbMediaID, now, mediaThumb, mediaImage)
}

// filled gives the pairs whose value is not empty.
func filled(pairs ...string) map[string]string {
	fields := map[string]string{}
	for pair := range slices.Chunk(pairs, 2) {
		if pair[1] != "" {
			fields[pair[0]] = pair[1]
		}
	}
	return fields
}
