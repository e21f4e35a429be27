package tokens_test

import (
	"crypto/sha256"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/postgrestest"
)

func TestCodecSession_isKnownUntilItEnds(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewEmptyFixture(t)
	hash, token := sha256.Sum256([]byte("cookie")), sha256.Sum256([]byte("wxd_admin"))
	begun := access.CodecSession{Who: "me", Token: token[:]}
	require.NoError(t, f.PutCodecSession(t.Context(), hash, begun, time.Hour))
	found, err := f.CodecSession(t.Context(), hash)
	require.NoError(t, err)
	require.WithinDuration(t, time.Now().Add(time.Hour), found.Until, time.Minute)
	found.Until = time.Time{}
	require.Equal(t, begun, found)
	_, err = f.TakeCodecTicket(t.Context(), hash)
	require.ErrorIs(t, err, conversation.ErrNotFound, "it is no ticket")

	for range 2 {
		require.NoError(t, f.EndCodecSession(t.Context(), hash))
		_, err = f.CodecSession(t.Context(), hash)
		require.ErrorIs(t, err, conversation.ErrNotFound)
	}

	require.NoError(t, f.PutCodecSession(t.Context(), hash, begun, time.Hour))
	f.Exec(t, `update codec_sessions set until = now()`)
	_, err = f.CodecSession(t.Context(), hash)
	require.ErrorIs(t, err, conversation.ErrNotFound)
	require.NoError(t, f.PutCodecSession(t.Context(), token, begun, time.Hour))
	require.Equal(t, 1, f.Count(t, "codec_sessions", "true"), "what is over is forgotten")
}

func TestCodecTicket_signsInOnce(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewEmptyFixture(t)
	hash := sha256.Sum256([]byte("ticket"))
	ticket := access.CodecSession{Who: "wxdesk dev", Ticket: true}
	require.NoError(t, f.PutCodecSession(t.Context(), hash, ticket, 15*time.Minute))
	_, err := f.CodecSession(t.Context(), hash)
	require.ErrorIs(t, err, conversation.ErrNotFound, "it is no session")

	taken := make([]string, 10)
	var group errgroup.Group
	for i := range taken {
		group.Go(func() (err error) {
			taken[i], err = f.TakeCodecTicket(t.Context(), hash)
			if err != nil {
				require.ErrorIs(t, err, conversation.ErrNotFound)
			}
			return nil
		})
	}
	require.NoError(t, group.Wait())
	require.ElementsMatch(t, append(make([]string, 9), "wxdesk dev"), taken)

	require.NoError(t, f.PutCodecSession(t.Context(), hash, ticket, 15*time.Minute))
	f.Exec(t, `update codec_sessions set until = now()`)
	_, err = f.TakeCodecTicket(t.Context(), hash)
	require.ErrorIs(t, err, conversation.ErrNotFound)
}
