package simulator

import (
	"net/http"
	"net/url"
)

// menu is an account's menu, as menu/create takes it.
type menu struct {
	Buttons []button `json:"button"`
}

// button is an entry of a menu, or with SubButtons what opens a list of entries.
type button struct {
	Type       string   `json:"type,omitempty"`
	Name       string   `json:"name"`
	Key        string   `json:"key,omitempty"`
	URL        string   `json:"url,omitempty"`
	MediaID    string   `json:"media_id,omitempty"`
	ArticleID  string   `json:"article_id,omitempty"`
	AppID      string   `json:"appid,omitempty"`
	PagePath   string   `json:"pagepath,omitempty"`
	SubButtons []button `json:"sub_button"`
}

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

func (m menu) check() *refusal {
	if len(m.Buttons) == 0 {
		return refuse(codeMenuButtons)
	}
	return mainLevel.check(m.Buttons)
}

func (l menuLevel) check(buttons []button) *refusal {
	if len(buttons) > l.buttons {
		return refuse(l.badCount)
	}
	for _, b := range buttons {
		if b.Name == "" || len(b.Name) > l.name {
			return refuse(l.badName)
		}
		if len(b.SubButtons) == 0 {
			if refused := l.checkEntry(b); refused != nil {
				return refused
			}
			continue
		}
		if l == subLevel {
			return refuse(codeMenuDepth)
		}
		if refused := subLevel.check(b.SubButtons); refused != nil {
			return refused
		}
	}
	return nil
}

func (l menuLevel) checkEntry(b button) *refusal {
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

func (l menuLevel) checkURL(address string) *refusal {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || len(address) > maxMenuURL {
		return refuse(l.badURL)
	}
	return nil
}

func needID(id string) *refusal {
	if id == "" {
		return refuse(codeInvalidMediaID)
	}
	return nil
}

// accountMenu is a menu with whose it is; without buttons there is none.
type accountMenu struct {
	AppID string `json:"app_id"`
	Menu  menu   `json:"menu"`
}

func (s *Simulator) menuCreate(c *call) (any, *refusal, change) {
	var m menu
	if refused := decodeCall(c.body, &m); refused != nil {
		return nil, refused, change{}
	}
	if refused := m.check(); refused != nil {
		return nil, refused, change{}
	}
	return okAnswer(), nil, change{Menu: &accountMenu{c.account.AppID, m.complete()}}
}

// complete writes the empty lists of entries that menu/get shows.
func (m menu) complete() menu {
	buttons := []button{}
	for _, b := range m.Buttons {
		b.SubButtons = menu{b.SubButtons}.complete().Buttons
		buttons = append(buttons, b)
	}
	return menu{buttons}
}

func (s *Simulator) menuGet(c *call) (any, *refusal, change) {
	if len(c.account.menu.Buttons) == 0 {
		return nil, refuse(codeNoMenu), change{}
	}
	return map[string]menu{"menu": c.account.menu}, nil, change{}
}

func (s *Simulator) menuDelete(c *call) (any, *refusal, change) {
	return okAnswer(), nil, change{Menu: &accountMenu{AppID: c.account.AppID}}
}

// showMenu tells the phone which menu to show; real phones learn it within about five minutes.
func (s *Simulator) showMenu(r *http.Request) (int, any, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := s.state.account(r.PathValue("app_id"))
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, a.menu.complete(), nil
}
