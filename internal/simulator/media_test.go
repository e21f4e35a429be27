package simulator_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The least that each kind of medium is known by.
const (
	pngFile  = "\x89PNG\r\n\x1a\npicture"
	jpegFile = "\xff\xd8\xffpicture"
	amrFile  = "#!AMR\n\x3c0123456789012345678901234567890"
	mp4File  = "\x00\x00\x00\x18ftypisom"
)

// upload puts a file into the store as the account and gives WeChat's answer.
func (w *world) upload(kind, file string) map[string]any {
	w.t.Helper()
	var form bytes.Buffer
	m := multipart.NewWriter(&form)
	part, err := m.CreateFormFile("media", "file.bin")
	require.NoError(w.t, err)
	_, err = io.WriteString(part, file)
	require.NoError(w.t, err)
	require.NoError(w.t, m.Close())
	return w.uploadForm(kind, m.FormDataContentType(), form.String())
}

func (w *world) uploadForm(kind, contentType, form string) map[string]any {
	w.t.Helper()
	answer, err := http.Post(w.url+"/cgi-bin/media/upload?type="+kind+"&access_token="+w.accessToken(), contentType, strings.NewReader(form))
	require.NoError(w.t, err)
	defer func() { _ = answer.Body.Close() }()
	var out map[string]any
	require.NoError(w.t, json.NewDecoder(answer.Body).Decode(&out))
	return out
}

// withMedia uploads what a text names and puts the media ids in its place.
func (w *world) withMedia(text string) string {
	w.t.Helper()
	for name, row := range map[string]struct{ kind, file, id string }{
		"IMAGE": {"image", pngFile, "media_id"}, "VOICE": {"voice", amrFile, "media_id"},
		"VIDEO": {"video", mp4File, "media_id"}, "THUMB": {"thumb", jpegFile, "thumb_media_id"},
	} {
		if strings.Contains(text, name) {
			text = strings.ReplaceAll(text, name, w.upload(row.kind, row.file)[row.id].(string))
		}
	}
	return text
}

func (w *world) download(mediaID string) (*http.Response, string) {
	w.t.Helper()
	return w.page("/cgi-bin/media/get?access_token=" + w.accessToken() + "&media_id=" + mediaID)
}

func TestMedia_givesBackWhatWasUploadedForThreeDays(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	id := w.upload("image", pngFile)["media_id"].(string)
	require.Regexp(t, `^[A-Za-z0-9_-]{64}$`, id)
	answer, file := w.download(id)
	require.Equal(t, pngFile, file)
	require.Equal(t, "image/png", answer.Header.Get("Content-Type"))
	require.Equal(t, `attachment; filename="`+id+`.png"`, answer.Header.Get("Content-Disposition"))

	w.say("hello")
	image := fmt.Sprintf(`{"touser":%q,"msgtype":"image","image":{"media_id":%q}}`, openID, id)
	require.Equal(t, 0, w.sendBody(w.accessToken(), image))
	w.do("POST", "/_sim/clock", `{"advance":"72h"}`, 200)
	_, file = w.download(id)
	require.Contains(t, file, `"errcode":40007`)
	w.say("hello")
	require.Equal(t, 40007, w.sendBody(w.accessToken(), image))
	_, file = w.page(w.path("media/" + id))
	require.Equal(t, pngFile, file, "the phone keeps what it has seen")
}

func TestMedia_tellsOfAVideoOnlyWhereItIs(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	_, text := w.download(w.upload("video", mp4File)["media_id"].(string))
	var out struct {
		URL string `json:"video_url"`
	}
	require.NoError(t, json.Unmarshal([]byte(text), &out))
	answer, file := w.page(strings.TrimPrefix(out.URL, w.url))
	require.Equal(t, mp4File, file)
	require.Equal(t, "video/mp4", answer.Header.Get("Content-Type"))
}

func TestMedia_refusesWhatWeChatRefuses(t *testing.T) {
	t.Parallel()
	w := newStillWorld(t)
	for name, row := range map[string]struct {
		kind, file string
		code       int
	}{
		"unknown kind":        {"film", mp4File, 40004},
		"a page":              {"image", "<html>", 40005},
		"a picture as voice":  {"voice", pngFile, 40005},
		"a PNG as thumb":      {"thumb", pngFile, 40005},
		"nothing":             {"image", "", 40006},
		"image of 10 MB + 1":  {"image", pngFile + strings.Repeat("x", 10<<20), 40009},
		"voice of 2 MB + 1":   {"voice", "ID3" + strings.Repeat("x", 2<<20), 40010},
		"video of 10 MB + 1":  {"video", mp4File + strings.Repeat("x", 10<<20), 40011},
		"thumb of 64 KB + 1":  {"thumb", jpegFile + strings.Repeat("x", 64<<10), 40012},
		"voice over a minute": {"voice", "#!AMR\n" + strings.Repeat("\x04"+strings.Repeat("x", 12), 3001), 45007},
	} {
		require.EqualValues(t, row.code, w.upload(row.kind, row.file)["errcode"], name)
	}
	require.EqualValues(t, 41005, w.uploadForm("image", "application/json", "{}")["errcode"], "not a form")
	require.EqualValues(t, 41005, w.uploadForm("image", "multipart/form-data; boundary=b", "--b--")["errcode"], "no file")
	require.EqualValues(t, 44002, w.uploadForm("image", "multipart/form-data; boundary=b", "")["errcode"], "no body")
	_, text := w.download("nothing")
	require.Contains(t, text, "40007")
}

func TestMedia_ofACustomerCanBeFetchedByTheAccount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	id := w.do("POST", w.path("media?kind=image"), pngFile, 201)["media_id"].(string)
	w.do("POST", w.path("media?kind=image"), "<svg/>", 400)
	w.act(`{"kind":"image","media_id":"` + id + `"}`)
	require.Contains(t, w.server.received()[0].inner, "<PicUrl><![CDATA["+w.url+"/_sim/accounts/"+appID+"/media/"+id+"]]>")
	_, file := w.download(id)
	require.Equal(t, pngFile, file)

	w.act(`{"kind":"image"}`)
	w.act(`{"kind":"voice"}`)
	w.act(`{"kind":"video"}`)
	items := w.screen()
	require.Equal(t, "/_sim/accounts/"+appID+"/media/"+items[1].Fields["MediaId"], items[1].Picture)
	answer, _ := w.download(items[1].Fields["MediaId"])
	require.Equal(t, "image/png", answer.Header.Get("Content-Type"), "made up, but real")
	answer, _ = w.download(items[2].Fields["MediaId16K"])
	require.Equal(t, "audio/amr", answer.Header.Get("Content-Type"))
	answer, _ = w.download(items[3].Fields["ThumbMediaId"])
	require.Equal(t, "image/jpeg", answer.Header.Get("Content-Type"))
	require.Len(t, get[map[string]any](w, w.path("media")), 5)
}
