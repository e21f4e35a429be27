package wxapi_test

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/wechat"
)

// The objects of section 5.1 of the protocol notes, for each kind.
func TestSend_writesEveryKind(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		message wechat.Message
		want    string
	}{
		{wechat.Text{Content: `<a href="https://x/?a=1&b=2">x</a>`}, `"text","text":{"content":"<a href=\"https://x/?a=1&b=2\">x</a>"}`},
		{wechat.Image{MediaID: "m"}, `"image","image":{"media_id":"m"}`},
		{wechat.Voice{MediaID: "m"}, `"voice","voice":{"media_id":"m"}`},
		{
			wechat.Video{MediaID: "m", ThumbMediaID: "n", Title: "t", Description: "d"},
			`"video","video":{"media_id":"m","thumb_media_id":"n","title":"t","description":"d"}`,
		},
		{wechat.Video{MediaID: "m"}, `"video","video":{"media_id":"m"}`},
		{
			wechat.Music{Title: "t", Description: "d", URL: "https://x/?a&b", HQURL: "h", ThumbMediaID: "m"},
			`"music","music":{"title":"t","description":"d","musicurl":"https://x/?a&b","hqmusicurl":"h","thumb_media_id":"m"}`,
		},
		{
			wechat.News{Articles: []wechat.NewsArticle{{Title: "你好", Description: "d", URL: "u", PicURL: "p"}}},
			`"news","news":{"articles":[{"title":"你好","description":"d","url":"u","picurl":"p"}]}`,
		},
		{wechat.Article{ArticleID: "a"}, `"mpnewsarticle","mpnewsarticle":{"article_id":"a"}`},
		{wechat.Material{MediaID: "m"}, `"mpnews","mpnews":{"media_id":"m"}`},
		{
			wechat.Menu{Head: "Satisfied?", Items: []wechat.MenuItem{{ID: "101", Content: "yes"}, {ID: "102", Content: "no"}}, Tail: "Thanks"},
			`"msgmenu","msgmenu":{"head_content":"Satisfied?","list":[{"id":"101","content":"yes"},{"id":"102","content":"no"}],"tail_content":"Thanks"}`,
		},
		{
			wechat.MiniProgramPage{Title: "t", AppID: "wx1", PagePath: "p", ThumbMediaID: "m"},
			`"miniprogrampage","miniprogrampage":{"title":"t","appid":"wx1","pagepath":"p","thumb_media_id":"m"}`,
		},
		{
			wechat.As{KfAccount: "mei@tea", Message: wechat.Image{MediaID: "m"}},
			`"image","image":{"media_id":"m"},"customservice":{"kf_account":"mei@tea"}`,
		},
		{wechat.FromAI{Message: wechat.Image{MediaID: "m"}}, `"image","image":{"media_id":"m"},"aimsgcontext":{"is_ai_msg":1}`},
		{
			wechat.FromAI{InAnswerTo: "23893347810211482", Message: wechat.As{KfAccount: "mei@tea", Message: wechat.Image{MediaID: "m"}}},
			`"image","image":{"media_id":"m"},"customservice":{"kf_account":"mei@tea"},"aimsgcontext":{"is_ai_msg":1,"msgid":"23893347810211482"}`,
		},
	} {
		p := newPlatform(t)
		require.Equal(t, wechat.SendOutcome{Status: wechat.SendSent}, client(t, p, storeWith(tokenA)).Send(t.Context(), credentials(), customer, tt.message))
		sends, _ := p.seen()
		require.Len(t, sends, 1)
		require.Equal(t, `{"touser":"oyORnuP8q7ou2gfYjqLzSIWZf0rs","msgtype":`+tt.want+`}`, sends[0].body)
		require.True(t, json.Valid([]byte(sends[0].body)))
	}
}

func TestSend_certainRefusalMakesNoCall(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	c := client(t, p, &store{})
	for _, tt := range []struct {
		message wechat.Message
		reason  string
	}{
		{wechat.Text{}, "text-empty"},
		{wechat.Image{}, "message-incomplete"},
		{wechat.News{}, "article-empty"},
		{wechat.News{Articles: make([]wechat.NewsArticle, 2)}, "too-many-articles"},
		{wechat.As{KfAccount: "mei@tea", Message: wechat.News{Articles: make([]wechat.NewsArticle, 2)}}, "too-many-articles"},
		{wechat.FromAI{Message: wechat.As{KfAccount: "mei@tea", Message: wechat.News{Articles: make([]wechat.NewsArticle, 2)}}}, "too-many-articles"},
		{wechat.As{KfAccount: "mei@tea"}, "message-incomplete"},
	} {
		require.Equal(t, wechat.SendOutcome{Status: wechat.SendFailed, Reason: tt.reason}, c.Send(t.Context(), credentials(), customer, tt.message))
	}
	sends, asked := p.seen()
	require.Empty(t, sends)
	require.Empty(t, asked)
}
