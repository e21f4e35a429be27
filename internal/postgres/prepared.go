package postgres

import (
	"context"
	"database/sql/driver"

	"github.com/lib/pq"
)

// maxPrepared is how many statements a session keeps; the house has some three hundred. What comes later, and a text that is made
// again for each number of rows would come without end, is sent whole each time.
const maxPrepared = 500

type sentWhole struct{}

// SentWhole has statements sent whole each time, and planned for their arguments. It is for texts that are put together from so many
// parts that they would take the places of all others.
func SentWhole(ctx context.Context) context.Context {
	return context.WithValue(ctx, sentWhole{}, true)
}

// preparedStatement is what the driver's own can do.
type preparedStatement interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// prepared is the statement of a text with arguments, which Postgres has read and planned once for this session; nil where it is to be
// sent as it is. Reading and planning again was half of what Postgres did for a customer's message.
func (s *session) prepared(ctx context.Context, query string, args []driver.NamedValue) (preparedStatement, error) {
	if known, ok := s.statements[query]; ok || len(args) == 0 || len(s.statements) == maxPrepared || ctx.Value(sentWhole{}) != nil {
		return known, nil
	}
	made, err := s.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	statement, ok := made.(preparedStatement)
	if !ok {
		return nil, made.Close()
	}
	s.statements[query] = statement
	return statement, nil
}

// revalidate is the routine of Postgres that refuses such a plan. Its message is in the server's language, its code a common one.
const revalidate = "RevalidateCachedQuery"

// stale turns the refusal of a plan that a migration has overtaken, which has done nothing, into the end of this session: database/sql
// and transact then take another one.
func (s *session) stale(err error) error {
	if refused := pq.As(err); refused != nil && refused.Routine == revalidate {
		s.overtaken = true
		return driver.ErrBadConn
	}
	return err
}

// IsValid says whether the session can be used again.
func (s *session) IsValid() bool { return !s.overtaken && s.pqConn.IsValid() }
