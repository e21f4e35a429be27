package wechat_test

import (
	"encoding/xml"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/wechat"
)

func TestReply_readsBackAsItWasWritten(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"你好", "a]]>b", "]]>]]>", "]]]]>>", "<a href=\"https://x\">x</a> &amp;", "line\nline", "😀"} {
		m := readInbound(t, inboundXML("text", "<Content><![CDATA[?]]></Content>"))
		got, err := wechat.ReplyTo(m, wechat.Text{Content: text}, time.Unix(1_700_000_000, 0)).XML()
		require.NoError(t, err)
		back := readInbound(t, string(got))
		require.Equal(t, text, back.Content)
		require.Equal(t, string(m.FromUserName), back.ToUserName)
		require.Equal(t, m.ToUserName, string(back.FromUserName))
		require.Equal(t, "text", back.MsgType)
		require.Equal(t, "1700000000", back.CreateTime)
	}
}

func TestReply_dropsWhatXMLCannotCarry(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"a\x00b\xffc\x1b\uFFFE\uFFFD": "<![CDATA[abc\uFFFD]]>",
		"]\x00]>":                     "<![CDATA[]]]]><![CDATA[>]]>", // only without the NUL it ends a section
	} {
		got, err := wechat.Reply{Message: wechat.Text{Content: text}}.XML()
		require.NoError(t, err)
		require.Contains(t, string(got), want)
	}
}

// The children of section 4.3 of the protocol notes, for each kind.
func TestReply_writesEveryKind(t *testing.T) {
	t.Parallel()
	article := wechat.NewsArticle{Title: "t", Description: "d", URL: "https://x/?a=1&b=2", PicURL: "https://x/p"}
	const item = "<item><Title><![CDATA[t]]></Title><Description><![CDATA[d]]></Description><PicUrl><![CDATA[https://x/p]]></PicUrl>" +
		"<Url><![CDATA[https://x/?a=1&b=2]]></Url></item>"
	for _, tt := range []struct {
		kind    string
		message wechat.Passive
		toEvent bool
		want    string
	}{
		{"text", wechat.Text{Content: "hi"}, true, "<Content><![CDATA[hi]]></Content>"},
		{"image", wechat.Image{MediaID: "m"}, false, "<Image><MediaId><![CDATA[m]]></MediaId></Image>"},
		{"voice", wechat.Voice{MediaID: "m"}, false, "<Voice><MediaId><![CDATA[m]]></MediaId></Voice>"},
		{"video", wechat.Video{MediaID: "m", ThumbMediaID: "unused"}, false, "<Video><MediaId><![CDATA[m]]></MediaId></Video>"},
		{
			"video",
			wechat.Video{MediaID: "m", Title: "t", Description: "d"},
			false,
			"<Video><MediaId><![CDATA[m]]></MediaId><Title><![CDATA[t]]></Title><Description><![CDATA[d]]></Description></Video>",
		},
		{"music", wechat.Music{ThumbMediaID: "m"}, false, "<Music><ThumbMediaId><![CDATA[m]]></ThumbMediaId></Music>"},
		{
			"music",
			wechat.Music{Title: "t", Description: "d", URL: "u", HQURL: "h", ThumbMediaID: "m"},
			false,
			"<Music><Title><![CDATA[t]]></Title><Description><![CDATA[d]]></Description><MusicUrl><![CDATA[u]]></MusicUrl>" +
				"<HQMusicUrl><![CDATA[h]]></HQMusicUrl><ThumbMediaId><![CDATA[m]]></ThumbMediaId></Music>",
		},
		{"news", wechat.News{Articles: []wechat.NewsArticle{article}}, false, "<ArticleCount>1</ArticleCount><Articles>" + item + "</Articles>"},
		{
			"news",
			wechat.News{Articles: slices.Repeat([]wechat.NewsArticle{article}, 8)},
			true,
			"<ArticleCount>8</ArticleCount><Articles>" + strings.Repeat(item, 8) + "</Articles>",
		},
		{"transfer_customer_service", wechat.Transfer{}, false, ""},
		{"transfer_biz_ai_ivr", wechat.TransferToAI{}, false, ""},
		{
			"transfer_customer_service",
			wechat.Transfer{KfAccount: "mei@tea"},
			false,
			"<TransInfo><KfAccount><![CDATA[mei@tea]]></KfAccount></TransInfo>",
		},
	} {
		got, err := wechat.Reply{From: "gh_a1b2c3d4e5f6", To: "o1", ToEvent: tt.toEvent, Message: tt.message, Now: time.Unix(1_700_000_000, 0)}.XML()
		require.NoError(t, err)
		require.Equal(t, "<xml><ToUserName><![CDATA[o1]]></ToUserName><FromUserName><![CDATA[gh_a1b2c3d4e5f6]]></FromUserName>"+
			"<CreateTime>1700000000</CreateTime><MsgType><![CDATA["+tt.kind+"]]></MsgType>"+tt.want+"</xml>", string(got))
		require.NoError(t, xml.Unmarshal(got, new(struct{})))
	}
}

