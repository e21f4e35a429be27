package platform

import (
	"net/url"

	"wxdesk/internal/simulator/state"
)

// menuLevel is what holds for the buttons of one level; sizes are bytes (wechat-protocol 7.4).
type menuLevel struct {
	buttons, name                              int // limits
	badCount, badType, badName, badKey, badURL int // errcodes
}

var (
	mainLevel = menuLevel{3, 16, codeMenuButtons, codeMenuType, codeMenuName, codeMenuKey, codeMenuURL}
	subLevel  = menuLevel{5, 60, codeSubButtons, codeSubType, codeSubName, codeSubKey, codeSubURL}
)

const (
	maxMenuKey = 128
	maxMenuURL = 1024
)

func checkMenu(m state.Menu) *APIError {
	if len(m.Buttons) == 0 {
		return refuse(codeMenuButtons)
	}
	return mainLevel.check(m.Buttons)
}

func (l menuLevel) check(buttons []state.Button) *APIError {
	if len(buttons) > l.buttons {
		return refuse(l.badCount)
	}
	for _, b := range buttons {
		if refusal := l.checkButton(b); refusal != nil {
			return refusal
		}
	}
	return nil
}

func (l menuLevel) checkButton(b state.Button) *APIError {
	switch {
	case b.Name == "" || len(b.Name) > l.name:
		return refuse(l.badName)
	case len(b.SubButtons) == 0:
		return l.checkEntry(b)
	case l == subLevel:
		return refuse(codeMenuDepth)
	}
	return subLevel.check(b.SubButtons)
}

func (l menuLevel) checkEntry(b state.Button) *APIError {
	switch b.Type {
	case "click", "scancode_push", "scancode_waitmsg", "pic_sysphoto", "pic_photo_or_album", "pic_weixin", "location_select":
		if b.Key == "" || len(b.Key) > maxMenuKey {
			return refuse(l.badKey)
		}
		return nil
	case "view":
		return l.checkURL(b.URL)
	case "miniprogram":
		if b.AppID == "" || b.PagePath == "" {
			return refuse(codeInvalidAppID)
		}
		return l.checkURL(b.URL)
	case "media_id", "view_limited":
		return needID(b.MediaID)
	case "article_id", "article_view_limited":
		return needID(b.ArticleID)
	}
	return refuse(l.badType)
}

func (l menuLevel) checkURL(address string) *APIError {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || len(address) > maxMenuURL {
		return refuse(l.badURL)
	}
	return nil
}

func needID(id string) *APIError {
	if id == "" {
		return refuse(codeInvalidMediaID)
	}
	return nil
}
