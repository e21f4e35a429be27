package platform

import (
	"bytes"
	"slices"
	"time"

	"wxdesk/internal/simulator/random"
	"wxdesk/internal/simulator/state"
)

// mediaRule is what WeChat takes as a kind of media; sizes are bytes (wechat-protocol 7.1; which code names which mistake is
// assumed).
type mediaRule struct {
	limit   int
	tooBig  int // errcode
	formats []string
}

var mediaRules = map[state.MediaKind]mediaRule{
	state.Image: {10 << 20, codeImageSize, []string{"image/png", "image/jpeg", "image/gif"}},
	state.Voice: {2 << 20, codeVoiceSize, []string{"audio/amr", "audio/mpeg"}},
	state.Video: {10 << 20, codeVideoSize, []string{"video/mp4"}},
	state.Thumb: {64 << 10, codeThumbSize, []string{"image/jpeg"}},
}

// NewMedium makes a medium of a file, or refuses the file as media/upload does: by its kind, its size and its first bytes, whatever its
// name says.
func NewMedium(appID string, kind state.MediaKind, file []byte, from state.Author, now time.Time) (state.Medium, *APIError) {
	format := mediaFormat(file)
	if code := checkMedium(kind, file, format); code != codeOK {
		return state.Medium{}, refuse(code)
	}
	id := random.Text(64, random.URLSafe)
	return state.Medium{AppID: appID, ID: id, Kind: kind, Type: format, From: from, At: now, Bytes: file}, nil
}

// checkMedium returns the errcode of what is wrong with a file.
func checkMedium(kind state.MediaKind, file []byte, format string) int {
	rule, known := mediaRules[kind]
	switch {
	case !known:
		return codeBadMediaType
	case len(file) == 0:
		return codeMediaSize
	case len(file) > rule.limit:
		return rule.tooBig
	case !slices.Contains(rule.formats, format):
		return codeBadFileType
	case format == "audio/amr" && amrLasts(file) > maxVoice:
		return codeVoiceTooLong
	}
	return codeOK
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
	case begins(AMRHeader):
		return "audio/amr"
	case begins("ID3"), len(file) > 1 && file[0] == 0xff && file[1]&0xe6 == 0xe2: // a tag, or a frame of layer III
		return "audio/mpeg"
	case len(file) >= 12 && string(file[4:8]) == "ftyp":
		return "video/mp4"
	}
	return ""
}

// maxVoice is the longest voice message.
const maxVoice = time.Minute

// AMRHeader begins an AMR file. Frames of 20 ms follow, whose first byte tells the mode and with it the length (RFC 4867).
const AMRHeader = "#!AMR\n"

var amrFrames = [16]int{13, 14, 16, 18, 20, 21, 27, 32, 6, 1, 1, 1, 1, 1, 1, 1}

func amrLasts(file []byte) time.Duration {
	var lasts time.Duration
	for at := len(AMRHeader); at < len(file); at += amrFrames[file[at]>>3&15] {
		lasts += 20 * time.Millisecond
	}
	return lasts
}
