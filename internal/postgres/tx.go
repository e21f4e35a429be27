package postgres

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"math/rand/v2"
	"net"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/lib/pq/pqerror"
)

const (
	maxTries  = 5
	firstWait = 5 * time.Millisecond // doubles with every try; half of it is chance
)

// ErrAgain says that another transaction wrote the same key at the same time: on the next try it can be seen.
var ErrAgain = errors.New("another transaction wrote the same meanwhile")

// Tx is a transaction, with the channels that are to be notified once it is committed.
type Tx struct {
	*sqlx.Tx
	channels []string
}

// Notify has a channel notified once the transaction is committed.
func (tx *Tx) Notify(channel string) { tx.channels = append(tx.channels, channel) }

// InTx runs fn in a read-committed transaction; see Transact.
func (db *Pool) InTx(ctx context.Context, act string, fn func(tx *Tx) error) error {
	_, err := Transact(ctx, db, act, func(tx *Tx) (struct{}, error) { return struct{}{}, fn(tx) })
	return err
}

// Transact runs fn in a read-committed transaction and returns its answer. After a deadlock, a serialization failure, a
// lost connection, and above all after a COMMIT whose answer was lost, it runs fn again in a new transaction. So fn must
// be repeatable even if its first run took effect: by unique keys, and by looking before it writes. It touches nothing
// outside but what it returns.
func Transact[T any](ctx context.Context, db *Pool, act string, fn func(tx *Tx) (T, error)) (T, error) {
	for try := 1; ; try++ {
		answer, again, err := attempt(ctx, db, fn)
		if err == nil {
			return answer, nil
		}
		if !again || try == maxTries || !pause(ctx, try) {
			var none T
			return none, Explain(ctx, act, err)
		}
	}
}

// attempt returns, beside the error, whether trying again can help.
func attempt[T any](ctx context.Context, db *Pool, fn func(tx *Tx) (T, error)) (answer T, again bool, err error) {
	begun, err := db.BeginTxx(ctx, &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return answer, false, err // database/sql has tried other connections already
	}
	tx := &Tx{Tx: begun}
	defer tx.Rollback() //nolint:errcheck // after Commit it does nothing; before, the connection is lost anyway
	if answer, err = fn(tx); err == nil {
		err = tx.Commit()
		db.Notify(tx.channels...) // also where the answer of COMMIT was lost
	}
	return answer, passing(err), err
}

// passing reports whether an error of a transaction can go away by itself. If Postgres says that a transaction failed for a reason
// that has nothing to do with other transactions, it will fail again.
func passing(err error) bool {
	if refused := pq.As(err); refused != nil {
		return refused.Code == pqerror.TRDeadlockDetected || refused.Code == pqerror.TRSerializationFailure
	}
	_, lost := errors.AsType[net.Error](err)
	return lost || errors.Is(err, driver.ErrBadConn) || errors.Is(err, ErrAgain)
}

// pause waits before the next try; false means that the context has ended.
func pause(ctx context.Context, try int) bool {
	wait := firstWait << try
	return rest(ctx, wait/2+rand.N(wait/2))
}

// rest waits for a while; false means that the context has ended.
func rest(ctx context.Context, wait time.Duration) bool {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
