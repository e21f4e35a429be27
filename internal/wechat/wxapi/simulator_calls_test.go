package wxapi_test

import (
	"bytes"
	"image"
	"image/jpeg"
	"image/png"
	"io"
	"math/rand/v2"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/wechat"
	"wxdesk/internal/wechat/wxapi"
)

func TestSimulator_showsEveryKindOfMessage(t *testing.T) {
	t.Parallel()
	s := newSimulated(t)
	picture, voice := s.uploads(wxapi.MediaImage, pngFile(t)), s.uploads(wxapi.MediaVoice, amrFile())
	video, thumb := s.uploads(wxapi.MediaVideo, mp4File()), s.uploads(wxapi.MediaThumb, jpegFile(t))
	for _, tt := range []struct {
		message wechat.Message
		want    shown
	}{
		{wechat.Text{Content: "您好 <a href=\"https://x/?a=1&b=2\">x</a>\n👋\u2028"}, shown{Kind: "text", Text: "您好 <a href=\"https://x/?a=1&b=2\">x</a>\n👋\u2028"}},
		{wechat.Image{MediaID: picture}, shown{Kind: "image", Fields: texts{"media_id": picture}}},
		{wechat.Voice{MediaID: voice}, shown{Kind: "voice", Fields: texts{"media_id": voice}}},
		{
			wechat.Video{MediaID: video, ThumbMediaID: thumb, Title: "茶", Description: "d"},
			shown{Kind: "video", Text: "茶", Fields: texts{"media_id": video, "thumb_media_id": thumb, "title": "茶", "description": "d"}},
		},
		{
			wechat.Music{Title: "t", Description: "d", URL: "https://x/m", HQURL: "https://x/h", ThumbMediaID: thumb},
			shown{Kind: "music", Text: "t", Fields: texts{"title": "t", "description": "d", "musicurl": "https://x/m", "hqmusicurl": "https://x/h", "thumb_media_id": thumb}},
		},
		{
			wechat.News{Articles: []wechat.NewsArticle{{Title: "t", Description: "d", URL: "https://x/u", PicURL: "https://x/p"}}},
			shown{Kind: "news", Text: "t", Fields: texts{"title": "t", "description": "d", "url": "https://x/u", "picurl": "https://x/p"}},
		},
		{wechat.Article{ArticleID: "a"}, shown{Kind: "mpnewsarticle", Fields: texts{"article_id": "a"}}},
		{wechat.Material{MediaID: "m"}, shown{Kind: "mpnews", Fields: texts{"media_id": "m"}}},
		{
			wechat.Menu{Head: "Satisfied?", Items: []wechat.MenuItem{{ID: "1", Content: "yes"}, {ID: "2", Content: "no"}}, Tail: "Thanks"},
			shown{Kind: "msgmenu", Text: "Satisfied?\nyes\nno\nThanks", Fields: texts{"1": "yes", "2": "no"}},
		},
		{
			wechat.MiniProgramPage{Title: "t", AppID: "wxabcdefabcdefabcd", PagePath: "pages/a", ThumbMediaID: thumb},
			shown{Kind: "miniprogrampage", Text: "t", Fields: texts{"title": "t", "appid": "wxabcdefabcdefabcd", "pagepath": "pages/a", "thumb_media_id": thumb}},
		},
		{wechat.As{KfAccount: "mei@tea", Message: wechat.Text{Content: "hi"}}, shown{Kind: "text", Text: "hi", As: "mei@tea"}},
		{
			wechat.FromAI{InAnswerTo: s.asked, Message: wechat.As{KfAccount: "mei@tea", Message: wechat.Text{Content: "hi"}}},
			shown{Kind: "text", Text: "hi", As: "mei@tea", AI: true, InReplyTo: s.asked},
		},
	} {
		require.Equal(t, wechat.SendOutcome{Status: wechat.SendSent}, s.client.Send(t.Context(), s.of, customer, tt.message), "%+v", tt.message)
		tt.want.From = "account"
		require.Equal(t, tt.want, s.last())
	}
}

