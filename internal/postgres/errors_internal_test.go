package postgres

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/conversation"
)

// R28: whatever a lost connection looks like, it is the one error that is waited for.
func TestExplain_lostConnectionIsLater(t *testing.T) {
	t.Parallel()
	for _, err := range []error{
		&net.OpError{Op: "dial", Err: errors.New("refused")}, driver.ErrBadConn, sql.ErrConnDone, sql.ErrTxDone, io.EOF, io.ErrUnexpectedEOF,
	} {
		require.ErrorIs(t, explain(t.Context(), "act", fmt.Errorf("wrapped: %w", err)), conversation.ErrLater)
	}
	require.NotErrorIs(t, explain(t.Context(), "act", errors.New("something else")), conversation.ErrLater)
}
