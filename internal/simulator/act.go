package simulator

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"wxdesk/internal/simulator/envelope"
)

// act is what a customer does, as the control API spells it. Kind decides which of the other fields count; where a field that
// WeChat would fill is left out, it is made up.
type act struct {
	Kind         string   `json:"kind"` // "" is text
	Text         string   `json:"text"`
	MenuID       string   `json:"menu_id"` // text: the msgmenu item tapped; view: the menu
	MediaID      string   `json:"media_id"`
	ThumbMediaID string   `json:"thumb_media_id"`
	PicURL       string   `json:"pic_url"`
	Format       string   `json:"format"`
	Latitude     *float64 `json:"latitude"`
	Longitude    *float64 `json:"longitude"`
	Scale        int      `json:"scale"`
	Label        string   `json:"label"`
	Title        string   `json:"title"`
	Description  string   `json:"description"`
	URL          string   `json:"url"`
	Scene        string   `json:"scene"`
	Ticket       string   `json:"ticket"` // scan: of qrcode/create, instead of a scene
	Key          string   `json:"key"`
	ScanResult   string   `json:"scan_result"` // scancode_push, scancode_waitmsg
	MediaIDs     []string `json:"media_ids"`   // pic_*: the pictures that follow
	XML          string   `json:"xml"`         // raw: the whole document, sent as it is

	picture  string   // where the phone finds it
	pictures []Medium // pic_*
}

// composed is an act in WeChat's words, with the rules that hold for it.
type composed struct {
	kind     string // MsgType or Event
	text     string // what the phone shows of it
	picture  string
	children []envelope.Element
	event    bool    // an event has no MsgId
	trigger  trigger // the reply window it opens, if any
	passive  bool    // whether an answer with content is shown
}

// compose translates an act. The kinds are those of wechat-protocol section 3 that a phone can do by itself.
func (a act) compose() (composed, error) {
	if err := checkText(a); err != nil {
		return composed{}, err
	}
	switch a.Kind {
	case "", "text":
		return a.composeText()
	case "image":
		return message(a.Kind, "", envelope.CDATA("PicUrl", a.PicURL), envelope.CDATA("MediaId", a.MediaID)).with(a.picture), nil
	case "voice":
		return message(a.Kind, "", envelope.CDATA("MediaId", a.MediaID), envelope.CDATA("Format", or(a.Format, "amr")), envelope.CDATA("MediaId16K", a.MediaID+wideband)), nil
	case "video", "shortvideo":
		return message(a.Kind, "", envelope.CDATA("MediaId", a.MediaID), envelope.CDATA("ThumbMediaId", a.ThumbMediaID)).with(a.picture), nil
	case "location":
		return a.composeLocation()
	case "link":
		if a.URL == "" {
			return composed{}, badRequest("a link needs a url")
		}
		return message(a.Kind, or(a.Title, a.URL), envelope.CDATA("Title", a.Title), envelope.CDATA("Description", a.Description), envelope.CDATA("Url", a.URL)), nil
	case "click":
		if a.Key == "" {
			return composed{}, badRequest("a click needs the menu's key")
		}
		return event("CLICK", a.Key, triggerTap, true, envelope.CDATA("EventKey", a.Key)), nil
	case "view":
		if a.URL == "" {
			return composed{}, badRequest("a view needs a url")
		}
		return event("VIEW", a.URL, "", false, envelope.CDATA("EventKey", a.URL), envelope.Bare("MenuId", or(a.MenuID, "430000000"))), nil
	case "scan":
		if a.Scene == "" {
			return composed{}, badRequest("a scan needs a scene or a ticket")
		}
		return event("SCAN", a.Scene, triggerScan, true, envelope.CDATA("EventKey", a.Scene), envelope.CDATA("Ticket", or(a.Ticket, ticket(a.Scene)))), nil
	case "scancode_push", "scancode_waitmsg", "pic_sysphoto", "pic_photo_or_album", "pic_weixin", "location_select", "miniprogram":
		return a.composeTap()
	case "raw":
		if a.XML == "" {
			return composed{}, badRequest("raw needs the xml")
		}
		return a.composeRaw(), nil
	}
	return composed{}, badRequest("kind %q is not one of text, image, voice, video, shortvideo, location, link, click, view, scan, scancode_push, "+
		"scancode_waitmsg, pic_sysphoto, pic_photo_or_album, pic_weixin, location_select, miniprogram, raw", a.Kind)
}

