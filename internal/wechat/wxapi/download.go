package wxapi

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"mime"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"

	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

const opDownload = "media/get"

// File is a medium on its way from WeChat. It is read as it comes, and has to be closed. Reading fails with
// ErrMediaTooLarge at the limit and with io.ErrUnexpectedEOF if the connection broke, so that what ends with io.EOF is
// whole. What WeChat says of it is not to be believed: the sender may have made it up.
type File struct {
	io.ReadCloser
	ContentType string
	Name        string // "" if none was given; never a path to write to
	Size        int64  // as announced; -1 if it was not
}

// DownloadMedia fetches a temporary medium, at most limit bytes of it. A video comes from the address that WeChat answers
// with. It fails with an *Error: with Code 40007 if the medium is older than MediaLifetime or not this account's, and with
// ErrMediaTooLarge behind it where more than limit is announced.
func (c *Client) DownloadMedia(ctx context.Context, of wechat.Credentials, mediaID string, limit int64) (*File, error) {
	var file *File
	err := c.withToken(ctx, of, opDownload, func(token secret.Value) error {
		resp, err := c.do(ctx, request{op: opDownload, query: url.Values{"media_id": {mediaID}}, large: true}, token)
		if err != nil {
			return err
		}
		file, err = c.readMedium(ctx, resp, limit)
		return err
	})
	return file, err
}

// readMedium tells a medium from the JSON of an error or of a video (F01). WeChat labels the JSON as text/plain or
// application/json, without Content-Disposition; no format of media begins with a brace.
func (c *Client) readMedium(ctx context.Context, resp *http.Response, limit int64) (*File, error) {
	if resp.StatusCode == httpOK && !holdsJSON(resp) {
		return newFile(resp, limit)
	}
	body, err := readAnswer(ctx, opDownload, resp)
	_ = resp.Body.Close()
	if err != nil {
		return nil, err
	}
	var a struct {
		VideoURL string `json:"video_url"`
	}
	if err := decode(opDownload, body, &a); err != nil {
		return nil, err
	}
	return c.downloadVideo(ctx, a.VideoURL, limit)
}

// holdsJSON looks at the headers and the first bytes, and leaves the body as it was. A page of text counts as JSON, which
// it then turns out not to be.
func holdsJSON(resp *http.Response) bool {
	kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	textual := kind == "" || kind == "application/json" || strings.HasPrefix(kind, "text/")
	if resp.Header.Get("Content-Disposition") == "" && textual {
		return true
	}
	peeked := bufio.NewReaderSize(resp.Body, 512)
	start, _ := peeked.Peek(64) // what is wrong comes again when it is read
	resp.Body = struct {
		io.Reader
		io.Closer
	}{peeked, resp.Body}
	return bytes.HasPrefix(bytes.TrimLeft(bytes.TrimPrefix(start, []byte("\uFEFF")), " \t\r\n"), []byte("{"))
}

// downloadVideo fetches from an address that WeChat names. It gets no access token, must be public like every address that
// is dialled, and may be any host: WeChat promises none. Only the host is seen in spans.
func (c *Client) downloadVideo(ctx context.Context, address string, limit int64) (*File, error) {
	whole, err := url.Parse(address)
	if err != nil || whole.Scheme != "http" && whole.Scheme != "https" || whole.Host == "" || whole.User != nil {
		return nil, unclear(opDownload)
	}
	var wire wire
	visible := whole.Scheme + "://" + whole.Host + "/"
	req, err := http.NewRequestWithContext(httptrace.WithClientTrace(withWholeURL(ctx, whole), wire.trace()), http.MethodGet, visible, nil)
	if err != nil {
		return nil, unclear(opDownload)
	}
	resp, err := c.large.Do(req)
	if err != nil {
		return nil, wire.failure(opDownload, err).because(ctx)
	}
	if resp.StatusCode != httpOK || holdsJSON(resp) {
		_ = resp.Body.Close()
		return nil, &Error{Op: opDownload, Reason: videoReason(resp), HTTPStatus: resp.StatusCode, written: true}
	}
	return newFile(resp, limit)
}

func videoReason(resp *http.Response) string {
	if resp.StatusCode != httpOK {
		return wechat.ReasonServerError
	}
	return wechat.ReasonAnswerUnclear
}

func newFile(resp *http.Response, limit int64) (*File, error) {
	var failure *Error
	switch {
	case resp.ContentLength > limit:
		failure = &Error{Op: opDownload, Reason: reasonTooLarge, HTTPStatus: httpOK, cause: ErrMediaTooLarge}
	case resp.ContentLength == 0:
		failure = unclear(opDownload)
	}
	if failure != nil {
		_ = resp.Body.Close()
		return nil, failure
	}
	_, parameters, _ := mime.ParseMediaType(resp.Header.Get("Content-Disposition"))
	return &File{
		ReadCloser:  &capped{body: resp.Body, left: limit},
		ContentType: resp.Header.Get("Content-Type"), Name: parameters["filename"], Size: resp.ContentLength,
	}, nil
}

// capped fails with ErrMediaTooLarge if a body goes on after its limit. An empty one is cut off as well.
type capped struct {
	body io.ReadCloser
	left int64
	some bool
}

// Read implements io.Reader.
func (c *capped) Read(b []byte) (int, error) {
	if c.left < 0 {
		return 0, ErrMediaTooLarge
	}
	if len(b) == 0 {
		return 0, nil
	}
	n, err := c.body.Read(b[:min(int64(len(b)), c.left+1)])
	c.some = c.some || n > 0
	if int64(n) > c.left {
		n, c.left = int(c.left), -1
		return n, ErrMediaTooLarge
	}
	c.left -= int64(n)
	if err == io.EOF && !c.some { //nolint:errorlint // io.Reader speaks of this very value
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// Close implements io.Closer.
func (c *capped) Close() error { return c.body.Close() }
