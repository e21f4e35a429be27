package access

import "wxdesk/internal/conversation"

// Denial is what was refused, and to whom.
type Denial struct {
	Tenant  conversation.Tenant
	Actor   string // a person's id, an API token's, or "unknown"
	Kind    DenialKind
	Network string // where it came from, such as 192.0.2.0/24; "" for many
}

// Denials are refusals of one kind in one minute.
type Denials struct {
	Denial
	Count int
}

// DenialKind says why somebody was not let in.
type DenialKind string

// The kinds.
const (
	DeniedToken       DenialKind = "token"          // no API token or session, or one that does not count
	DeniedRole        DenialKind = "role"           // the role does not allow it
	DeniedTries       DenialKind = "too-many-tries" // of API tokens and sessions
	DeniedGuesses     DenialKind = "guessed-ids"
	DeniedOrigin      DenialKind = "foreign-origin"    // a browser asks for another site
	DeniedSignIn      DenialKind = "sign-in"           // a wrong name or password
	DeniedSignInTries DenialKind = "too-many-sign-ins" // of one name or network
	DeniedLink        DenialKind = "sign-in-link"      // one that does not count
)