func (a act) composeText() (composed, error) {
	if a.Text == "" {
		return composed{}, badRequest("a text needs text")
	}
	c := message("text", a.Text, envelope.CDATA("Content", a.Text))
	if a.MenuID != "" { // a tap on a msgmenu item counts as a tap, though it arrives as text
		c.children = append(c.children, envelope.CDATA("bizmsgmenuid", a.MenuID))
		c.trigger = triggerTap
	}
	return c, nil
}

func (a act) composeLocation() (composed, error) {
	if a.Latitude == nil || a.Longitude == nil {
		return composed{}, badRequest("a location needs latitude and longitude")
	}
	if a.Scale == 0 {
		a.Scale = 15
	}
	return message(a.Kind, a.Label, envelope.Bare("Location_X", decimal(*a.Latitude)), envelope.Bare("Location_Y", decimal(*a.Longitude)),
		envelope.Bare("Scale", strconv.Itoa(a.Scale)), envelope.CDATA("Label", a.Label)), nil
}

// composeRaw takes the document as it is. Unless it calls itself an event it counts as a message.
func (a act) composeRaw() composed {
	if strings.Contains(a.XML, "<![CDATA[event]]></MsgType>") || strings.Contains(a.XML, "<MsgType>event</MsgType>") {
		return composed{kind: "raw", event: true, passive: true}
	}
	return composed{kind: "raw", trigger: triggerMessage, passive: true}
}

// followed and unfollowed are the acts that the follower list does. Without a ticket the scene has a made-up one.
func followed(scene, madeTicket string) composed {
	if scene == "" {
		return event("subscribe", "", triggerFollow, true, envelope.CDATA("EventKey", ""))
	}
	return event("subscribe", scene, triggerFollow, true, envelope.CDATA("EventKey", "qrscene_"+scene), envelope.CDATA("Ticket", or(madeTicket, ticket(scene))))
}

func unfollowed() composed {
	return event("unsubscribe", "", "", false, envelope.CDATA("EventKey", ""))
}

func message(kind, text string, children ...envelope.Element) composed {
	return composed{kind: kind, text: text, children: children, trigger: triggerMessage, passive: true}
}

func event(name, text string, t trigger, passive bool, children ...envelope.Element) composed {
	return composed{kind: name, text: text, children: append([]envelope.Element{envelope.CDATA("Event", name)}, children...), event: true, trigger: t, passive: passive}
}

// with adds the picture that the phone shows.
func (c composed) with(picture string) composed {
	c.picture = picture
	return c
}

// document writes the XML as captures of real callbacks have it: children one per line, strings in CDATA, numbers bare.
func (c composed) document(originalID, openID string, at time.Time, msgID int64) string {
	children := []envelope.Element{
		envelope.CDATA("ToUserName", originalID),
		envelope.CDATA("FromUserName", openID),
		envelope.Bare("CreateTime", strconv.FormatInt(at.Unix(), 10)),
	}
	if c.event {
		return envelope.Document(append(append(children, envelope.CDATA("MsgType", "event")), c.children...)...)
	}
	children = append(append(children, envelope.CDATA("MsgType", c.kind)), c.children...)
	return envelope.Document(append(children, envelope.Bare("MsgId", strconv.FormatInt(msgID, 10)))...)
}

func (c composed) fields() map[string]string {
	fields := map[string]string{}
	for _, e := range c.children {
		if e.Name != "Content" && e.Name != "Event" {
			e.Collect(fields)
		}
	}
	if len(fields) == 0 {
		return nil
	}
	return fields
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

func ticket(scene string) string { return "simulated-ticket-" + scene }

func or(value, otherwise string) string {
	if value == "" {
		return otherwise
	}
	return value
}

// checkText refuses what no phone can type: XML has no place for it. Whoever wants to send it anyway says it raw.
func checkText(a act) error {
	for _, text := range []string{a.Text, a.MenuID, a.MediaID, a.ThumbMediaID, a.PicURL, a.Format, a.Label, a.Title, a.Description, a.URL, a.Scene, a.Key, a.ScanResult} {
		if !utf8.ValidString(text) || strings.ContainsFunc(text, notXML) {
			return badRequest("text holds a character that XML cannot carry; say it raw")
		}
	}
	return nil
}

func notXML(r rune) bool {
	return r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF
}
