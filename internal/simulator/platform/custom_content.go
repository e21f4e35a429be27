package platform

import (
	"cmp"
	"slices"
	"time"

	"wxdesk/internal/simulator/state"
)

// customReader judges the content of a custom message. Media must be in the account's store and not older than three days.
type customReader struct {
	customMessage
	account   *state.AccountData
	textLimit int // bytes
	now       time.Time
}

func (m customReader) read() (state.Item, *APIError) {
	switch m.MsgType {
	case "text":
		return m.readText()
	case "image":
		return m.readMedia(m.Image, state.Image)
	case "voice":
		return m.readMedia(m.Voice, state.Voice)
	case "video":
		return m.readVideo()
	case "music":
		return m.readMusic()
	case "news":
		return m.readNews()
	case "msgmenu":
		return m.readMenu()
	case "mpnewsarticle":
		return m.readArticle()
	case "mpnews":
		return m.readMaterial()
	case "miniprogrampage":
		return m.readMiniProgram()
	}
	return state.Item{}, refuse(codeBadMessageType)
}

func (m customReader) readText() (state.Item, *APIError) {
	if m.Text.Content == "" {
		return state.Item{}, refuse(codeEmptyText)
	}
	if len(m.Text.Content) > m.textLimit {
		return state.Item{}, refuse(codeTextTooLong)
	}
	return m.item(m.Text.Content), nil
}

func (m customReader) readMedia(medium customMedia, kind state.MediaKind) (state.Item, *APIError) {
	return m.show(medium), m.needMedium(medium.MediaID, kind)
}

func (m customReader) readVideo() (state.Item, *APIError) {
	if refusal := m.needMedium(m.Video.MediaID, state.Video); refusal != nil {
		return state.Item{}, refusal
	}
	return m.show(m.Video), m.needMedium(m.Video.ThumbMediaID, state.Thumb, state.Image)
}

// show is what the phone shows: the picture itself, or that of a video.
func (m customReader) show(medium customMedia) state.Item {
	it := m.item(medium.Title, "media_id", medium.MediaID, "thumb_media_id", medium.ThumbMediaID,
		"title", medium.Title, "description", medium.Description)
	it.Picture = cmp.Or(m.account.PicturePath(medium.MediaID), m.account.PicturePath(medium.ThumbMediaID))
	return it
}

func (m customReader) readMusic() (state.Item, *APIError) {
	music := m.Music
	it := m.item(music.Title, "title", music.Title, "description", music.Description, "musicurl", music.MusicURL,
		"hqmusicurl", music.HQMusicURL, "thumb_media_id", music.ThumbMediaID)
	it.Picture = m.account.PicturePath(music.ThumbMediaID)
	return it, m.needMedium(music.ThumbMediaID, state.Thumb, state.Image)
}

func (m customReader) readArticle() (state.Item, *APIError) {
	if m.Article.ID == "" {
		return state.Item{}, refuse(codeBadArticle)
	}
	return m.item("", "article_id", m.Article.ID), nil
}

// readMaterial takes any id as that of permanent material, which is not kept here, unless the store knows it as a temporary medium.
func (m customReader) readMaterial() (state.Item, *APIError) {
	if _, temporary := m.account.Media[m.Material.MediaID]; temporary || m.Material.MediaID == "" {
		return state.Item{}, refuse(codeInvalidMediaID)
	}
	return m.item("", "media_id", m.Material.MediaID), nil
}

// readMiniProgram takes any mini program as linked to the account, if its AppID looks like one.
func (m customReader) readMiniProgram() (state.Item, *APIError) {
	page := m.MiniProgram
	if !state.IsAppID(page.AppID) {
		return state.Item{}, refuse(codeInvalidAppID)
	}
	it := m.item(page.Title, "title", page.Title, "appid", page.AppID, "pagepath", page.PagePath, "thumb_media_id", page.ThumbMediaID)
	it.Picture = m.account.PicturePath(page.ThumbMediaID)
	return it, m.needMedium(page.ThumbMediaID, state.Thumb, state.Image)
}

// needMedium refuses a media id that cannot be sent as one of these kinds.
func (m customReader) needMedium(id string, kinds ...state.MediaKind) *APIError {
	if !m.account.CanSend(id, m.now, kinds...) {
		return refuse(codeInvalidMediaID)
	}
	return nil
}

// item makes the item with a text and with those of the named fields that are not empty.
func (m customReader) item(text string, fields ...string) state.Item {
	return state.Item{Kind: m.MsgType, Text: text, Fields: filled(fields...)}
}

// filled returns the pairs whose value is not empty.
func filled(pairs ...string) map[string]string {
	fields := map[string]string{}
	for pair := range slices.Chunk(pairs, 2) {
		if pair[1] != "" {
			fields[pair[0]] = pair[1]
		}
	}
	return fields
}
