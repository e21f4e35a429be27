package tokens_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/postgrestest"
	"wxdesk/internal/postgres/tokens"
	"wxdesk/internal/secret"
	"wxdesk/internal/wechat/wxapi"
)

func TestCreateToken_isKnownByItsHashUntilRevoked(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewEmptyFixture(t)
	agent := f.NewAgent(t, "Mei")
	text, created, err := f.CreateToken(t.Context(), postgrestest.CLI, "Mei", access.RoleAgent, agent, time.Hour)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(text.Reveal(), tokens.TokenPrefix))
	require.Len(t, text.Reveal(), len(tokens.TokenPrefix)+43)

	hash := sha256.Sum256([]byte(text.Reveal()))
	found, err := f.Authenticate(t.Context(), hash)
	require.NoError(t, err)
	require.Equal(t, created, found)
	require.Equal(t, access.Principal{Tenant: postgrestest.Tenant, TokenID: created.TokenID, Name: "Mei", Role: access.RoleAgent, AgentID: agent}, found)
	_, err = f.Authenticate(t.Context(), sha256.Sum256([]byte("another")))
	require.ErrorIs(t, err, conversation.ErrNotFound)

	for range 2 {
		require.NoError(t, f.RevokeToken(t.Context(), postgrestest.CLI, created.TokenID))
	}
	_, err = f.Authenticate(t.Context(), hash)
	require.ErrorIs(t, err, conversation.ErrNotFound)
	list, err := f.ListTokens(t.Context(), postgrestest.Tenant, "", 10)
	require.NoError(t, err)
	require.Len(t, list, 1)
	require.False(t, list[0].RevokedAt.IsZero())
	require.Equal(t, 2, f.Count(t, "audit", "subject = $1 and actor = 'cli'", created.TokenID))
}

// S9, A01
func TestAuthenticate_refusesExpiredTokens(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewEmptyFixture(t)
	text, created, err := f.CreateToken(t.Context(), postgrestest.CLI, "Mei", access.RoleAdmin, "", access.MaxTokenLifetime)
	require.NoError(t, err)
	hash := sha256.Sum256([]byte(text.Reveal()))
	list, err := f.ListTokens(t.Context(), postgrestest.Tenant, "", 10)
	require.NoError(t, err)
	require.Equal(t, access.MaxTokenLifetime, list[0].ExpiresAt.Sub(list[0].CreatedAt))
	good, err := f.StillGood(t.Context(), []access.Principal{created})
	require.NoError(t, err)
	require.Equal(t, []access.Principal{created}, good)

	f.Exec(t, `update api_tokens set expires_at = now()`)
	_, err = f.Authenticate(t.Context(), hash)
	require.ErrorIs(t, err, conversation.ErrNotFound)
	good, err = f.StillGood(t.Context(), []access.Principal{created})
	require.NoError(t, err)
	require.Empty(t, good)

	_, _, err = f.CreateToken(t.Context(), postgrestest.CLI, "for ever", access.RoleAdmin, "", 367*24*time.Hour)
	require.Error(t, err)
}

func TestAuthenticate_notesUseOnceAMinute(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewEmptyFixture(t)
	text, created, err := f.CreateToken(t.Context(), postgrestest.CLI, "Mei", access.RoleAdmin, "", time.Hour)
	require.NoError(t, err)
	hash := sha256.Sum256([]byte(text.Reveal()))
	lastUse := func() time.Time {
		list, err := f.ListTokens(t.Context(), postgrestest.Tenant, "", 10)
		require.NoError(t, err)
		return list[0].LastUsedAt
	}
	require.Zero(t, lastUse())
	for range 2 {
		_, err = f.Authenticate(t.Context(), hash)
		require.NoError(t, err)
	}
	first := lastUse()
	require.WithinDuration(t, time.Now(), first, time.Minute)

	f.Exec(t, `update api_tokens set last_used_at = now() - interval '61 seconds'`)
	_, err = f.StillGood(t.Context(), []access.Principal{created})
	require.NoError(t, err)
	require.False(t, lastUse().Before(first), "an open stream is a use")
	again := lastUse()
	_, err = f.Authenticate(t.Context(), hash)
	require.NoError(t, err)
	require.Equal(t, again, lastUse(), "within a minute nothing is written")
}

// usable is an access token with an hour to live.
func usable(text string) wxapi.Token {
	return wxapi.Token{Value: secret.New(text), ExpiresAt: time.Now().Add(time.Hour).Truncate(time.Microsecond).UTC()}
}