func TestReply_refusesWhatWouldShowTheFaultNotice(t *testing.T) {
	t.Parallel()
	articles := func(n int) wechat.News {
		return wechat.News{Articles: slices.Repeat([]wechat.NewsArticle{{Title: "t"}}, n)}
	}
	for name, tt := range map[string]struct {
		reply wechat.Reply
		want  error
	}{
		"nothing":                  {wechat.Reply{}, wechat.ErrMessageEmpty},
		"empty text":               {wechat.Reply{Message: wechat.Text{Content: "\x00"}}, wechat.ErrMessageEmpty},
		"long text":                {wechat.Reply{Message: wechat.Text{Content: strings.Repeat("中", wechat.MaxTextBytes/3+1)}}, wechat.ErrMessageTooLong},
		"no picture":               {wechat.Reply{Message: wechat.Image{}}, wechat.ErrMessageIncomplete},
		"a picture of NUL":         {wechat.Reply{Message: wechat.Image{MediaID: "\x00"}}, wechat.ErrMessageIncomplete},
		"no recording":             {wechat.Reply{Message: wechat.Voice{}}, wechat.ErrMessageIncomplete},
		"no film":                  {wechat.Reply{Message: wechat.Video{Title: "t", ThumbMediaID: "t"}}, wechat.ErrMessageIncomplete},
		"music without picture":    {wechat.Reply{Message: wechat.Music{URL: "u"}}, wechat.ErrMessageIncomplete},
		"no article":               {wechat.Reply{Message: articles(0)}, wechat.ErrMessageArticles},
		"two for a message":        {wechat.Reply{Message: articles(2)}, wechat.ErrMessageArticles},
		"nine for an event":        {wechat.Reply{Message: articles(9), ToEvent: true}, wechat.ErrMessageArticles},
		"article without title":    {wechat.Reply{Message: wechat.News{Articles: []wechat.NewsArticle{{URL: "u"}}}}, wechat.ErrMessageIncomplete},
		"an event handed over":     {wechat.Reply{Message: wechat.Transfer{}, ToEvent: true}, wechat.ErrReplyToEvent},
		"an event for WeChat's AI": {wechat.Reply{Message: wechat.TransferToAI{}, ToEvent: true}, wechat.ErrReplyToEvent},
		"handed over to no name":   {wechat.Reply{Message: wechat.Transfer{KfAccount: "mei"}}, wechat.ErrMessageIncomplete},
	} {
		got, err := tt.reply.XML()
		require.ErrorIs(t, err, tt.want, name)
		require.Nil(t, got, name)
	}
	_, err := wechat.Reply{Message: wechat.Text{Content: strings.Repeat("a", wechat.MaxTextBytes)}}.XML()
	require.NoError(t, err)
}

