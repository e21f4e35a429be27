package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/conversation"
)

// R28
// Whatever a lost connection looks like, it is the one error that is waited for.
func TestExplain_lostConnectionIsLater(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		&net.OpError{Op: "dial", Err: errors.New("refused")}, driver.ErrBadConn, sql.ErrConnDone, sql.ErrTxDone, io.EOF, io.ErrUnexpectedEOF,
	} {
		require.ErrorIs(t, Explain(t.Context(), "act", fmt.Errorf("wrapped: %w", err)), conversation.ErrLater)
	}
	require.NotErrorIs(t, Explain(t.Context(), "act", errors.New("something else")), conversation.ErrLater)
}

// R28
// Postgres breaks a statement off if it takes too long, and if the caller gives up.
func TestExplain_brokenOffStatementIsLater(t *testing.T) {
	t.Parallel()
	brokenOff := fmt.Errorf("wrapped: %w", &pq.Error{Code: pqerror.QueryCanceled})
	require.ErrorIs(t, Explain(t.Context(), "act", brokenOff), conversation.ErrLater)
	for _, other := range []pqerror.Code{pqerror.CheckViolation, pqerror.UndefinedTable} {
		require.NotErrorIs(t, Explain(t.Context(), "act", &pq.Error{Code: other}), conversation.ErrLater)
	}

	gaveUp, cancel := context.WithCancel(t.Context())
	cancel()
	err := Explain(gaveUp, "act", brokenOff)
	require.ErrorIs(t, err, context.Canceled)
	require.NotErrorIs(t, err, conversation.ErrLater)
}
