package wxapi_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/wechat"
	"wxdesk/internal/wechat/wxapi"
)

func TestUploadMedia_sendsAFormOfKnownLength(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	var length int64
	var name, contentType, content string
	p.answers(says(`{"type":"image","media_id":"m","created_at":1700000000,"item":[],"errcode":0}`))
	p.peek = func(r *http.Request, body string) {
		length = r.ContentLength
		_, parameters, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
		part, err := multipart.NewReader(strings.NewReader(body), parameters["boundary"]).NextPart()
		if err != nil {
			return
		}
		read, _ := io.ReadAll(part)
		name, contentType, content = part.FormName()+" "+part.FileName(), part.Header.Get("Content-Type"), string(read)
	}
	u := picture("\x89PNG")
	u.Name, u.ContentType = "图\"\r\nX: y.png", "image/png;q=1"
	got, err := client(t, p, storeWith(tokenA)).UploadMedia(t.Context(), credentials(), u)
	require.NoError(t, err)
	require.Equal(t, wxapi.Media{ID: "m", CreatedAt: time.Unix(1_700_000_000, 0).UTC()}, got)
	calls := p.taken()
	require.Equal(t, int64(len(calls[0].body)), length)
	require.Equal(t, "image/png; q=1", contentType)
	require.Equal(t, "\x89PNG", content)
	require.True(t, strings.HasPrefix(name, "media 图") && strings.HasSuffix(name, ".png"), name)
}

func TestUploadMedia_contentTypeAddsNoHeader(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.answers(says(`{"media_id":"m"}`))
	c := client(t, p, storeWith(tokenA))
	for _, odd := range []string{"", "image/png\r\nX: y", "image/png; a=\"\r\nX: y\"", "a/b/c", "\x00", "; x"} {
		u := picture("x")
		u.ContentType = odd
		_, err := c.UploadMedia(t.Context(), credentials(), u)
		require.NoError(t, err)
		calls := p.taken()
		body := calls[len(calls)-1].body
		require.NotContains(t, body, "\nX: y", odd)
		require.Contains(t, body, "\r\nContent-Type: ", odd)
	}
}

func TestUploadMedia_thumbnailHasItsOwnID(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.answers(says(`{"type":"thumb","thumb_media_id":"m","created_at":1700000000}`), says(`{"type":"thumb"}`))
	u := picture("\xFF\xD8")
	u.Type = wxapi.MediaThumb
	got, err := client(t, p, storeWith(tokenA)).UploadMedia(t.Context(), credentials(), u)
	require.NoError(t, err)
	require.Equal(t, "m", got.ID)
	_, err = client(t, p, storeWith(tokenA)).UploadMedia(t.Context(), credentials(), u)
	requireError(t, err, 0, wechat.ReasonAnswerUnclear)
}

// ACC-11, D10
func TestUploadMedia_refusesWhatWeChatWould(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	c := client(t, p, storeWith(tokenA))
	for _, tt := range []struct {
		kind   wxapi.MediaType
		size   int64
		reason string
	}{
		{wxapi.MediaImage, 10<<20 + 1, "media-too-large"},
		{wxapi.MediaVoice, 2<<20 + 1, "media-too-large"},
		{wxapi.MediaVideo, 10<<20 + 1, "media-too-large"},
		{wxapi.MediaThumb, 64<<10 + 1, "media-too-large"},
		{wxapi.MediaImage, 0, "media-empty"},
		{wxapi.MediaImage, -1, "media-empty"},
		{"file", 1, "media-type-invalid"},
	} {
		_, err := c.UploadMedia(t.Context(), credentials(), wxapi.Upload{Type: tt.kind, Size: tt.size})
		requireError(t, err, 0, tt.reason)
		require.Equal(t, tt.reason == "media-too-large", errors.Is(err, wxapi.ErrMediaTooLarge))
	}
	require.Empty(t, p.taken())
}

