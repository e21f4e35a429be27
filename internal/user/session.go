package user

import (
	"time"

	"wxdesk/internal/conversation"
)

// Session is a browser in which a person has signed in. Only the browser has its text.
type Session struct {
	ID        string // UUID
	ByLink    bool   // a link opened it, no password
	Network   string // where the person signed in from, such as 192.0.2.0/24
	Browser   string // what it called itself
	CreatedAt time.Time
	SeenAt    time.Time // to a minute
}

// The defaults of two settings: how long a session lasts without a request, and how long at most. OWASP's session management asks for both.
const (
	DefaultIdle     = 12 * time.Hour
	DefaultLifetime = 24 * time.Hour
)

// MaxSessions is how many sessions a person may have at a time; another one ends the oldest.
const MaxSessions = 20

const (
	// LinkLifetime is how long a link is good.
	LinkLifetime = 15 * time.Minute
	// withoutCurrent is how long after signing in by a link a person may set a new password without the current one. They may have forgotten it.
	withoutCurrent = 15 * time.Minute
)

// NeedsCurrent reports whether a new password needs the old one.
func (s Session) NeedsCurrent(hasPassword bool, now time.Time) bool {
	return hasPassword && (!s.ByLink || now.Sub(s.CreatedAt) >= withoutCurrent)
}

const maxBrowser = 200 // bytes

// Browser is what a browser calls itself, as it is kept and shown.
func Browser(userAgent string) string {
	clean := make([]rune, 0, len(userAgent))
	for _, r := range userAgent {
		if r >= ' ' && r <= '~' {
			clean = append(clean, r)
		}
	}
	return string(clean[:min(len(clean), maxBrowser)])
}

// Opening is how a session begins.
type Opening struct {
	ByLink   bool   // a link opens it, no password
	Network  string // where the person signs in from
	Browser  string
	Idle     time.Duration // how long it lasts without a request
	Lifetime time.Duration // how long it lasts at most
	Replaces [32]byte      // SHA-256 of the text of the session that the browser had; zero: it had none
}

// Link is a link that signs in once.
type Link struct {
	Tenant      conversation.Tenant
	UserID      ID
	Name        string
	HasPassword bool // the user has one already
	HereOnly    bool // it needs no password, and works on this machine alone
}

// LinkURL is a link with a code, below the address of the console. The code stands in the fragment, which browsers send to nobody.
func LinkURL(console, code string) string { return console + "/welcome#" + code }
