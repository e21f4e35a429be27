package phone

import (
	"cmp"
	"strconv"
	"strings"

	"wxdesk/internal/simulator/delivery"
	"wxdesk/internal/simulator/envelope"
	"wxdesk/internal/simulator/state"
)

// composers is the table of what a phone can do by itself: the kinds of wechat-protocol section 3. It is never changed while the program
// runs.
var composers = map[string]func(Act) (delivery.Content, error){
	"":           Act.composeText,
	"text":       Act.composeText,
	"image":      Act.composeImage,
	"voice":      Act.composeVoice,
	"video":      Act.composeVideo,
	"shortvideo": Act.composeVideo,
	"location":   Act.composeLocation,
	"link":       Act.composeLink,
	"raw":        Act.composeRaw,

	"click": Act.composeClick,
	"view":  Act.composeView,
	"scan":  Act.composeScan,

	"scancode_push":      Act.composeScanCode,
	"scancode_waitmsg":   Act.composeScanCode,
	"pic_sysphoto":       Act.composePictures,
	"pic_photo_or_album": Act.composePictures,
	"pic_weixin":         Act.composePictures,
	"location_select":    Act.composePlace,
	"miniprogram":        Act.composeMiniProgram,
}

// compose translates an act into WeChat's words.
func (a Act) compose() (delivery.Content, error) {
	if err := a.checkText(); err != nil {
		return delivery.Content{}, err
	}
	compose, known := composers[a.Kind]
	if !known {
		return delivery.Content{}, state.Invalidf("kind %q is not one of text, image, voice, video, shortvideo, location, link, "+
			"click, view, scan, scancode_push, scancode_waitmsg, pic_sysphoto, pic_photo_or_album, pic_weixin, "+
			"location_select, miniprogram, raw", a.Kind)
	}
	content, err := compose(a)
	content.Raw = a.XML
	return content, err
}

func (a Act) composeText() (delivery.Content, error) {
	if a.Text == "" {
		return delivery.Content{}, state.Invalidf("a text needs text")
	}
	c := delivery.Message("text", a.Text, envelope.CDATA("Content", a.Text))
	if a.MenuID != "" { // a tap on a msgmenu item counts as a tap, though it arrives as text
		c.Elements = append(c.Elements, envelope.CDATA("bizmsgmenuid", a.MenuID))
		c.Trigger = state.TriggerTap
	}
	return c, nil
}

func (a Act) composeImage() (delivery.Content, error) {
	c := delivery.Message(a.Kind, "", envelope.CDATA("PicUrl", a.PicURL), envelope.CDATA("MediaId", a.MediaID))
	c.Picture = a.picture
	return c, nil
}

func (a Act) composeVoice() (delivery.Content, error) {
	return delivery.Message(a.Kind, "", envelope.CDATA("MediaId", a.MediaID), envelope.CDATA("Format", cmp.Or(a.Format, "amr")),
		envelope.CDATA("MediaId16K", a.MediaID+state.WidebandSuffix)), nil
}

func (a Act) composeVideo() (delivery.Content, error) {
	c := delivery.Message(a.Kind, "", envelope.CDATA("MediaId", a.MediaID), envelope.CDATA("ThumbMediaId", a.ThumbMediaID))
	c.Picture = a.picture
	return c, nil
}

func (a Act) composeLocation() (delivery.Content, error) {
	if err := a.needPlace(); err != nil {
		return delivery.Content{}, err
	}
	return delivery.Message(a.Kind, a.Label,
		envelope.Bare("Location_X", decimal(*a.Latitude)), envelope.Bare("Location_Y", decimal(*a.Longitude)),
		envelope.Bare("Scale", strconv.Itoa(cmp.Or(a.Scale, 15))), envelope.CDATA("Label", a.Label)), nil
}

func (a Act) composeLink() (delivery.Content, error) {
	if a.URL == "" {
		return delivery.Content{}, state.Invalidf("a link needs a url")
	}
	return delivery.Message(a.Kind, cmp.Or(a.Title, a.URL),
		envelope.CDATA("Title", a.Title), envelope.CDATA("Description", a.Description), envelope.CDATA("Url", a.URL)), nil
}

// composeRaw takes the document as it is. Unless it calls itself an event it counts as a message.
func (a Act) composeRaw() (delivery.Content, error) {
	if a.XML == "" {
		return delivery.Content{}, state.Invalidf("raw needs the xml")
	}
	if strings.Contains(a.XML, "<![CDATA[event]]></MsgType>") || strings.Contains(a.XML, "<MsgType>event</MsgType>") {
		return delivery.Content{Kind: "raw", Event: true, Passive: true}, nil
	}
	return delivery.Content{Kind: "raw", Trigger: state.TriggerMessage, Passive: true}, nil
}

func decimal(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