func TestUploadMedia_namesUnreadableMedia(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.answers(says(`{"media_id":"m"}`))
	c := client(t, p, storeWith(tokenA))
	short := picture("short")
	short.Size = 100
	_, err := c.UploadMedia(t.Context(), credentials(), short)
	requireError(t, err, 0, "media-unreadable")
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)

	broken := picture("x")
	failure := errors.New("disk on fire")
	broken.Content = brokenSource{failure}
	_, err = c.UploadMedia(t.Context(), credentials(), broken)
	requireError(t, err, 0, "media-unreadable")
	require.ErrorIs(t, err, failure)
}

type brokenSource struct{ err error }

func (b brokenSource) ReadAt([]byte, int64) (int, error) { return 0, b.err }

// endless has as many bytes of JPEG as anybody asks for.
type endless struct{}

func (endless) ReadAt(b []byte, _ int64) (int, error) {
	for i := range b {
		b[i] = 0xD8
	}
	return len(b), nil
}

const tenMiB = 10 << 20

// Not parallel: it counts what the whole process allocates, WeChat's side included.
func TestMedia_tenMiBNeedLittleMemory(t *testing.T) {
	var received int64
	chunk := make([]byte, 32<<10)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			received, _ = io.CopyBuffer(struct{ io.Writer }{io.Discard}, r.Body, chunk)
			_, _ = fmt.Fprint(w, `{"media_id":"m"}`)
			return
		}
		w.Header().Set("Content-Type", "image/jpeg")
		w.Header().Set("Content-Length", strconv.Itoa(tenMiB))
		for range tenMiB / len(chunk) {
			_, _ = w.Write(chunk)
		}
	}))
	defer server.Close()
	c := wxapi.New(server.URL, httpClient(t), storeWith(tokenA))

	up := allocated(func() {
		_, err := c.UploadMedia(t.Context(), credentials(), wxapi.Upload{
			Type: wxapi.MediaImage, Name: "p.jpg", ContentType: "image/jpeg", Content: endless{}, Size: tenMiB,
		})
		require.NoError(t, err)
	})
	require.Greater(t, received, int64(tenMiB))
	require.Less(t, up, uint64(1<<20), "upload")

	var read int64
	down := allocated(func() {
		file, err := c.DownloadMedia(t.Context(), credentials(), "m", tenMiB)
		require.NoError(t, err)
		read, err = io.CopyBuffer(struct{ io.Writer }{io.Discard}, file, make([]byte, 32<<10))
		require.NoError(t, err)
		require.NoError(t, file.Close())
	})
	require.Equal(t, int64(tenMiB), read)
	require.Less(t, down, uint64(1<<20), "download")
}

func allocated(do func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestMedia_stopsWithItsContext(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.answers(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "image/jpeg")
		_, _ = w.Write(make([]byte, 100))
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	file, err := client(t, p, storeWith(tokenA)).DownloadMedia(ctx, credentials(), "m", tenMiB)
	require.NoError(t, err)
	_, err = io.ReadFull(file, make([]byte, 100))
	require.NoError(t, err)
	cancel()
	_, err = io.ReadAll(file)
	require.ErrorIs(t, err, context.Canceled)
	require.NoError(t, file.Close())

	// The server reads the head and no more: the upload stands still in the middle.
	stop := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.ReadFull(r.Body, make([]byte, 1024))
		<-stop
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(stop) })
	ctx, cancel = context.WithCancel(t.Context())
	u := picture("")
	u.Content, u.Size = cancelling{cancel: sync.OnceFunc(cancel)}, tenMiB
	_, err = wxapi.New(server.URL, httpClient(t), storeWith(tokenA)).UploadMedia(ctx, credentials(), u)
	requireError(t, err, 0, wechat.ReasonUnanswered)
	require.ErrorIs(t, err, context.Canceled)
}

// cancelling ends a context once the first megabyte was asked for.
type cancelling struct{ cancel func() }

func (c cancelling) ReadAt(b []byte, at int64) (int, error) {
	if at > 1<<20 {
		c.cancel()
	}
	return len(b), nil
}

