package wxapi

import (
	"context"

	"wxdesk/internal/wechat"
)

// Button is an item of an account's menu: it does what its Type says with the fields that belong to it, or opens the
// Buttons below it, and then has no Type.
//
// Types: click, scancode_push, scancode_waitmsg, pic_sysphoto, pic_photo_or_album, pic_weixin and location_select with a
// Key; view with a URL; miniprogram with AppID, PagePath and a URL for old clients; media_id and view_limited with a
// MediaID; article_id and article_view_limited with an ArticleID.
type Button struct {
	Type      string   `json:"type"`
	Name      string   `json:"name"` // at most 16 bytes, 60 in the second row
	Key       string   `json:"key"`  // at most 128 bytes; comes back as EventKey
	URL       string   `json:"url"`  // at most 1024 bytes
	MediaID   string   `json:"media_id"`
	ArticleID string   `json:"article_id"`
	AppID     string   `json:"appid"`
	PagePath  string   `json:"pagepath"`
	Buttons   []Button `json:"sub_button"` // at most 5, without buttons of their own
}

// CreateMenu replaces the account's menu by at most 3 buttons. Customers see it within about 5 minutes. WeChat judges what
// is in it, with 40015 to 40028. It fails with an *Error.
func (c *Client) CreateMenu(ctx context.Context, of wechat.Credentials, buttons []Button) error {
	document := appendList([]byte(`{"button":`), buttons, appendButton)
	return c.call(ctx, of, request{op: "menu/create", body: append(document, '}')}, nil)
}

// Menu is the menu that CreateMenu made. It fails with an *Error: with Code 46003 if there is none.
func (c *Client) Menu(ctx context.Context, of wechat.Credentials) ([]Button, error) {
	const op = "menu/get"
	var a struct {
		Menu *struct {
			Buttons []Button `json:"button"`
		} `json:"menu"`
	}
	if err := c.call(ctx, of, request{op: op}, &a); err != nil {
		return nil, err
	}
	if a.Menu == nil {
		return nil, unclear(op)
	}
	return a.Menu.Buttons, nil
}

// DeleteMenu takes the account's menu away. It fails with an *Error.
func (c *Client) DeleteMenu(ctx context.Context, of wechat.Credentials) error {
	return c.call(ctx, of, request{op: "menu/delete"}, nil)
}

func appendButton(b []byte, button Button) []byte {
	b = appendJSONString(append(b, `{"name":`...), button.Name)
	if len(button.Buttons) > 0 {
		b = appendList(append(b, `,"sub_button":`...), button.Buttons, appendButton)
	}
	b = appendPairs(b, "type", button.Type, "key", button.Key, "url", button.URL, "media_id", button.MediaID,
		"article_id", button.ArticleID, "appid", button.AppID, "pagepath", button.PagePath)
	return append(b, '}')
}
