package wechat

import (
	"errors"
	"fmt"
	"strconv"
	"time"
)

// ErrInbound says that an opened message cannot be read: it is not XML as WeChat writes it, or it does not say from whom
// it comes. The text after it says why, without repeating anything of the message. What was signed goes to quarantine.
var ErrInbound = errors.New("wechat: message")

// Inbound is a message or event that a customer, or the platform, sent to an account. Everything that has no meaning of
// its own here stays text, exactly as it came, however odd: numbers may be no numbers, and links may lead anywhere.
type Inbound struct {
	ToUserName   string // the account's original id
	FromUserName OpenID // the customer; in events about a customer's data rights, a platform account
	CreateTime   string // as written
	Created      time.Time
	// CreateTimeImplausible says that CreateTime is no time between 2011 and 2100; Created is zero then, and the time of receipt
	// has to do.
	CreateTimeImplausible bool
	MsgType               string // text, image … or event; unknown ones are fine
	MsgID                 string // decimal, larger than a float can hold; events have none but job-finish events
	MsgDataID             string // beside Idx: the article that the message was written under
	Idx                   string

	// Messages.
	Content      string // text
	MenuID       string // bizmsgmenuid: the item of a menu message that was tapped; any text
	PicURL       string // image; never fetch it, media come by MediaID
	MediaID      string // image, voice, video, shortvideo; three days
	MediaID16K   string // voice
	ThumbMediaID string // video, shortvideo
	Format       string // voice: amr, speex …
	Recognition  string // voice: transcript, if the platform still gives one
	LocationX    string // location: latitude
	LocationY    string // location: longitude
	Scale        string
	Label        string
	Title        string // link
	Description  string
	URL          string

	// Events.
	Event            string
	EventKey         string // menu key, "qrscene_" and scene, scene, URL, page path
	Ticket           string // of the QR code
	ViewMenuID       string // VIEW, view_miniprogram
	Latitude         string // LOCATION
	Longitude        string
	Precision        string
	ScanCodeInfo     ScanCodeInfo
	SendPicsInfo     SendPicsInfo
	SendLocationInfo SendLocationInfo
	Status           string // job-finish events
	TotalCount       string
	FilterCount      string
	SentCount        string
	ErrorCount       string
	KfAccount        string // kf_create_session, kf_close_session
	FromKfAccount    string // kf_switch_session
	ToKfAccount      string
	DebugStr         string // debug_demo

	// Other holds what has no field above, in the order of the message; at most 256 entries, empty ones left out.
	Other []Field
}

// ScanCodeInfo comes with scancode_push and scancode_waitmsg.
type ScanCodeInfo struct {
	ScanType   string // usually qrcode
	ScanResult string
}

// SendPicsInfo comes with pic_sysphoto, pic_photo_or_album and pic_weixin. The pictures follow as image messages.
type SendPicsInfo struct {
	Count   string
	PicMD5s []string
}

// SendLocationInfo comes with location_select. A location message follows.
type SendLocationInfo struct {
	LocationX, LocationY, Scale, Label, PoiName string
}

// Field is an element that Inbound has no field for.
type Field struct {
	Path  string // element names below the root, joined by "/", such as PublishEventInfo/publish_id
	Value string
}

const (
	maxOther = 256

	earliestCreateTime = 1_293_840_000 // 2011-01-01, the month WeChat was launched in
	latestCreateTime   = 4_102_444_800 // 2100-01-01
)

// ReadInbound reads an opened message, or a plain-mode body, or fails with ErrInbound. Unknown kinds and unknown elements
// are fine; a missing MsgType, or a FromUserName that cannot be an openid, is not.
func ReadInbound(plain []byte) (*Inbound, error) {
	m := new(Inbound)
	if err := walkXML(plain, m.take); err != nil {
		return nil, inboundError(err)
	}
	switch {
	case !ValidOpenID(string(m.FromUserName)):
		return nil, inboundError(errFromUserName)
	case m.MsgType == "":
		return nil, inboundError(errMsgType)
	}
	m.readCreateTime()
	return m, nil
}

var (
	errInsideField  = errors.New("an element inside one that holds text")
	errFromUserName = errors.New("FromUserName is missing or misshapen")
	errMsgType      = errors.New("MsgType is missing")
)

func inboundError(err error) error { return fmt.Errorf("%w: %w", ErrInbound, err) }

// readCreateTime sets Created where CreateTime makes sense.
func (m *Inbound) readCreateTime() {
	seconds, err := strconv.ParseInt(m.CreateTime, 10, 64)
	if err != nil || !only(m.CreateTime, digit) || seconds < earliestCreateTime || seconds >= latestCreateTime {
		m.CreateTimeImplausible = true
		return
	}
	m.Created = time.Unix(seconds, 0).UTC()
}

// take puts a leaf into its field. A field is given once and holds only text: what else it might mean is what parsers
// disagree about.
func (m *Inbound) take(l leaf) error {
	for end := 2; end < len(l.path); end++ {
		if m.field(l.path[1:end]) != nil {
			return errInsideField
		}
	}
	if field := m.field(l.path[1:]); field != nil {
		if *field != "" {
			return errDoubleElement
		}
		*field = string(l.text)
		return nil
	}
	if len(l.text) == 0 || len(l.path) == 1 {
		return nil
	}
	if pathIs(l.path[1:], "SendPicsInfo", "PicList", "item", "PicMd5Sum") {
		m.SendPicsInfo.PicMD5s = append(m.SendPicsInfo.PicMD5s, string(l.text))
		return nil
	}
	if len(m.Other) < maxOther {
		m.Other = append(m.Other, Field{Path: joinPath(l.path[1:]), Value: string(l.text)})
	}
	return nil
}

func pathIs(path [][]byte, names ...string) bool {
	if len(path) != len(names) {
		return false
	}
	for i, name := range names {
		if string(path[i]) != name {
			return false
		}
	}
	return true
}

func joinPath(path [][]byte) string {
	joined := string(path[0])
	for _, name := range path[1:] {
		joined += "/" + string(name)
	}
	return joined
}
