package wxapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"sync/atomic"
	"time"

	"wxdesk/internal/wechat"
)

// MediaType is a type of temporary media.
type MediaType string

// The types, with what WeChat takes of each.
const (
	MediaImage MediaType = "image" // PNG, JPEG, GIF; 10 MB
	MediaVoice MediaType = "voice" // AMR, MP3; 2 MB, 60 s
	MediaVideo MediaType = "video" // MP4; 10 MB
	MediaThumb MediaType = "thumb" // JPEG; 64 KB
)

// Limit is how many bytes WeChat takes of a type; 0 for an unknown type.
func (t MediaType) Limit() int64 {
	switch t {
	case MediaImage, MediaVideo:
		return 10 << 20
	case MediaVoice:
		return 2 << 20
	case MediaThumb:
		return 64 << 10
	}
	return 0
}

// MediaLifetime is how long a temporary medium can be sent or fetched, whether the account uploaded it or a customer sent it.
const MediaLifetime = 3 * 24 * time.Hour

// ErrMediaTooLarge says that a medium is longer than the caller, or WeChat, takes.
var ErrMediaTooLarge = errors.New("wxapi: medium is too large")

// Upload is a media file to be sent to WeChat.
type Upload struct {
	Type        MediaType
	Name        string      // with the ending by which WeChat tells the format
	ContentType string      // application/octet-stream if it is empty
	Content     io.ReaderAt // read once or twice, and perhaps for a moment after a call that was cancelled
	Size        int64       // bytes
}

// Media is a medium that WeChat keeps for MediaLifetime.
type Media struct {
	ID        string
	CreatedAt time.Time
}

// UploadMedia uploads a temporary medium, which may then be sent any number of times. It is streamed: nothing of it is kept
// in memory. It fails with an *Error; with ErrMediaTooLarge behind it if the type does not allow so much, and nothing
// was sent.
func (c *Client) UploadMedia(ctx context.Context, of wechat.Credentials, u Upload) (Media, error) {
	const op = "media/upload"
	switch {
	case u.Type.Limit() == 0:
		return Media{}, &Error{Op: op, Reason: wechat.ErrCode(40004).Reason()}
	case u.Size <= 0:
		return Media{}, &Error{Op: op, Reason: reasonEmpty}
	case u.Size > u.Type.Limit():
		return Media{}, &Error{Op: op, Reason: reasonTooLarge, cause: ErrMediaTooLarge}
	}
	var a struct {
		MediaID      string  `json:"media_id"`
		ThumbMediaID string  `json:"thumb_media_id"` // what answers the type thumb
		CreatedAt    integer `json:"created_at"`
	}
	part := newUploadedPart(u)
	r := request{op: op, query: url.Values{"type": {string(u.Type)}}, part: part, large: true}
	if err := c.call(ctx, of, r, &a); err != nil {
		return Media{}, part.blame(err)
	}
	media := Media{ID: a.MediaID, CreatedAt: c.now()}
	if media.ID == "" {
		media.ID = a.ThumbMediaID
	}
	if media.ID == "" {
		return Media{}, unclear(op)
	}
	if a.CreatedAt.valid && a.CreatedAt.n > 0 {
		media.CreatedAt = time.Unix(a.CreatedAt.n, 0).UTC()
	}
	return media, nil
}

// uploadedPart is the one part of a multipart form, whose length is known before it is read.
type uploadedPart struct {
	upload      Upload
	contentType string
	head, tail  []byte
	failure     atomic.Pointer[error] // of Content: the transport reads it in a goroutine of its own
}

func newUploadedPart(u Upload) *uploadedPart {
	var frame bytes.Buffer
	form := multipart.NewWriter(&frame)
	header := textproto.MIMEHeader{}
	header.Set("Content-Disposition", multipart.FileContentDisposition("media", u.Name))
	header.Set("Content-Type", validContentType(u.ContentType))
	_, _ = form.CreatePart(header) // a Buffer never fails
	split := frame.Len()
	_ = form.Close()
	return &uploadedPart{upload: u, contentType: form.FormDataContentType(), head: frame.Bytes()[:split], tail: frame.Bytes()[split:]}
}

// validContentType keeps what is no content type, line breaks above all, out of the form.
func validContentType(s string) string {
	kind, parameters, err := mime.ParseMediaType(s)
	if formatted := mime.FormatMediaType(kind, parameters); err == nil && formatted != "" {
		return formatted
	}
	return "application/octet-stream"
}

func (p *uploadedPart) attach(req *http.Request) {
	size := int64(len(p.head)) + p.upload.Size + int64(len(p.tail))
	attach(req, p.contentType, size, func() io.Reader {
		return io.MultiReader(bytes.NewReader(p.head), &partReader{part: p}, bytes.NewReader(p.tail))
	})
}

// blame names the medium as the cause if it could not be read.
func (p *uploadedPart) blame(err error) error {
	failure := p.failure.Load()
	var failed *Error
	if failure == nil || !errors.As(err, &failed) {
		return err
	}
	return &Error{Op: failed.Op, Reason: reasonUnreadable, cause: *failure}
}

// partReader reads the medium once, and remembers why it could not.
type partReader struct {
	part *uploadedPart
	at   int64
}

// Read implements io.Reader.
func (r *partReader) Read(b []byte) (int, error) {
	left := r.part.upload.Size - r.at
	if left <= 0 {
		return 0, io.EOF
	}
	n, err := r.part.upload.Content.ReadAt(b[:min(int64(len(b)), left)], r.at)
	r.at += int64(n)
	switch {
	case r.at == r.part.upload.Size:
		return n, io.EOF
	case errors.Is(err, io.EOF):
		err = fmt.Errorf("the medium ends after %d of %d bytes: %w", r.at, r.part.upload.Size, io.ErrUnexpectedEOF)
	}
	if err != nil {
		r.part.failure.CompareAndSwap(nil, &err)
	}
	return n, err
}
