package state

import "time"

// AccessToken is one access token of an account; its times are of the simulator's clock.
type AccessToken struct {
	Value   string    `json:"value"`
	AppID   string    `json:"app_id"`
	Stable  bool      `json:"stable"` // of /cgi-bin/stable_token; the two families leave each other alone
	Issued  time.Time `json:"issued"`
	Expires time.Time `json:"expires"`
	Ends    time.Time `json:"ends,omitzero"` // when it stops because it was replaced
}

// Expired reports whether the token's lifetime is over.
func (t AccessToken) Expired(now time.Time) bool { return !now.Before(t.Expires) }

// Replaced reports whether the token has stopped because it was replaced.
func (t AccessToken) Replaced(now time.Time) bool { return !t.Ends.IsZero() && !now.Before(t.Ends) }

// forgotten tells whether a token is so long over that it need not be known as expired any more.
func (t AccessToken) forgotten(now time.Time) bool { return now.Sub(t.Expires) > 24*time.Hour }

// Token finds an access token by its text. The caller holds the lock.
func (s *Store) Token(value string) (AccessToken, bool) {
	t, ok := s.facts.tokens[value]
	return t, ok
}

// CurrentToken finds the family's token that is neither replaced nor expired. The caller holds the lock.
func (s *Store) CurrentToken(appID string, stable bool) (AccessToken, bool) {
	now := s.Now()
	for _, t := range s.facts.tokens {
		if t.AppID == appID && t.Stable == stable && t.Ends.IsZero() && !t.Expired(now) {
			return t, true
		}
	}
	return AccessToken{}, false
}

// ValidTokens returns every token that an account can still use. The caller holds the lock.
func (s *Store) ValidTokens(appID string) []AccessToken {
	now := s.Now()
	var valid []AccessToken
	for _, t := range s.facts.tokens {
		if t.AppID == appID && !t.Replaced(now) && !t.Expired(now) {
			valid = append(valid, t)
		}
	}
	return valid
}
