package simulator

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
)

// maxUpload is above the largest medium with its form.
const maxUpload = 12 << 20

// download is an answer that is a file and not JSON.
type download struct {
	name string
	Medium
}

// mediaUpload takes the form's field `media` into the store, for three days.
func (s *Simulator) mediaUpload(c *call) (any, *refusal, change) {
	file, refused := formFile(c.contentType, c.body)
	if refused != nil {
		return nil, refused, change{}
	}
	m, refused := newMedium(c.account.AppID, mediaKind(c.query.Get("type")), file, FromAccount, s.now())
	if refused != nil {
		return nil, refused, change{}
	}
	name := "media_id"
	if m.Kind == mediaThumb {
		name = "thumb_media_id" // observed, not documented
	}
	return map[string]any{"type": m.Kind, name: m.ID, "created_at": m.At.Unix(), "item": []any{}}, nil, change{Media: []Medium{m}}
}

// formFile gives the file of the form's field `media`. Without a file name it is a field and not a file.
func formFile(contentType string, body []byte) ([]byte, *refusal) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil || kind != "multipart/form-data" {
		return nil, refuse(codeMediaMissing)
	}
	form := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) || err != nil {
			return nil, refuse(codeMediaMissing)
		}
		if part.FormName() != "media" || part.FileName() == "" {
			continue
		}
		file, err := io.ReadAll(part)
		if err != nil {
			return nil, refuse(codeMediaMissing)
		}
		return file, nil
	}
}

// mediaGet gives a file back; of a video only where it is.
func (s *Simulator) mediaGet(c *call) (any, *refusal, change) {
	id := c.query.Get("media_id")
	m, ok := c.account.medium(id, s.now())
	if !ok {
		return nil, refuse(codeInvalidMediaID), change{}
	}
	if m.Kind == mediaVideo {
		return map[string]string{"video_url": c.base + m.path()}, nil, change{}
	}
	return download{id + extensions[m.Type], m}, nil, change{}
}