func TestMessage_checksWhatIsCertainToBeRefused(t *testing.T) {
	t.Parallel()
	for _, good := range []wechat.Message{
		wechat.Text{Content: strings.Repeat("a", 4096)},
		wechat.Image{MediaID: "m"},
		wechat.Voice{MediaID: "m"},
		wechat.Video{MediaID: "m"},
		wechat.Music{ThumbMediaID: "m"},
		wechat.News{Articles: []wechat.NewsArticle{{Title: "t"}}},
		wechat.Article{ArticleID: "a"},
		wechat.Material{MediaID: "m"},
		wechat.Menu{Items: []wechat.MenuItem{{ID: "1", Content: "yes"}}},
		wechat.MiniProgramPage{Title: "t", AppID: "wx1", PagePath: "p", ThumbMediaID: "m"},
		wechat.As{KfAccount: "mei@tea", Message: wechat.Text{Content: "hi"}},
		wechat.FromAI{InAnswerTo: "1", Message: wechat.Text{Content: "hi"}},
		wechat.FromAI{Message: wechat.As{KfAccount: "mei@tea", Message: wechat.Text{Content: "hi"}}},
	} {
		require.NoErrorf(t, good.Check(), "%+v", good)
	}
	for _, tt := range []struct {
		message wechat.Message
		want    error
	}{
		{wechat.Text{}, wechat.ErrMessageEmpty},
		{wechat.News{}, wechat.ErrMessageArticles},
		{wechat.News{Articles: []wechat.NewsArticle{{Title: "1"}, {Title: "2"}}}, wechat.ErrMessageArticles},
		{wechat.News{Articles: []wechat.NewsArticle{{}}}, wechat.ErrMessageIncomplete},
		{wechat.Article{}, wechat.ErrMessageIncomplete},
		{wechat.Material{}, wechat.ErrMessageIncomplete},
		{wechat.Menu{Head: "?"}, wechat.ErrMessageEmpty},
		{wechat.Menu{Items: []wechat.MenuItem{{Content: "yes"}}}, wechat.ErrMessageIncomplete},
		{wechat.MiniProgramPage{Title: "t", AppID: "wx1", PagePath: "p"}, wechat.ErrMessageIncomplete},
		{wechat.As{KfAccount: "mei@tea"}, wechat.ErrMessageIncomplete},
		{wechat.As{KfAccount: "mei", Message: wechat.Text{Content: "hi"}}, wechat.ErrMessageIncomplete},
		{wechat.As{KfAccount: "mei@tea", Message: wechat.As{KfAccount: "li@tea", Message: wechat.Text{Content: "hi"}}}, wechat.ErrMessageIncomplete},
		{wechat.As{KfAccount: "mei@tea", Message: wechat.Text{}}, wechat.ErrMessageEmpty},
		{wechat.As{KfAccount: "mei@tea", Message: wechat.FromAI{Message: wechat.Text{Content: "hi"}}}, wechat.ErrMessageIncomplete},
		{wechat.FromAI{InAnswerTo: "1"}, wechat.ErrMessageIncomplete},
		{wechat.FromAI{Message: wechat.FromAI{Message: wechat.Text{Content: "hi"}}}, wechat.ErrMessageIncomplete},
		{wechat.FromAI{Message: wechat.Text{}}, wechat.ErrMessageEmpty},
	} {
		require.ErrorIsf(t, tt.message.Check(), tt.want, "%+v", tt.message)
	}
	require.Equal(t, "image", wechat.As{Message: wechat.Image{}}.Kind())
	require.Empty(t, wechat.As{}.Kind())
	require.Equal(t, "image", wechat.FromAI{Message: wechat.As{Message: wechat.Image{}}}.Kind())
	require.Empty(t, wechat.FromAI{}.Kind())
}

func TestWrap_opensWithTheSameCipherAndVerifies(t *testing.T) {
	t.Parallel()
	c := newCipher(t, keyABC, appIDV2)
	now := time.Unix(1_700_000_001, 0)
	wrapped, err := wechat.Wrap(c, "spamtest", []byte("<xml/>"), "12345", now)
	require.NoError(t, err)

	env, err := wechat.ReadEnvelope(wrapped)
	require.NoError(t, err)
	signature := wechat.Signature("spamtest", "1700000001", "12345", string(env.Encrypt))
	require.Contains(t, string(wrapped), "<MsgSignature><![CDATA["+signature+"]]></MsgSignature><TimeStamp>1700000001</TimeStamp>")
	msg, err := c.Open(env.Encrypt)
	require.NoError(t, err)
	require.Equal(t, "<xml/>", string(msg))

	_, err = wechat.Wrap(c, "spamtest", make([]byte, 1<<20+1), "12345", now)
	require.ErrorIs(t, err, wechat.ErrTooLong)
}
