package platform

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"

	"wxdesk/internal/simulator/state"
)

// mediaUpload takes the form's field `media` into the store, for three days.
func (p *API) mediaUpload(c *call) result {
	file, refusal := formFile(c.contentType, c.body)
	if refusal != nil {
		return refused(refusal)
	}
	m, refusal := NewMedium(c.account.AppID, state.MediaKind(c.query.Get("type")), file, state.FromAccount, p.store.Now())
	if refusal != nil {
		return refused(refusal)
	}
	name := "media_id"
	if m.Kind == state.Thumb {
		name = "thumb_media_id" // observed, not documented
	}
	answer := map[string]any{"type": m.Kind, name: m.ID, "created_at": m.At.Unix(), "item": []any{}}
	return answered(answer, state.Change{Media: []state.Medium{m}})
}

// formFile returns the file of the form's field `media`. Without a file name it is a field and not a file.
func formFile(contentType string, body []byte) ([]byte, *APIError) {
	kind, params, err := mime.ParseMediaType(contentType)
	if err != nil || kind != "multipart/form-data" {
		return nil, refuse(codeMediaMissing)
	}
	form := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for {
		part, err := form.NextPart()
		if err != nil {
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
func (p *API) mediaGet(c *call) result {
	id := c.query.Get("media_id")
	m, ok := c.account.Medium(id, p.store.Now())
	if !ok {
		return refused(refuse(codeInvalidMediaID))
	}
	if m.Kind == state.Video {
		return answered(map[string]string{"video_url": c.base + m.Path()}, state.Change{})
	}
	return answered(download{id + extensions[m.Type], m}, state.Change{})
}

// extensions are those of the file names that media/get gives.
var extensions = map[string]string{
	"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "audio/amr": ".amr", "audio/mpeg": ".mp3", "video/mp4": ".mp4",
}
