package platform_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/simulator/simulatortest"
)

func TestMedia_uploadIsKeptThreeDays(t *testing.T) {
	t.Parallel()
	w := simulatortest.NewStill(t)
	id := w.Upload("image", simulatortest.PNG)["media_id"].(string)
	require.Regexp(t, `^[A-Za-z0-9_-]{64}$`, id)
	header, file := w.Download(id)
	require.Equal(t, simulatortest.PNG, file)
	require.Equal(t, "image/png", header.Get("Content-Type"))
	require.Equal(t, `attachment; filename="`+id+`.png"`, header.Get("Content-Disposition"))

	w.Say("hello")
	image := fmt.Sprintf(`{"touser":%q,"msgtype":"image","image":{"media_id":%q}}`, simulatortest.OpenID, id)
	require.Equal(t, 0, w.SendBody(w.AccessToken(), image))
	w.Do("POST", "/_sim/clock", `{"advance":"72h"}`, 200)
	_, file = w.Download(id)
	require.Contains(t, file, `"errcode":40007`)
	w.Say("hello")
	require.Equal(t, 40007, w.SendBody(w.AccessToken(), image))
	_, file = w.Page(w.Path("media/" + id))
	require.Equal(t, simulatortest.PNG, file, "the phone keeps what it has seen")
}

func TestMedia_videoIsGivenByItsAddress(t *testing.T) {
	t.Parallel()
	w := simulatortest.NewStill(t)
	_, text := w.Download(w.Upload("video", simulatortest.MP4)["media_id"].(string))
	var out struct {
		URL string `json:"video_url"`
	}
	require.NoError(t, json.Unmarshal([]byte(text), &out))
	header, file := w.Page(strings.TrimPrefix(out.URL, w.URL))
	require.Equal(t, simulatortest.MP4, file)
	require.Equal(t, "video/mp4", header.Get("Content-Type"))
}

func TestMedia_refusesWhatWeChatRefuses(t *testing.T) {
	t.Parallel()
	w := simulatortest.NewStill(t)
	for name, row := range map[string]struct {
		kind, file string
		code       int
	}{
		"unknown kind":        {"film", simulatortest.MP4, 40004},
		"a page":              {"image", "<html>", 40005},
		"a picture as voice":  {"voice", simulatortest.PNG, 40005},
		"a PNG as thumb":      {"thumb", simulatortest.PNG, 40005},
		"nothing":             {"image", "", 40006},
		"image of 10 MB + 1":  {"image", simulatortest.PNG + strings.Repeat("x", 10<<20), 40009},
		"voice of 2 MB + 1":   {"voice", "ID3" + strings.Repeat("x", 2<<20), 40010},
		"video of 10 MB + 1":  {"video", simulatortest.MP4 + strings.Repeat("x", 10<<20), 40011},
		"thumb of 64 KB + 1":  {"thumb", simulatortest.JPEG + strings.Repeat("x", 64<<10), 40012},
		"voice over a minute": {"voice", "#!AMR\n" + strings.Repeat("\x04"+strings.Repeat("x", 12), 3001), 45007},
	} {
		require.EqualValues(t, row.code, w.Upload(row.kind, row.file)["errcode"], name)
	}
	require.EqualValues(t, 41005, w.UploadForm("image", "application/json", "{}")["errcode"], "not a form")
	require.EqualValues(t, 41005, w.UploadForm("image", "multipart/form-data; boundary=b", "--b--")["errcode"], "no file")
	require.EqualValues(t, 44002, w.UploadForm("image", "multipart/form-data; boundary=b", "")["errcode"], "no body")
	_, text := w.Download("nothing")
	require.Contains(t, text, "40007")
}

func TestMedia_ofACustomerCanBeFetchedByTheAccount(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	id := w.Do("POST", w.Path("media?kind=image"), simulatortest.PNG, 201)["media_id"].(string)
	w.Do("POST", w.Path("media?kind=image"), "<svg/>", 400)
	w.Act(`{"kind":"image","media_id":"` + id + `"}`)
	require.Contains(t, w.Server.Received()[0].Inner, "<PicUrl><![CDATA["+w.URL+"/_sim/accounts/"+simulatortest.AppID+"/media/"+id+"]]>")
	_, file := w.Download(id)
	require.Equal(t, simulatortest.PNG, file)

	w.Act(`{"kind":"image"}`)
	w.Act(`{"kind":"voice"}`)
	w.Act(`{"kind":"video"}`)
	items := w.Screen()
	require.Equal(t, "/_sim/accounts/"+simulatortest.AppID+"/media/"+items[1].Fields["MediaId"], items[1].Picture)
	header, _ := w.Download(items[1].Fields["MediaId"])
	require.Equal(t, "image/png", header.Get("Content-Type"), "made up, but real")
	header, _ = w.Download(items[2].Fields["MediaId16K"])
	require.Equal(t, "audio/amr", header.Get("Content-Type"))
	header, _ = w.Download(items[3].Fields["ThumbMediaId"])
	require.Equal(t, "image/jpeg", header.Get("Content-Type"))
	require.Len(t, simulatortest.Get[map[string]any](w, w.Path("media")), 5)
}
