package state

// Menu is an account's menu, as menu/create takes it.
type Menu struct {
	Buttons []Button `json:"button"`
}

// Button is an entry of a menu, or with SubButtons what opens a list of entries.
type Button struct {
	Type       string   `json:"type,omitempty"`
	Name       string   `json:"name"`
	Key        string   `json:"key,omitempty"`
	URL        string   `json:"url,omitempty"`
	MediaID    string   `json:"media_id,omitempty"`
	ArticleID  string   `json:"article_id,omitempty"`
	AppID      string   `json:"appid,omitempty"`
	PagePath   string   `json:"pagepath,omitempty"`
	SubButtons []Button `json:"sub_button"`
}

// AccountMenu is a menu with the account that has it; without buttons there is none.
type AccountMenu struct {
	AppID string `json:"app_id"`
	Menu  Menu   `json:"menu"`
}

// Complete writes the empty lists of entries that menu/get shows.
func (m Menu) Complete() Menu {
	buttons := []Button{}
	for _, b := range m.Buttons {
		b.SubButtons = Menu{b.SubButtons}.Complete().Buttons
		buttons = append(buttons, b)
	}
	return Menu{buttons}
}
