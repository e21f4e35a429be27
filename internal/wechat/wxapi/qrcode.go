package wxapi

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"wxdesk/internal/wechat"
)

// MaxQRCodeLifetime is how long a temporary QR code can live.
const MaxQRCodeLifetime = 30 * 24 * time.Hour

// Scene is what a QR code says in subscribe and SCAN events: a number or a text, not both. A permanent code has a number of
// 1 to 100,000 or a text of 1 to 64 characters.
type Scene struct {
	Number uint32
	Text   string
}

// QRCode is a QR code that customers scan to follow the account, or to come into its chat.
type QRCode struct {
	Ticket    string
	URL       string    // what the code holds, to draw it oneself
	ExpiresAt time.Time // zero for a permanent one
}

// ImageURL is a page of WeChat's with the code as a JPEG. It needs no access token.
func (q QRCode) ImageURL() string {
	return "https://mp.weixin.qq.com/cgi-bin/showqrcode?ticket=" + url.QueryEscape(q.Ticket)
}

// CreateQRCode makes a QR code with a scene, that lives for a time between a second and MaxQRCodeLifetime; 0 makes a permanent
// one, of which an account has at most 100,000. It fails with an *Error.
func (c *Client) CreateQRCode(ctx context.Context, of wechat.Credentials, scene Scene, life time.Duration) (QRCode, error) {
	const op = "qrcode/create"
	if (scene.Number == 0) == (scene.Text == "") || life < 0 || life > 0 && life < time.Second || life > MaxQRCodeLifetime {
		return QRCode{}, &Error{Op: op, Reason: reasonRequest}
	}
	var a struct {
		Ticket        string  `json:"ticket"`
		ExpireSeconds integer `json:"expire_seconds"`
		URL           string  `json:"url"`
	}
	asked := c.now()
	if err := c.call(ctx, of, request{op: op, body: appendQRCode(nil, scene, life)}, &a); err != nil {
		return QRCode{}, err
	}
	if a.Ticket == "" || a.URL == "" {
		return QRCode{}, unclear(op)
	}
	code := QRCode{Ticket: a.Ticket, URL: a.URL}
	if life > 0 {
		if a.ExpireSeconds.valid && a.ExpireSeconds.n > 0 {
			life = min(life, time.Duration(min(a.ExpireSeconds.n, int64(MaxQRCodeLifetime/time.Second)))*time.Second)
		}
		code.ExpiresAt = asked.Add(life)
	}
	return code, nil
}

func appendQRCode(b []byte, scene Scene, life time.Duration) []byte {
	action := "QR_"
	b = append(b, '{')
	if life > 0 {
		b = strconv.AppendInt(append(b, `"expire_seconds":`...), int64(life/time.Second), 10)
		b = append(b, ',')
	} else {
		action += "LIMIT_"
	}
	if scene.Text != "" {
		action += "STR_"
	}
	b = appendJSONString(append(b, `"action_name":`...), action+"SCENE")
	b = append(b, `,"action_info":{"scene":{`...)
	if scene.Text != "" {
		b = appendJSONString(append(b, `"scene_str":`...), scene.Text)
	} else {
		b = strconv.AppendUint(append(b, `"scene_id":`...), uint64(scene.Number), 10)
	}
	return append(b, "}}}"...)
}
