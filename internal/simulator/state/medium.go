package state

import (
	"slices"
	"strings"
	"time"
)

// Medium is a picture, a sound or a film in an account's media store, sent by a customer or uploaded by the account.
type Medium struct {
	AppID string    `json:"app_id"`
	ID    string    `json:"media_id"`
	Kind  MediaKind `json:"kind"`
	Type  string    `json:"content_type"`
	From  Author    `json:"from"`
	At    time.Time `json:"at"`              // simulator's clock
	Bytes []byte    `json:"bytes,omitempty"` // the file
}

// MediaKind is the `type` of media/upload.
type MediaKind string

const (
	Image MediaKind = "image"
	Voice MediaKind = "voice"
	Video MediaKind = "video"
	Thumb MediaKind = "thumb" // the little picture of a video or a song
)

// mediaLifetime is how long temporary media can be fetched and sent (wechat-protocol 7.1).
const mediaLifetime = 3 * 24 * time.Hour

// WidebandSuffix ends the MediaId16K of a voice, under which the same voice can be fetched.
const WidebandSuffix = "16k"

// Path is the control API's address of a medium.
func (m Medium) Path() string { return "/_sim/accounts/" + m.AppID + "/media/" + m.ID }

// PicturePath is where the phone finds the picture, "" if the medium is none.
func (m Medium) PicturePath() string {
	if !strings.HasPrefix(m.Type, "image/") {
		return ""
	}
	return m.Path()
}

// WithoutBytes returns what is known of a medium without the file itself.
func (m Medium) WithoutBytes() Medium {
	m.Bytes = nil
	return m
}

func (m Medium) expired(now time.Time) bool { return now.Sub(m.At) >= mediaLifetime }

// Medium finds what an account can still fetch or send. A voice can be had by its 16 kHz name as well.
func (a *AccountData) Medium(id string, now time.Time) (Medium, bool) {
	m, ok := a.Media[id]
	if !ok {
		m, ok = a.Media[strings.TrimSuffix(id, WidebandSuffix)]
		ok = ok && m.Kind == Voice
	}
	return m, ok && !m.expired(now)
}

// CanSend reports whether a media id can be sent as one of these kinds.
func (a *AccountData) CanSend(id string, now time.Time, kinds ...MediaKind) bool {
	m, ok := a.Medium(id, now)
	return ok && m.ID == id && slices.Contains(kinds, m.Kind)
}

// PicturePath is where the phone finds a picture of this account, "" if there is none to show.
func (a *AccountData) PicturePath(id string) string { return a.Media[id].PicturePath() }
