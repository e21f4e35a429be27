package desk

import (
	"wxdesk/api/web"
)

// Desk answers agents and supervisors. It is safe for concurrent use.
type Desk struct {
	cfg     Config
	cursors web.Cursors
}

// New sets up the desk.
func New(cfg Config) *Desk { return &Desk{cfg: cfg, cursors: cfg.Cursors} }
