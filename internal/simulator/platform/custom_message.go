package platform

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

type customMedia struct {
	MediaID      string `json:"media_id"`
	ThumbMediaID string `json:"thumb_media_id"`
	Title        string `json:"title"`
	Description  string `json:"description"`
}
