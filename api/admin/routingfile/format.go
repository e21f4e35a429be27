package routingfile

import (
	"wxdesk/internal/routing"
)

// format is a workstream's routing on its way from one installation to another: queues, skills and capacity profiles go
// by their names, everything else is as in the JSON API.
type format struct {
	Format   string        `yaml:"format"`
	Hours    []hoursFile   `yaml:"hours,omitempty"`
	Rulesets []rulesetFile `yaml:"rulesets"`
}

// version says what the file is; it changes when older readers would misunderstand a newer file.
const version = "wxdesk-routing/1"

type rulesetFile struct {
	Kind  routing.RulesetKind `yaml:"kind"`
	Name  string              `yaml:"name"`
	Queue string              `yaml:"queue,omitempty"` // of prioritisation and assignment
	Rules []ruleFile          `yaml:"rules"`
}

type ruleFile struct {
	Name     string          `yaml:"name"`
	When     string          `yaml:"when"`
	Set      map[string]any  `yaml:"set,omitempty"`
	Skills   []skillFile     `yaml:"skills,omitempty"`
	Profiles []string        `yaml:"profiles,omitempty"`
	Queue    string          `yaml:"queue,omitempty"`
	Split    []shareFile     `yaml:"split,omitempty"`
	Overflow *overflowFile   `yaml:"overflow,omitempty"`
	OrderBy  []routing.Order `yaml:"order_by,omitempty"`
}

type skillFile struct {
	Skill  string `yaml:"skill"`
	Rating int    `yaml:"rating"`
}

type shareFile struct {
	Queue   string `yaml:"queue"`
	Percent int    `yaml:"percent"`
}

type overflowFile struct {
	OutOfHours *actionFile `yaml:"out_of_hours,omitempty"`
	Full       *actionFile `yaml:"full,omitempty"` // with items
	Wait       *actionFile `yaml:"wait,omitempty"` // with seconds
}

type actionFile struct {
	Items   int                `yaml:"items,omitempty"`
	Seconds int                `yaml:"seconds,omitempty"`
	Do      routing.OverflowDo `yaml:"do"`
	Queue   string             `yaml:"queue,omitempty"`
}
