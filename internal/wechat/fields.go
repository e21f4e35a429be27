package wechat

// field finds the place for an element, given its path below the root; nil where Inbound has none. Names are
// case-sensitive; if the platform writes one name in two ways, both are here.
func (m *Inbound) field(path [][]byte) *string {
	switch len(path) {
	case 1:
		return m.topField(path[0])
	case 2:
		switch string(path[0]) {
		case "ScanCodeInfo":
			return m.ScanCodeInfo.field(path[1])
		case "SendLocationInfo":
			return m.SendLocationInfo.field(path[1])
		case "SendPicsInfo":
			if string(path[1]) == "Count" {
				return &m.SendPicsInfo.Count
			}
		}
	}
	return nil
}

func (m *Inbound) topField(name []byte) *string {
	switch string(name) {
	case "ToUserName":
		return &m.ToUserName
	case "FromUserName":
		return (*string)(&m.FromUserName)
	case "CreateTime":
		return &m.CreateTime
	case "MsgType":
		return &m.MsgType
	case "MsgId", "MsgID": // messages, job-finish events
		return &m.MsgID
	case "MsgDataId":
		return &m.MsgDataID
	case "Idx":
		return &m.Idx
	case "Content":
		return &m.Content
	case "bizmsgmenuid":
		return &m.MenuID
	case "PicUrl":
		return &m.PicURL
	case "MediaId":
		return &m.MediaID
	case "MediaId16K":
		return &m.MediaID16K
	case "ThumbMediaId":
		return &m.ThumbMediaID
	case "Format":
		return &m.Format
	case "Recognition":
		return &m.Recognition
	case "Location_X":
		return &m.LocationX
	case "Location_Y":
		return &m.LocationY
	case "Scale":
		return &m.Scale
	case "Label":
		return &m.Label
	case "Title":
		return &m.Title
	case "Description":
		return &m.Description
	case "Url":
		return &m.URL
	}
	return m.eventField(name)
}

func (m *Inbound) eventField(name []byte) *string {
	switch string(name) {
	case "Event":
		return &m.Event
	case "EventKey":
		return &m.EventKey
	case "Ticket":
		return &m.Ticket
	case "MenuId", "MenuID": // requests seen, documentation
		return &m.ViewMenuID
	case "Latitude":
		return &m.Latitude
	case "Longitude":
		return &m.Longitude
	case "Precision":
		return &m.Precision
	case "Status":
		return &m.Status
	case "TotalCount":
		return &m.TotalCount
	case "FilterCount":
		return &m.FilterCount
	case "SentCount":
		return &m.SentCount
	case "ErrorCount":
		return &m.ErrorCount
	case "KfAccount":
		return &m.KfAccount
	case "FromKfAccount":
		return &m.FromKfAccount
	case "ToKfAccount":
		return &m.ToKfAccount
	case "debug_str":
		return &m.DebugStr
	}
	return nil
}

func (s *ScanCodeInfo) field(name []byte) *string {
	switch string(name) {
	case "ScanType":
		return &s.ScanType
	case "ScanResult":
		return &s.ScanResult
	}
	return nil
}

func (s *SendLocationInfo) field(name []byte) *string {
	switch string(name) {
	case "Location_X":
		return &s.LocationX
	case "Location_Y":
		return &s.LocationY
	case "Scale":
		return &s.Scale
	case "Label":
		return &s.Label
	case "Poiname":
		return &s.PoiName
	}
	return nil
}