func TestDownloadMedia_handsOverWhatComes(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		kind, disposition, body string
		fileName                string
	}{
		"picture":                  {"image/jpeg", `attachment; filename="MEDIA_ID.jpg"`, "\xFF\xD8\xFF", "MEDIA_ID.jpg"},
		"recording":                {"audio/amr", `attachment; filename="m.amr"`, "#!AMR\n", "m.amr"},
		"film as a stream":         {"video/mpeg4", `attachment; filename="m.mp4"`, "\x00\x00\x00\x18ftyp", "m.mp4"},
		"no disposition":           {"image/gif", "", "GIF89a", ""},
		"a bad disposition":        {"image/gif", "attachment; filename=", "GIF89a", ""},
		"text, but attached":       {"text/plain", `attachment; filename="m"`, "GIF89a", "m"},
		"no type, but attached":    {"", `attachment; filename="m"`, "GIF89a", "m"},
		"a name from the dark":     {"image/gif", `attachment; filename="../../x"`, "GIF89a", "../../x"},
		"spaces before the brace?": {"image/gif", "", "  x{", ""},
	} {
		p := newPlatform(t)
		p.answers(medium(tt.kind, tt.disposition, tt.body))
		file, err := client(t, p, storeWith(tokenA)).DownloadMedia(t.Context(), credentials(), "m", int64(len(tt.body)))
		require.NoError(t, err, name)
		got, err := io.ReadAll(file)
		require.NoError(t, err, name)
		require.Equal(t, tt.body, string(got), name)
		require.NoError(t, file.Close())
		require.Equal(t, tt.fileName, file.Name, name)
		require.Equal(t, tt.kind, file.ContentType, name)
		require.Equal(t, int64(len(tt.body)), file.Size, name)
	}
}

func medium(kind, disposition, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header()["Content-Type"] = []string{kind}
		if disposition != "" {
			w.Header().Set("Content-Disposition", disposition)
		}
		_, _ = io.WriteString(w, body)
	}
}

func TestDownloadMedia_errorIsNoFile(t *testing.T) {
	t.Parallel()
	const expired = `{"errcode":40007,"errmsg":"invalid media_id rid: 65f0c1d2-0a1b2c3d-4e5f6a7b"}`
	for name, answer := range map[string]http.HandlerFunc{
		"text":             medium("text/plain", "", expired),
		"JSON":             medium("application/json; charset=utf-8", "", expired),
		"no type":          medium("", "", expired),
		"posing as a JPEG": medium("image/jpeg", "", expired),
		"even attached":    medium("image/jpeg", `attachment; filename="m.jpg"`, " \r\n"+expired),
	} {
		p := newPlatform(t)
		p.answers(answer)
		file, err := client(t, p, storeWith(tokenA)).DownloadMedia(t.Context(), credentials(), "m", tenMiB)
		failed := failureOf(t, err, 40007, "media-expired")
		require.Equal(t, "65f0c1d2-0a1b2c3d-4e5f6a7b", failed.RID, name)
		require.Nil(t, file)
	}
	for name, answer := range map[string]http.HandlerFunc{
		"a page":       medium("text/html", "", "<html>"),
		"nothing":      medium("image/jpeg", "", ""),
		"just ok":      medium("text/plain", "", ok),
		"JPEG as text": medium("text/plain", "", "\xFF\xD8"),
	} {
		p := newPlatform(t)
		p.answers(answer)
		_, err := client(t, p, storeWith(tokenA)).DownloadMedia(t.Context(), credentials(), "m", tenMiB)
		requireError(t, err, 0, wechat.ReasonAnswerUnclear)
		require.NotNil(t, err, name)
	}
}

