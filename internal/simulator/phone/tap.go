package phone

import (
	"cmp"
	"crypto/md5" //nolint:gosec // WeChat names pictures by their MD5
	"encoding/hex"
	"strconv"

	"wxdesk/internal/simulator/delivery"
	"wxdesk/internal/simulator/envelope"
	"wxdesk/internal/simulator/state"
)

// anyMenu is the id of a menu that nobody named.
const anyMenu = "430000000"

func (a Act) composeClick() (delivery.Content, error) {
	if a.Key == "" {
		return delivery.Content{}, state.Invalidf("a click needs the menu's key")
	}
	return delivery.Event("CLICK", a.Key, envelope.CDATA("EventKey", a.Key)).Opening(state.TriggerTap), nil
}

func (a Act) composeView() (delivery.Content, error) {
	if a.URL == "" {
		return delivery.Content{}, state.Invalidf("a view needs a url")
	}
	return delivery.Event("VIEW", a.URL, envelope.CDATA("EventKey", a.URL), envelope.Bare("MenuId", cmp.Or(a.MenuID, anyMenu))), nil
}

// What follows are taps on those menu entries that open something on the phone first (wechat-protocol 3.2). Only scans open the reply
// window; only who waits for a scan is shown an answer (assumed).

// eventKey is the key of the menu entry that was tapped.
func (a Act) eventKey() (envelope.Element, error) {
	if a.Key == "" {
		return envelope.Element{}, state.Invalidf("a tap needs the menu's key")
	}
	return envelope.CDATA("EventKey", a.Key), nil
}

func (a Act) composeScanCode() (delivery.Content, error) {
	key, err := a.eventKey()
	if err != nil {
		return delivery.Content{}, err
	}
	scanned := cmp.Or(a.ScanResult, "https://shop.example/goods/7")
	c := delivery.Event(a.Kind, scanned, key,
		envelope.Nested("ScanCodeInfo", envelope.CDATA("ScanType", "qrcode"), envelope.CDATA("ScanResult", scanned)))
	c = c.Opening(state.TriggerTap)
	c.Passive = a.Kind == "scancode_waitmsg"
	return c, nil
}

func (a Act) composePlace() (delivery.Content, error) {
	key, err := a.eventKey()
	if err != nil {
		return delivery.Content{}, err
	}
	if err := a.needPlace(); err != nil {
		return delivery.Content{}, err
	}
	return delivery.Event(a.Kind, a.Label, key, envelope.Nested("SendLocationInfo",
		envelope.CDATA("Location_X", decimal(*a.Latitude)), envelope.CDATA("Location_Y", decimal(*a.Longitude)),
		envelope.CDATA("Scale", strconv.Itoa(max(a.Scale, 1))), envelope.CDATA("Label", a.Label), envelope.CDATA("Poiname", a.Title))), nil
}

func (a Act) composeMiniProgram() (delivery.Content, error) {
	key, err := a.eventKey()
	if err != nil {
		return delivery.Content{}, err
	}
	return delivery.Event("view_miniprogram", a.Key, key, envelope.Bare("MenuId", cmp.Or(a.MenuID, anyMenu))), nil
}

func (a Act) composePictures() (delivery.Content, error) {
	key, err := a.eventKey()
	if err != nil {
		return delivery.Content{}, err
	}
	items := make([]envelope.Element, 0, len(a.pictures))
	for _, m := range a.pictures {
		sum := md5.Sum(m.Bytes) //nolint:gosec // as above
		items = append(items, envelope.Nested("item", envelope.CDATA("PicMd5Sum", hex.EncodeToString(sum[:]))))
	}
	count := strconv.Itoa(len(items))
	return delivery.Event(a.Kind, count, key,
		envelope.Nested("SendPicsInfo", envelope.Bare("Count", count), envelope.Nested("PicList", items...))), nil
}
