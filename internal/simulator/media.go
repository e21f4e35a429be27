package simulator

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"wxdesk/internal/simulator/random"
)

// Medium is a picture, a sound or a film in an account's media store, sent by a customer or uploaded by the account.
type Medium struct {
	AppID string    `json:"app_id"`
	ID    string    `json:"media_id"`
	Kind  mediaKind `json:"kind"`
	Type  string    `json:"content_type"`
	From  Author    `json:"from"`
	At    time.Time `json:"at"`              // simulator's clock
	Bytes []byte    `json:"bytes,omitempty"` // the file
}

// mediaKind is the `type` of media/upload.
type mediaKind string

const (
	mediaImage mediaKind = "image"
	mediaVoice mediaKind = "voice"
	mediaVideo mediaKind = "video"
	mediaThumb mediaKind = "thumb" // the little picture of a video or a song
)

// mediaLives is how long temporary media can be fetched and sent (wechat-protocol 7.1).
const mediaLives = 3 * 24 * time.Hour

// mediaRule is what WeChat takes as a kind of media; sizes are bytes (wechat-protocol 7.1; which code names which mistake is
// assumed).
type mediaRule struct {
	limit   int
	tooBig  int // errcode
	formats []string
}

var mediaRules = map[mediaKind]mediaRule{
	mediaImage: {10 << 20, codeImageSize, []string{"image/png", "image/jpeg", "image/gif"}},
	mediaVoice: {2 << 20, codeVoiceSize, []string{"audio/amr", "audio/mpeg"}},
	mediaVideo: {10 << 20, codeVideoSize, []string{"video/mp4"}},
	mediaThumb: {64 << 10, codeThumbSize, []string{"image/jpeg"}},
}

// newMedium judges a file by its kind, its size and its first bytes, whatever its name says.
func newMedium(appID string, kind mediaKind, file []byte, from Author, now time.Time) (Medium, *refusal) {
	rule, known := mediaRules[kind]
	format := mediaFormat(file)
	switch {
	case !known:
		return Medium{}, refuse(codeBadMediaType)
	case len(file) == 0:
		return Medium{}, refuse(codeMediaSize)
	case len(file) > rule.limit:
		return Medium{}, refuse(rule.tooBig)
	case !slices.Contains(rule.formats, format):
		return Medium{}, refuse(codeBadFileType)
	case format == "audio/amr" && amrLasts(file) > maxVoice:
		return Medium{}, refuse(codeVoiceTooLong)
	}
	return Medium{AppID: appID, ID: random.Text(64, random.URLSafe), Kind: kind, Type: format, From: from, At: now, Bytes: file}, nil
}

// mediaFormat tells the format by the first bytes; "" is none that WeChat takes.
func mediaFormat(file []byte) string {
	begins := func(with string) bool { return bytes.HasPrefix(file, []byte(with)) }
	switch {
	case begins("\x89PNG\r\n\x1a\n"):
		return "image/png"
	case begins("\xff\xd8\xff"):
		return "image/jpeg"
	case begins("GIF87a"), begins("GIF89a"):
		return "image/gif"
	case begins(amrHeader):
		return "audio/amr"
	case begins("ID3"), len(file) > 1 && file[0] == 0xff && file[1]&0xe6 == 0xe2: // a tag, or a frame of layer III
		return "audio/mpeg"
	case len(file) >= 12 && string(file[4:8]) == "ftyp":
		return "video/mp4"
	}
	return ""
}

// extensions are those of the file names that media/get gives.
var extensions = map[string]string{
	"image/png": ".png", "image/jpeg": ".jpg", "image/gif": ".gif", "audio/amr": ".amr", "audio/mpeg": ".mp3", "video/mp4": ".mp4",
}

// maxVoice is the longest voice message.
const maxVoice = time.Minute

// An AMR file is this header and then frames of 20 ms, whose first byte tells the mode and with it the length (RFC 4867).
const amrHeader = "#!AMR\n"

var amrFrames = [16]int{13, 14, 16, 18, 20, 21, 27, 32, 6, 1, 1, 1, 1, 1, 1, 1}

func amrLasts(file []byte) time.Duration {
	var lasts time.Duration
	for at := len(amrHeader); at < len(file); at += amrFrames[file[at]>>3&15] {
		lasts += 20 * time.Millisecond
	}
	return lasts
}

// medium finds what an account can still fetch or send. A voice can be had by its 16 kHz name as well.
func (a *accountState) medium(id string, now time.Time) (Medium, bool) {
	m, ok := a.media[id]
	if !ok {
		m, ok = a.media[strings.TrimSuffix(id, wideband)]
		ok = ok && m.Kind == mediaVoice
	}
	return m, ok && now.Sub(m.At) < mediaLives
}

// wideband ends the MediaId16K of a voice.
const wideband = "16k"

// needMedium refuses a media id that cannot be sent as one of these kinds.
func (a *accountState) needMedium(id string, now time.Time, kinds ...mediaKind) *refusal {
	m, ok := a.medium(id, now)
	if !ok || m.ID != id || !slices.Contains(kinds, m.Kind) {
		return refuse(codeInvalidMediaID)
	}
	return nil
}

// lookup is needMedium for a passive reply.
func (a *accountState) lookup(now time.Time) mediaLookup {
	return func(id string, kinds ...mediaKind) (string, bool) {
		return a.picture(id), a.needMedium(id, now, kinds...) == nil
	}
}

// picture is where the phone finds a picture of this account, "" where there is none to show.
func (a *accountState) picture(id string) string {
	return a.media[id].asPicture()
}

func (m Medium) asPicture() string {
	if !strings.HasPrefix(m.Type, "image/") {
		return ""
	}
	return m.path()
}

// path is the control API's address of a medium.
func (m Medium) path() string { return "/_sim/accounts/" + m.AppID + "/media/" + m.ID }

func (m Medium) withoutBytes() Medium {
	m.Bytes = nil
	return m
}
