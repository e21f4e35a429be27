package wechat

import "encoding/xml"

// SealWithPrefix seals with a given random part, for vectors.
func (c *Cipher) SealWithPrefix(prefix string, msg []byte) []byte {
	return c.seal([prefixSize]byte([]byte(prefix)), msg)
}

// Wrapper builds the wrapper around a sealed reply, for vectors.
func Wrapper(token string, sealed []byte, nonce string, timestamp int64) []byte {
	return wrapper(token, sealed, nonce, timestamp)
}

// ErrCodes lists the table, its families included.
func ErrCodes() []ErrCode {
	var codes []ErrCode
	for c := range errCodes {
		codes = append(codes, c)
	}
	for _, family := range families {
		for c := family.first; c <= family.last; c++ {
			codes = append(codes, c)
		}
	}
	return codes
}

// ReferenceInbound is what encoding/xml reads of the same message: the judge of our own reader.
type ReferenceInbound struct {
	XMLName      xml.Name `xml:"xml"`
	ToUserName   string
	FromUserName string
	CreateTime   string
	MsgType      string
	MsgID        string `xml:"MsgId"`
	JobMsgID     string `xml:"MsgID"`
	MsgDataID    string `xml:"MsgDataId"`
	Idx          string
	Content      string
	MenuID       string `xml:"bizmsgmenuid"`
	PicURL       string `xml:"PicUrl"`
	MediaID      string `xml:"MediaId"`
	MediaID16K   string `xml:"MediaId16K"`
	ThumbMediaID string `xml:"ThumbMediaId"`
	Format       string
	Recognition  string
	LocationX    string `xml:"Location_X"`
	LocationY    string `xml:"Location_Y"`
	Scale        string
	Label        string
	Title        string
	Description  string
	URL          string `xml:"Url"`
	Event        string
	EventKey     string
	Ticket       string
	ScanType     string   `xml:"ScanCodeInfo>ScanType"`
	ScanResult   string   `xml:"ScanCodeInfo>ScanResult"`
	PicCount     string   `xml:"SendPicsInfo>Count"`
	PicMD5s      []string `xml:"SendPicsInfo>PicList>item>PicMd5Sum"`
	PoiName      string   `xml:"SendLocationInfo>Poiname"`
	Status       string
	DebugStr     string `xml:"debug_str"`
}