func TestDownloadMedia_brokenFileIsAnError(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	p.answers(medium("image/gif", "", "GIF89a"))
	_, err := client(t, p, storeWith(tokenA)).DownloadMedia(t.Context(), credentials(), "m", 5)
	requireError(t, err, 0, "media-too-large")
	require.ErrorIs(t, err, wxapi.ErrMediaTooLarge)

	for name, tt := range map[string]struct {
		answer http.HandlerFunc
		want   error
		read   int
	}{
		"endless": {func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "image/gif")
			for r.Context().Err() == nil {
				_, _ = w.Write(make([]byte, 4096))
			}
		}, wxapi.ErrMediaTooLarge, 10_000},
		"cut off": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "image/gif")
			w.Header().Set("Content-Length", "1000")
			_, _ = w.Write(make([]byte, 100))
		}, io.ErrUnexpectedEOF, 100},
		"cut off, of unknown length": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "image/gif")
			_, _ = w.Write(make([]byte, 100))
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, io.ErrUnexpectedEOF, 100},
		"nothing, of unknown length": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "image/gif")
			_ = http.NewResponseController(w).Flush()
		}, io.ErrUnexpectedEOF, 0},
	} {
		p.answers(tt.answer)
		file, err := client(t, p, storeWith(tokenA)).DownloadMedia(t.Context(), credentials(), "m", 10_000)
		require.NoError(t, err, name)
		got, err := io.ReadAll(file)
		require.ErrorIs(t, err, tt.want, name)
		require.Len(t, got, tt.read, name)
		_, err = file.Read(make([]byte, 1))
		require.Error(t, err, "and stays so")
		require.NoError(t, file.Close())
	}
}

func TestDownloadMedia_fetchesTheVideoAddress(t *testing.T) {
	t.Parallel()
	p, elsewhere := newPlatform(t), newPlatform(t)
	elsewhere.token = "" // it sees none of ours
	elsewhere.answers(medium("video/mp4", "", "\x00\x00\x00\x18ftypmp42"))
	p.answers(says(`{"video_url":"` + elsewhere.URL + `/film.mp4?key=canary"}`))
	c := client(t, p, storeWith(tokenA))
	file, err := c.DownloadMedia(t.Context(), credentials(), "m", 100)
	require.NoError(t, err)
	got, err := io.ReadAll(file)
	require.NoError(t, err)
	require.NoError(t, file.Close())
	require.Equal(t, "\x00\x00\x00\x18ftypmp42", string(got))
	require.Equal(t, []called{{request: "GET /film.mp4?key=canary"}}, elsewhere.taken(), "without our access token")

	_, err = c.DownloadMedia(t.Context(), credentials(), "m", 5)
	requireError(t, err, 0, "media-too-large")
	for _, tt := range []struct {
		answer http.HandlerFunc
		reason string
	}{
		{status(404, ""), wechat.ReasonServerError},
		{redirect, wechat.ReasonServerError},
		{hangUp, wechat.ReasonUnanswered},
		{medium("text/html", "", "<html>"), wechat.ReasonAnswerUnclear},
		{medium("application/json", "", `{"video_url":"again"}`), wechat.ReasonAnswerUnclear},
	} {
		elsewhere.answers(tt.answer)
		_, err = c.DownloadMedia(t.Context(), credentials(), "m", 100)
		requireError(t, err, 0, tt.reason)
	}
	for _, bad := range []string{"", "film.mp4", "//host/film", "file:///etc/passwd", "http://", "http://canary:canary@host/", "ht tp://x", "javascript:x"} {
		p.answers(says(`{"video_url":"` + bad + `"}`))
		_, err = c.DownloadMedia(t.Context(), credentials(), "m", 100)
		requireError(t, err, 0, wechat.ReasonAnswerUnclear)
	}
}

// M07
// WeChat is reached through a connection of its own here, so that only the video's address counts.
func TestDownloadMedia_refusesPrivateAddresses(t *testing.T) {
	t.Parallel()
	p := newPlatform(t)
	inside := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("reached") }))
	t.Cleanup(inside.Close)
	hc := wxapi.NewHTTPClient(false)
	t.Cleanup(hc.CloseIdleConnections)
	careful := transport(hc).DialContext
	transport(hc).DialContext = dialerTo(p.Listener.Addr().String(), "api.weixin.qq.com:80", careful)
	for _, address := range []string{inside.URL, "http://169.254.169.254/latest", "http://[::1]:80/"} {
		p.answers(says(`{"video_url":"` + address + `"}`))
		_, err := wxapi.New("http://api.weixin.qq.com", hc, storeWith(tokenA)).DownloadMedia(t.Context(), credentials(), "m", 100)
		requireError(t, err, 0, wechat.ReasonAddressRefused)
	}
}
