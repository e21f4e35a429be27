package phone

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"strings"
	"time"

	"wxdesk/internal/simulator/platform"
	"wxdesk/internal/simulator/random"
	"wxdesk/internal/simulator/state"
)

// sampleMedium makes the file of a customer who sends something without saying what: real enough to be fetched and looked at.
func sampleMedium(appID string, kind state.MediaKind, now time.Time) state.Medium {
	m, _ := platform.NewMedium(appID, kind, sampleFile(kind), state.FromCustomer, now) // it fits the rules
	return m
}

func sampleFile(kind state.MediaKind) []byte {
	switch kind {
	case state.Voice: // two seconds of silence
		return []byte(platform.AMRHeader + strings.Repeat("\x3c"+strings.Repeat("\x00", 31), 100))
	case state.Video: // a film without a frame
		return []byte("\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isommp42" + "\x00\x00\x00\x08free" + "\x00\x00\x00\x08mdat")
	}
	var file bytes.Buffer
	if kind == state.Thumb {
		_ = jpeg.Encode(&file, landscape(), nil) // into memory: cannot fail
	} else {
		_ = png.Encode(&file, landscape())
	}
	return file.Bytes()
}

// landscape paints a sun over hills; where the sun stands differs from picture to picture.
func landscape() image.Image {
	const width, height = 320, 220
	picture := image.NewRGBA(image.Rect(0, 0, width, height))
	sun := image.Pt(50+int(random.Text(1, random.Alphanumeric)[0])*2%220, 70)
	for y := range height {
		for x := range width {
			picture.Set(x, y, landscapeAt(x, y, sun))
		}
	}
	return picture
}

func landscapeAt(x, y int, sun image.Point) color.Color {
	far, near := 130+(x-90)*(x-90)/420, 215-(x-40)*(x+40)/900
	switch {
	case y > near:
		return color.RGBA{0x1c, 0x6b, 0x52, 0xff}
	case y > far:
		return color.RGBA{0x3f, 0x94, 0x77, 0xff}
	case (x-sun.X)*(x-sun.X)+(y-sun.Y)*(y-sun.Y) < 26*26:
		return color.RGBA{0xff, 0xd5, 0x7e, 0xff}
	}
	return color.RGBA{uint8(0xa9 + y/3), uint8(0xd3 + y/8), 0xf0, 0xff}
}