func TestSimulator_showsTypingUntilItIsCancelled(t *testing.T) {
	t.Parallel()
	s := newSimulated(t)
	require.NoError(t, s.client.Typing(t.Context(), s.of, customer))
	_, typing := s.screen()
	require.True(t, typing)
	require.NoError(t, s.client.CancelTyping(t.Context(), s.of, customer))
	_, typing = s.screen()
	require.False(t, typing)
}

func TestSimulator_givesMediaBackAsTheyWentUp(t *testing.T) {
	t.Parallel()
	s := newSimulated(t)
	large := append(pngFile(t), make([]byte, 9<<20)...)
	_, _ = rand.NewChaCha8([32]byte{1}).Read(large[len(large)-9<<20:]) // a fixed seed; it never fails
	for _, tt := range []struct {
		kind        wxapi.MediaType
		file        []byte
		contentType string
		ending      string
	}{
		{wxapi.MediaImage, large, "image/png", ".png"},
		{wxapi.MediaVoice, amrFile(), "audio/amr", ".amr"},
		{wxapi.MediaVideo, mp4File(), "video/mp4", ""}, // from the address that media/get names
		{wxapi.MediaThumb, jpegFile(t), "image/jpeg", ".jpg"},
	} {
		id := s.uploads(tt.kind, tt.file)
		file, err := s.client.DownloadMedia(t.Context(), s.of, id, tt.kind.Limit())
		require.NoError(t, err, tt.kind)
		got, err := io.ReadAll(file)
		require.NoError(t, err)
		require.NoError(t, file.Close())
		require.True(t, bytes.Equal(tt.file, got), tt.kind)
		require.Equal(t, tt.contentType, file.ContentType)
		if tt.ending != "" {
			require.Equal(t, id+tt.ending, file.Name)
		}
	}
}

func TestSimulator_mediaOfCustomersAreFetched(t *testing.T) {
	t.Parallel()
	s := newSimulated(t)
	for kind, contentType := range map[string]string{"image": "image/png", "voice": "audio/amr", "video": "video/mp4"} {
		s.does(object{"kind": kind})
		file, err := s.client.DownloadMedia(t.Context(), s.of, s.last().Fields["MediaId"], 10<<20)
		require.NoError(t, err, kind)
		some, err := io.ReadAll(file)
		require.NoError(t, err)
		require.NoError(t, file.Close())
		require.NotEmpty(t, some)
		require.Equal(t, contentType, file.ContentType)
	}
}

func TestSimulator_tellsWhoFollowsAndHow(t *testing.T) {
	t.Parallel()
	s := newSimulated(t)
	user, err := s.client.UserInfo(t.Context(), s.of, customer)
	require.NoError(t, err)
	require.True(t, user.Following)
	require.WithinDuration(t, time.Now(), user.FollowedAt, time.Minute)

	s.control("DELETE", s.follower(""), nil, nil)
	user, err = s.client.UserInfo(t.Context(), s.of, customer)
	require.NoError(t, err)
	require.Equal(t, wxapi.User{OpenID: customer}, user)

	s.does(object{"kind": "scan", "scene": "shop-7"})
	user, err = s.client.UserInfo(t.Context(), s.of, customer)
	require.NoError(t, err)
	require.Equal(t, []any{true, "shop-7", "ADD_SCENE_QR_CODE"}, []any{user.Following, user.QRSceneText, user.Scene})
}

func TestSimulator_codesAreScanned(t *testing.T) {
	t.Parallel()
	s := newSimulated(t)
	for _, tt := range []struct {
		scene    wxapi.Scene
		lifetime time.Duration
		want     string
	}{
		{wxapi.Scene{Number: 7}, time.Hour, "7"},
		{wxapi.Scene{Text: "shop-7"}, wxapi.MaxQRCodeLifetime, "shop-7"},
		{wxapi.Scene{Number: 100_000}, 0, "100000"},
		{wxapi.Scene{Text: strings.Repeat("x", 64)}, 0, strings.Repeat("x", 64)},
	} {
		code, err := s.client.CreateQRCode(t.Context(), s.of, tt.scene, tt.lifetime)
		require.NoError(t, err)
		require.Equal(t, tt.lifetime == 0, code.ExpiresAt.IsZero())
		if tt.lifetime > 0 {
			require.WithinDuration(t, time.Now().Add(tt.lifetime), code.ExpiresAt, time.Minute)
		}
		s.does(object{"kind": "scan", "ticket": code.Ticket})
		require.Equal(t, []string{"SCAN", tt.want}, []string{s.last().Kind, s.last().Text})
	}
}

