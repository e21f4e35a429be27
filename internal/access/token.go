package access

import "time"

// MaxTokenLifetime is how long an API token lives at most.
const MaxTokenLifetime = 365 * 24 * time.Hour

// TokenInfo is an API token without its text, of which only the SHA-256 is kept.
type TokenInfo struct {
	Principal
	CreatedAt  time.Time
	ExpiresAt  time.Time
	LastUsedAt time.Time // to a minute; zero if it was never used
	RevokedAt  time.Time // zero if it was not revoked
}