// R17, W09
func TestRefresh_threeProcessesFetchOnce(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	dbs := []*postgrestest.Ledger{f.Ledger, postgrestest.Open(t, f.DSN, f.Ring), postgrestest.Open(t, f.DSN, f.Ring)}
	account, refused := string(f.TheAccount.ID), secret.New("refused")
	_, err := f.Token(t.Context(), account)
	require.ErrorIs(t, err, wxapi.ErrNoToken)
	_, err = f.Refresh(t.Context(), account, secret.Value{}, func(context.Context, bool) (wxapi.Token, error) { return usable("refused"), nil })
	require.NoError(t, err)

	var fetches atomic.Int32
	var group errgroup.Group
	for i := range 600 {
		group.Go(func() error {
			got, err := dbs[i%3].Refresh(t.Context(), account, refused, func(_ context.Context, force bool) (wxapi.Token, error) {
				fetches.Add(1)
				if !force {
					return wxapi.Token{}, errors.New("may not force")
				}
				return usable("fresh"), nil
			})
			if err == nil && got.Value.Reveal() != "fresh" {
				err = errors.New("got another token")
			}
			return err
		})
	}
	require.NoError(t, group.Wait())
	require.Equal(t, int32(1), fetches.Load())
	kept, err := f.Token(t.Context(), account)
	require.NoError(t, err)
	require.Equal(t, "fresh", kept.Value.Reveal())
}

func TestRefresh_forcesOnceInThirtySeconds(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	account := string(f.TheAccount.ID)
	var forced []bool
	refresh := func(failed string) {
		_, err := f.Refresh(t.Context(), account, secret.New(failed), func(_ context.Context, force bool) (wxapi.Token, error) {
			forced = append(forced, force)
			return usable("same"), nil
		})
		require.NoError(t, err)
	}
	refresh("")
	refresh("same")
	refresh("same")
	f.Exec(t, `update access_tokens set forced_at = now() - interval '31 seconds'`)
	refresh("same")
	require.Equal(t, []bool{false, true, false, true}, forced)
}

func TestRefresh_failedFetchStoresNothing(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	failure, calls := context.DeadlineExceeded, 0 // as WeChat's silence looks
	_, err := f.Refresh(t.Context(), string(f.TheAccount.ID), secret.Value{}, func(context.Context, bool) (wxapi.Token, error) {
		calls++
		return wxapi.Token{}, failure
	})
	require.ErrorIs(t, err, failure)
	require.Equal(t, 1, calls)
	_, err = f.Token(t.Context(), string(f.TheAccount.ID))
	require.ErrorIs(t, err, wxapi.ErrNoToken)
	_, err = f.Refresh(t.Context(), uuid.NewString(), secret.Value{}, nil)
	require.ErrorIs(t, err, conversation.ErrNotFound)
}

func TestToken_expiringOneIsNotUsed(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	account := string(f.TheAccount.ID)
	short := usable("short")
	short.ExpiresAt = time.Now().Add(wxapi.MinTokenLifetime - time.Second)
	_, err := f.Refresh(t.Context(), account, secret.Value{}, func(context.Context, bool) (wxapi.Token, error) { return short, nil })
	require.NoError(t, err)
	_, err = f.Token(t.Context(), account)
	require.ErrorIs(t, err, wxapi.ErrNoToken)
}

func TestRefresh_replacesATamperedToken(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	account := string(f.TheAccount.ID)
	fetch := func(context.Context, bool) (wxapi.Token, error) { return usable("fresh"), nil }
	_, err := f.Refresh(t.Context(), account, secret.Value{}, fetch)
	require.NoError(t, err)
	f.Exec(t, `update access_tokens set sealed = '\x01'`)
	_, err = f.Token(t.Context(), account)
	require.ErrorIs(t, err, secret.ErrUnavailable)
	_, err = f.Refresh(t.Context(), account, secret.Value{}, fetch)
	require.NoError(t, err)
	kept, err := f.Token(t.Context(), account)
	require.NoError(t, err)
	require.Equal(t, "fresh", kept.Value.Reveal())
}

// W08
// WeChat announced 512 characters and may give out more; what the client takes is kept whole.
func TestRefresh_keepsLongTokensWhole(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	for _, size := range []int{1, 160, 513, 600, 4096} {
		long := usable(strings.Repeat("t", size))
		stored, err := f.Token(t.Context(), string(f.TheAccount.ID))
		if err == nil { // the one before counts as refused
			require.Less(t, len(stored.Value.Reveal()), size)
		}
		_, err = f.Refresh(t.Context(), string(f.TheAccount.ID), stored.Value, func(context.Context, bool) (wxapi.Token, error) { return long, nil })
		require.NoError(t, err)
		got, err := f.Token(t.Context(), string(f.TheAccount.ID))
		require.NoError(t, err)
		require.Equal(t, long.Value.Reveal(), got.Value.Reveal())
	}
}
