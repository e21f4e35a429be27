package activities

import (
	"maps"

	"wxdesk/internal/wechat"
)

// fieldsOf is what a message carries besides its text, by the platform's own element names, empty ones left out. It is
// kept with the message for the desk to show.
func fieldsOf(m *wechat.Inbound) map[string]string {
	fields := map[string]string{
		"MsgId": m.MsgID, "MsgDataId": m.MsgDataID, "Idx": m.Idx,
		"bizmsgmenuid": m.MenuID,
		"PicUrl":       m.PicURL, "MediaId": m.MediaID, "MediaId16K": m.MediaID16K, "ThumbMediaId": m.ThumbMediaID,
		"Format": m.Format, "Recognition": m.Recognition,
		"Location_X": m.LocationX, "Location_Y": m.LocationY, "Scale": m.Scale, "Label": m.Label,
		"Title": m.Title, "Description": m.Description, "Url": m.URL,
		"EventKey": m.EventKey, "Ticket": m.Ticket,
		"ScanCodeInfo/ScanType": m.ScanCodeInfo.ScanType, "ScanCodeInfo/ScanResult": m.ScanCodeInfo.ScanResult,
		"SendPicsInfo/Count":          m.SendPicsInfo.Count,
		"SendLocationInfo/Location_X": m.SendLocationInfo.LocationX,
		"SendLocationInfo/Location_Y": m.SendLocationInfo.LocationY,
		"SendLocationInfo/Label":      m.SendLocationInfo.Label,
		"SendLocationInfo/Poiname":    m.SendLocationInfo.PoiName,
	}
	if m.CreateTimeImplausible {
		fields["CreateTime"] = m.CreateTime
	}
	for _, other := range m.Other {
		fields[other.Path] = other.Value
	}
	maps.DeleteFunc(fields, func(_, value string) bool { return value == "" })
	return fields
}
