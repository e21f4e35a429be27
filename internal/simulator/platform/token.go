package platform

import (
	"time"

	"wxdesk/internal/simulator/random"
	"wxdesk/internal/simulator/state"
)

// tokenLength is the length of real tokens; WeChat asks to plan for 512.
const tokenLength = 138

// stableForcePause is the least time between two forced renewals; a sooner call gets the current token (wechat-protocol 6.1).
const stableForcePause = 30 * time.Second

// tokenAnswer is the output of both token calls.
type tokenAnswer struct {
	AccessToken string `json:"access_token"`
	ExpiresIn   int    `json:"expires_in"` // seconds
}

// token gives a new token each time; the old one works on for the overlap.
func (p *API) token(c *call) result {
	return p.issue(c.account, false, time.Duration(p.store.Settings().TokenOverlap))
}

// stableToken gives the same token until it has no more than the overlap to live, then a new one; force_refresh gives a new one
// now and ends the old one at once.
func (p *API) stableToken(c *call) result {
	overlap := time.Duration(p.store.Settings().TokenOverlap)
	now := p.store.Now()
	current, ok := p.store.CurrentToken(c.account.AppID, true)
	switch {
	case c.secrets.Force && ok && now.Sub(current.Issued) >= stableForcePause:
		return p.forceToken(c.account)
	case ok && current.Expires.Sub(now) > overlap:
		return answered(answerToken(current, now), state.Change{})
	}
	return p.issue(c.account, true, overlap)
}

// forceToken renews the stable token, which has a quota of its own.
func (p *API) forceToken(a *state.AccountData) result {
	used, refusal := p.count(endpoint{path: "/cgi-bin/stable_token#force_refresh", quota: forceQuota}, a)
	if refusal != nil {
		return refused(refusal)
	}
	done := p.issue(a, true, 0)
	done.change.Usage = used
	return done
}

func forceQuota(s state.Settings) quota { return quota{day: s.StableForceDaily} }

// issue makes a new token and lets the current one of the family end after the overlap.
func (p *API) issue(a *state.AccountData, stable bool, overlap time.Duration) result {
	now := p.store.Now()
	issued := state.AccessToken{
		Value: random.Text(tokenLength, random.URLSafe), AppID: a.AppID, Stable: stable,
		Issued: now, Expires: now.Add(time.Duration(p.store.Settings().TokenLifetime)),
	}
	tokens := []state.AccessToken{issued}
	if old, ok := p.store.CurrentToken(a.AppID, stable); ok {
		old.Ends = now.Add(overlap)
		tokens = append(tokens, old)
	}
	return answered(answerToken(issued, now), state.Change{Tokens: tokens})
}

func answerToken(t state.AccessToken, now time.Time) tokenAnswer {
	return tokenAnswer{AccessToken: t.Value, ExpiresIn: int(t.Expires.Sub(now) / time.Second)}
}
