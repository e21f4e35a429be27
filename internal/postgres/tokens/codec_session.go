package tokens

import (
	"context"
	"time"

	"wxdesk/internal/access"
	"wxdesk/internal/postgres"
)

// PutCodecSession keeps a session of the codec endpoint, or a ticket for one, under the SHA-256 of its text, for so long from now;
// s.Until is not looked at. It forgets those that are over.
func (db *DB) PutCodecSession(ctx context.Context, hash [32]byte, s access.CodecSession, life time.Duration) error {
	return db.pool.InTx(ctx, "keep a codec session", func(tx *postgres.Tx) error {
		if _, err := tx.ExecContext(ctx, `delete from codec_sessions where until < now()`); err != nil {
			return err
		}
		const insert = `
			insert into codec_sessions (hash, ticket, who, token_hash, until) values ($1, $2, $3, $4, now() + make_interval(secs => $5))
			on conflict (hash) do nothing`
		_, err := tx.ExecContext(ctx, insert, hash[:], s.Ticket, s.Who, s.Token, life.Seconds())
		return err
	})
}

// CodecSession finds a session. It returns ErrNotFound if there is none, if it has expired or ended, and for a ticket.
func (db *DB) CodecSession(ctx context.Context, hash [32]byte) (access.CodecSession, error) {
	const query = `select who, token_hash, until from codec_sessions where hash = $1 and not ticket and until > now()`
	var row struct {
		Who   string    `db:"who"`
		Token []byte    `db:"token_hash"`
		Until time.Time `db:"until"`
	}
	err := db.pool.GetContext(ctx, &row, query, hash[:])
	return access.CodecSession{Who: row.Who, Token: row.Token, Until: row.Until}, postgres.Explain(ctx, "find a codec session", err)
}

// TakeCodecTicket uses a ticket up and says whose it was. It returns ErrNotFound if there is none, or it is over or
// used.
func (db *DB) TakeCodecTicket(ctx context.Context, hash [32]byte) (who string, err error) {
	return postgres.Transact(ctx, db.pool, "take a codec ticket", func(tx *postgres.Tx) (who string, err error) {
		const take = `delete from codec_sessions where hash = $1 and ticket and until > now() returning who`
		return who, tx.GetContext(ctx, &who, take, hash[:])
	})
}

// EndCodecSession ends a session. Again it changes nothing.
func (db *DB) EndCodecSession(ctx context.Context, hash [32]byte) error {
	return db.pool.InTx(ctx, "end a codec session", func(tx *postgres.Tx) error {
		_, err := tx.ExecContext(ctx, `delete from codec_sessions where hash = $1`, hash[:])
		return err
	})
}
