package simulator

import (
	"crypto/md5" //nolint:gosec // WeChat names pictures by their MD5
	"encoding/hex"
	"slices"
	"strconv"

	"wxdesk/internal/simulator/envelope"
)

// composeTap translates taps on those menu entries that open something on the phone first (wechat-protocol 3.2). Only scans open
// the reply window; only who waits for a scan is shown an answer (assumed).
func (a act) composeTap() (composed, error) {
	if a.Key == "" {
		return composed{}, badRequest("a tap needs the menu's key")
	}
	key := envelope.CDATA("EventKey", a.Key)
	switch a.Kind {
	case "scancode_push", "scancode_waitmsg":
		result := or(a.ScanResult, "https://shop.example/goods/7")
		scan := envelope.Nested("ScanCodeInfo", envelope.CDATA("ScanType", "qrcode"), envelope.CDATA("ScanResult", result))
		return event(a.Kind, result, triggerTap, a.Kind == "scancode_waitmsg", key, scan), nil
	case "location_select":
		if a.Latitude == nil || a.Longitude == nil {
			return composed{}, badRequest("a location needs latitude and longitude")
		}
		return event(a.Kind, a.Label, "", false, key, envelope.Nested("SendLocationInfo",
			envelope.CDATA("Location_X", decimal(*a.Latitude)), envelope.CDATA("Location_Y", decimal(*a.Longitude)),
			envelope.CDATA("Scale", strconv.Itoa(max(a.Scale, 1))), envelope.CDATA("Label", a.Label), envelope.CDATA("Poiname", a.Title))), nil
	case "miniprogram":
		return event("view_miniprogram", a.Key, "", false, key, envelope.Bare("MenuId", or(a.MenuID, "430000000"))), nil
	}
	items := make([]envelope.Element, 0, len(a.pictures))
	for _, m := range a.pictures {
		sum := md5.Sum(m.Bytes) //nolint:gosec // as above
		items = append(items, envelope.Nested("item", envelope.CDATA("PicMd5Sum", hex.EncodeToString(sum[:]))))
	}
	count := strconv.Itoa(len(items))
	return event(a.Kind, count, "", false, key, envelope.Nested("SendPicsInfo", envelope.Bare("Count", count), envelope.Nested("PicList", items...))), nil
}

// following are the messages that come after a tap: the pictures that were taken, the place that was chosen.
func (a act) following() []act {
	var acts []act
	for _, m := range a.pictures {
		acts = append(acts, act{Kind: "image", MediaID: m.ID})
	}
	if a.Kind == "location_select" {
		a.Kind = "location"
		acts = append(acts, a)
	}
	return acts
}

// furnished gives an act the media it needs: those that were named, as far as the store knows them, and made-up ones for those that
// were not. The made-up ones are new. base is the simulator's address, for the PicUrl.
func (s *Simulator) furnished(a *accountState, in act, base string) (act, []Medium) {
	var made []Medium
	sample := func(kind mediaKind) Medium {
		made = append(made, sampleMedium(a.AppID, kind, s.now()))
		return made[len(made)-1]
	}
	fill := func(id *string, kind mediaKind) Medium {
		if *id != "" {
			return a.media[*id] // a name that the store does not know is passed on as it is
		}
		m := sample(kind)
		*id = m.ID
		return m
	}
	switch in.Kind {
	case "image":
		m := fill(&in.MediaID, mediaImage)
		in.picture = m.asPicture()
		in.PicURL = or(in.PicURL, base+or(in.picture, "/_sim/accounts/"+a.AppID+"/media/"+in.MediaID))
	case "voice":
		fill(&in.MediaID, mediaVoice)
	case "video", "shortvideo":
		fill(&in.MediaID, mediaVideo)
		thumb := fill(&in.ThumbMediaID, mediaThumb)
		in.picture = thumb.asPicture()
	case "pic_sysphoto", "pic_photo_or_album", "pic_weixin":
		for _, id := range in.MediaIDs {
			if m, ok := a.media[id]; ok && m.Kind == mediaImage {
				in.pictures = append(in.pictures, m)
			}
		}
		if len(in.MediaIDs) == 0 {
			in.pictures = []Medium{sample(mediaImage)}
		}
	}
	return in, slices.Clip(made)
}