func TestSimulator_keepsTheMenu(t *testing.T) {
	t.Parallel()
	s := newSimulated(t)
	menu := []wxapi.Button{
		{Type: "click", Name: "帮助", Key: "HELP"},
		{Name: "更多", Buttons: []wxapi.Button{
			{Type: "view", Name: "商店", URL: "https://shop.example/?a=1&b=2"},
			{Type: "scancode_waitmsg", Name: "扫码", Key: "SCAN"},
			{Type: "pic_weixin", Name: "照片", Key: "PIC"},
			{Type: "location_select", Name: "位置", Key: "PLACE"},
			{Type: "miniprogram", Name: "小程序", URL: "https://shop.example/", AppID: "wxabcdefabcdefabcd", PagePath: "pages/a"},
		}},
		{Type: "media_id", Name: "图片", MediaID: "m"},
	}
	require.NoError(t, s.client.CreateMenu(t.Context(), s.of, menu))
	got, err := s.client.Menu(t.Context(), s.of)
	require.NoError(t, err)
	for i := range got { // WeChat gives an empty list if there are no buttons below
		if len(got[i].Buttons) == 0 {
			got[i].Buttons = nil
		}
		for j := range got[i].Buttons {
			got[i].Buttons[j].Buttons = nil
		}
	}
	require.Equal(t, menu, got)

	require.NoError(t, s.client.DeleteMenu(t.Context(), s.of))
	_, err = s.client.Menu(t.Context(), s.of)
	requireCode(t, 46003, "menu-missing", err)
}

func TestSimulator_namesWhereCallbacksComeFrom(t *testing.T) {
	t.Parallel()
	s := newSimulated(t)
	networks, err := s.client.CallbackIPs(t.Context(), s.of)
	require.NoError(t, err)
	require.NotEmpty(t, networks)
	for _, network := range networks {
		require.Equal(t, network.Masked(), network)
		require.NotEqual(t, netip.Prefix{}, network)
	}
}

func TestSimulator_givesAllWhoAskTheSameToken(t *testing.T) {
	t.Parallel()
	s := newSimulated(t)
	require.NoError(t, s.client.CheckCredentials(t.Context(), s.of))
	tokens := map[string]bool{}
	for range 3 {
		kept := &store{}
		_, err := wxapi.New(s.http.URL, httpClient(t), kept).UserInfo(t.Context(), s.of, customer)
		require.NoError(t, err)
		require.WithinDuration(t, time.Now().Add(2*time.Hour), kept.token.ExpiresAt, time.Minute)
		tokens[kept.token.Value.Reveal()] = true
	}
	require.Len(t, tokens, 1)
}

type texts = map[string]string

// uploads uploads a file and returns its media id.
func (s *simulated) uploads(kind wxapi.MediaType, file []byte) string {
	s.t.Helper()
	medium, err := s.client.UploadMedia(s.t.Context(), s.of, wxapi.Upload{Type: kind, Name: "文件", Content: bytes.NewReader(file), Size: int64(len(file))})
	require.NoError(s.t, err, kind)
	return medium.ID
}

func pngFile(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, png.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8))))
	return b.Bytes()
}

func jpegFile(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	require.NoError(t, jpeg.Encode(&b, image.NewGray(image.Rect(0, 0, 8, 8)), nil))
	return b.Bytes()
}

// amrFile is a second of silence: the header, and 50 frames of 20 ms in the mode whose frames have 32 bytes (RFC 4867).
func amrFile() []byte {
	return []byte("#!AMR\n" + strings.Repeat("\x3c"+strings.Repeat("\x00", 31), 50))
}

// mp4File is a film without a frame.
func mp4File() []byte {
	return []byte("\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp42\x00\x00\x00\x08mdat")
}
