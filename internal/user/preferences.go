package user

// Preferences are what a person has chosen for their desk. What they have not chosen is absent.
type Preferences struct {
	SendKey   string `json:"send_key,omitempty" enum:"enter,ctrl-enter" doc:"What sends a reply"`
	Sounds    string `json:"sounds,omitempty" enum:"on,hidden,off" doc:"hidden: only while the page is not seen"`
	Volume    *int   `json:"volume,omitempty" minimum:"0" maximum:"100"`
	Shortcuts *bool  `json:"shortcuts,omitempty" doc:"Whether keys are shortcuts"`
	Theme     string `json:"theme,omitempty" enum:"auto,light,dark"`
	Sort      string `json:"sort,omitempty" enum:"answer,waited,activity,opened" doc:"The order of your work"`
}

// With returns the preferences after a change. A member that is absent from the change stays as it is.
func (p Preferences) With(change Preferences) Preferences {
	for _, text := range []struct {
		of   *string
		wish string
	}{{&p.SendKey, change.SendKey}, {&p.Sounds, change.Sounds}, {&p.Theme, change.Theme}, {&p.Sort, change.Sort}} {
		if text.wish != "" {
			*text.of = text.wish
		}
	}
	if change.Volume != nil {
		p.Volume = change.Volume
	}
	if change.Shortcuts != nil {
		p.Shortcuts = change.Shortcuts
	}
	return p
}
