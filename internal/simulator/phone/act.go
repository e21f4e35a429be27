package phone

import (
	"strings"
	"unicode/utf8"

	"wxdesk/internal/simulator/state"
)

// Act is what a customer does, as the control API spells it. Kind decides which of the other fields count; if a field that
// WeChat would fill is left out, it is made up.
type Act struct {
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

	picture  string         // where the phone finds it
	pictures []state.Medium // pic_*
}

// checkText refuses what no phone can type: XML has no place for it. Whoever wants to send it anyway says it raw.
func (a Act) checkText() error {
	for _, text := range []string{
		a.Text, a.MenuID, a.MediaID, a.ThumbMediaID, a.PicURL, a.Format, a.Label, a.Title, a.Description, a.URL, a.Scene, a.Key, a.ScanResult,
	} {
		if !utf8.ValidString(text) || strings.ContainsFunc(text, notXML) {
			return state.Invalidf("text holds a character that XML cannot carry; say it raw")
		}
	}
	return nil
}

func notXML(r rune) bool {
	return r < 0x20 && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF
}

// needPlace refuses an act that needs a place and has none.
func (a Act) needPlace() error {
	if a.Latitude == nil || a.Longitude == nil {
		return state.Invalidf("a location needs latitude and longitude")
	}
	return nil
}

// followUps are the messages that come after a tap: the pictures that were taken, the place that was chosen.
func (a Act) followUps() []Act {
	var acts []Act
	for _, m := range a.pictures {
		acts = append(acts, Act{Kind: "image", MediaID: m.ID})
	}
	if a.Kind == "location_select" {
		a.Kind = "location"
		acts = append(acts, a)
	}
	return acts
}
