package simulatortest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"

	"github.com/stretchr/testify/require"
)

// AccessToken fetches one.
func (w *World) AccessToken() string {
	w.t.Helper()
	body := fmt.Sprintf(`{"grant_type":"client_credential","appid":%q,"secret":%q}`, AppID, AppSecret)
	out := w.Do("POST", "/cgi-bin/stable_token", body, 200)
	require.Contains(w.t, out, "access_token")
	return out["access_token"].(string)
}

// API makes a call of WeChat's API: GET if there is no body.
func (w *World) API(path, body string) map[string]any {
	w.t.Helper()
	method := map[bool]string{true: "GET", false: "POST"}[body == ""]
	return w.Do(method, "/cgi-bin/"+path+"?access_token="+w.AccessToken(), body, 200)
}

// Send writes to the customer as the account and returns the errcode.
func (w *World) Send(accessToken, text string) int {
	w.t.Helper()
	var content bytes.Buffer
	e := json.NewEncoder(&content)
	e.SetEscapeHTML(false)
	require.NoError(w.t, e.Encode(text))
	return w.SendBody(accessToken, `{"touser":"`+OpenID+`","msgtype":"text","text":{"content":`+content.String()+`}}`)
}

// SendBody calls message/custom/send with a body and returns the errcode.
func (w *World) SendBody(accessToken, body string) int {
	w.t.Helper()
	out := w.Do("POST", "/cgi-bin/message/custom/send?access_token="+url.QueryEscape(accessToken), body, 200)
	return int(out["errcode"].(float64))
}

// The least that each kind of medium is known by.
const (
	PNG  = "\x89PNG\r\n\x1a\npicture"
	JPEG = "\xff\xd8\xffpicture"
	AMR  = "#!AMR\n\x3c0123456789012345678901234567890"
	MP4  = "\x00\x00\x00\x18ftypisom"
)

// Upload puts a file into the store as the account and returns WeChat's answer.
func (w *World) Upload(kind, file string) map[string]any {
	w.t.Helper()
	var form bytes.Buffer
	m := multipart.NewWriter(&form)
	part, err := m.CreateFormFile("media", "file.bin")
	require.NoError(w.t, err)
	_, err = io.WriteString(part, file)
	require.NoError(w.t, err)
	require.NoError(w.t, m.Close())
	return w.UploadForm(kind, m.FormDataContentType(), form.String())
}

// UploadForm calls media/upload with a body and returns WeChat's answer.
func (w *World) UploadForm(kind, contentType, form string) map[string]any {
	w.t.Helper()
	answer := w.request("POST", "/cgi-bin/media/upload?type="+kind+"&access_token="+w.AccessToken(), contentType, form)
	require.NoError(w.t, answer.Err)
	var out map[string]any
	require.NoError(w.t, json.Unmarshal(answer.Text, &out))
	return out
}

// WithMedia uploads what a text names and puts the media ids in its place.
func (w *World) WithMedia(text string) string {
	w.t.Helper()
	for name, row := range map[string]struct{ kind, file, id string }{
		"IMAGE": {"image", PNG, "media_id"}, "VOICE": {"voice", AMR, "media_id"},
		"VIDEO": {"video", MP4, "media_id"}, "THUMB": {"thumb", JPEG, "thumb_media_id"},
	} {
		if strings.Contains(text, name) {
			text = strings.ReplaceAll(text, name, w.Upload(row.kind, row.file)[row.id].(string))
		}
	}
	return text
}

// Download calls media/get.
func (w *World) Download(mediaID string) (http.Header, string) {
	w.t.Helper()
	return w.Page("/cgi-bin/media/get?access_token=" + w.AccessToken() + "&media_id=" + mediaID)
}
