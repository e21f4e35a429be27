package wxapi

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"wxdesk/internal/secret"
	"wxdesk/internal/wechat"
)

// ErrNoToken says that a TokenStore holds no usable access token.
var ErrNoToken = errors.New("wxapi: no usable access token is stored")

// MinTokenLifetime is the least that an access token must still live to be used from a store: WeChat renews them in their last
// five minutes.
const MinTokenLifetime = 5 * time.Minute

// Token is an access token.
type Token struct {
	Value     secret.Value
	ExpiresAt time.Time
}

// Usable reports whether a stored token may still be used.
func (t Token) Usable(now time.Time) bool {
	return !t.Value.Empty() && t.ExpiresAt.Sub(now) >= MinTokenLifetime
}

// TokenStore keeps one access token for each account, and makes sure that over all processes only one is fetched at a time.
// A token belongs to the AppID it was fetched for: a store forgets it when the account gets another AppID.
type TokenStore interface {
	// Token returns what is stored for an account, or ErrNoToken if nothing usable is (see Token.Usable).
	Token(ctx context.Context, accountID string) (Token, error)

	// Refresh locks the account's token. If the stored one is usable and differs from failed, it is returned; otherwise
	// fetch is called once, and what it returns is stored and returned. failed is the token that WeChat has just refused,
	// empty if there was none. force allows fetch to invalidate WeChat's current token, should that be the one that
	// failed: pass true unless the last such refresh is less than 30 s old. What fetch fails with comes back, wrapped or
	// not; nothing is stored then.
	Refresh(ctx context.Context, accountID string, failed secret.Value,
		fetch func(ctx context.Context, force bool) (Token, error)) (Token, error)
}

// refreshTimeout bounds a refresh, which no single caller can cancel: waiting for the lock and at most two calls.
const refreshTimeout = 20 * time.Second

// tokenSource gives out access tokens from its memory, the store, or WeChat, in this order.
type tokenSource struct {
	store TokenStore
	fetch func(ctx context.Context, of wechat.Credentials, force bool) (Token, error)
	now   func() time.Time
	watch *watch

	mu      sync.Mutex
	kept    map[tokenOwner]Token
	flights singleflight.Group
}

type tokenOwner struct {
	accountID string
	appID     wechat.AppID
}

// current returns a token that is believed to be good.
func (s *tokenSource) current(ctx context.Context, of wechat.Credentials) (Token, error) {
	if token, ok := s.remembered(of); ok {
		return token, nil
	}
	token, err := s.store.Token(ctx, of.AccountID)
	switch {
	case errors.Is(err, ErrNoToken):
		return s.another(ctx, of, Token{})
	case err != nil:
		return Token{}, fmt.Errorf("read the access token of account %s: %w", of.AccountID, err)
	}
	s.remember(ctx, of, token)
	return token, nil
}

// another returns a token that is not failed. All who ask at the same time share one refresh; who gives up waiting leaves
// it to the others.
func (s *tokenSource) another(ctx context.Context, of wechat.Credentials, failed Token) (Token, error) {
	key := of.AccountID + "\x00" + string(of.AppID) + "\x00" + failed.Value.Reveal()
	shared := context.WithoutCancel(ctx)
	flight := s.flights.DoChan(key, func() (any, error) { return s.refresh(shared, of, failed) })
	select {
	case <-ctx.Done():
		return Token{}, fmt.Errorf("wait for an access token of account %s: %w", of.AccountID, ctx.Err())
	case result := <-flight:
		token, _ := result.Val.(Token)
		return token, result.Err
	}
}

func (s *tokenSource) refresh(ctx context.Context, of wechat.Credentials, failed Token) (Token, error) {
	if token, ok := s.remembered(of); ok && !same(token, failed) {
		return token, nil // somebody was faster
	}
	ctx, cancel := context.WithTimeout(ctx, refreshTimeout)
	defer cancel()
	token, err := s.store.Refresh(ctx, of.AccountID, failed.Value, func(ctx context.Context, force bool) (Token, error) {
		token, err := s.fetch(ctx, of, false)
		if err != nil || !force || !same(token, failed) {
			return token, err
		}
		return s.fetch(ctx, of, true) // WeChat insists on the token that it refuses
	})
	if err != nil {
		return Token{}, fmt.Errorf("refresh the access token of account %s: %w", of.AccountID, err)
	}
	s.remember(ctx, of, token)
	if !failed.Value.Empty() {
		s.watch.replaced(ctx, of.AccountID)
	}
	return token, nil
}

func (s *tokenSource) remembered(of wechat.Credentials) (Token, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	token, ok := s.kept[tokenOwner{of.AccountID, of.AppID}]
	return token, ok && token.Usable(s.now())
}

func (s *tokenSource) remember(ctx context.Context, of wechat.Credentials, token Token) {
	s.watch.knows(ctx, of.AccountID)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.kept[tokenOwner{of.AccountID, of.AppID}] = token
}

func same(a, b Token) bool { return a.Value.Reveal() == b.Value.Reveal() }
