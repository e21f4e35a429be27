package users

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/user"
)

// labelSignInName derives the key that hashes the names of sign_in_tries.
const labelSignInName = "sign-in name"

// nameTried returns a name as sign_in_tries keeps it: hashed, because people type passwords in the place of names.
func (db *DB) nameTried(name string) string {
	mac := hmac.New(sha256.New, db.ring.Derive(labelSignInName))
	mac.Write([]byte(user.Key(name)))
	return hex.EncodeToString(mac.Sum(nil))
}

// CountTry counts a try to sign in with a name from a network, over all processes. It is called before anything else is done. It returns how long
// to wait before the next try; 0 if this one may be made. Once a network has too many tries, their names are not counted any more, so that
// nobody fills the table with names.
func (db *DB) CountTry(ctx context.Context, t conversation.Tenant, name, network string) (time.Duration, error) {
	return postgres.Transact(ctx, db.pool, "count a try to sign in", func(tx *postgres.Tx) (time.Duration, error) {
		if wait, err := countTry(ctx, tx, t, "network", network); err != nil || wait > 0 {
			return wait, err
		}
		return countTry(ctx, tx, t, "name", db.nameTried(name))
	})
}

func countTry(ctx context.Context, tx *postgres.Tx, t conversation.Tenant, kind, key string) (time.Duration, error) {
	const count = `
		insert into sign_in_tries as k (tenant, kind, key, tries) values ($1, $2, $3, 1)
		on conflict (tenant, kind, key) do update set
			tries = case when k.since < now() - $4 * interval '1 second' then 1 else least(k.tries, 1000) + 1 end,
			since = case when k.since < now() - $4 * interval '1 second' then now() else k.since end
		returning tries, since, now() as now`
	var row struct {
		Tries int       `db:"tries"`
		Since time.Time `db:"since"`
		Now   time.Time `db:"now"`
	}
	if err := tx.GetContext(ctx, &row, count, t, kind, key, user.TriesWithin.Seconds()); err != nil {
		return 0, err
	}
	return user.Tries{Count: row.Tries, Since: row.Since}.Wait(row.Now), nil
}

// forgetTries takes back a try with the right password, and all earlier ones with the name. Earlier ones from the network stay counted. It locks in
// the order of CountTry. If the session has its row already, this is a repeat after a lost answer to COMMIT, and the network's count stays.
func (db *DB) forgetTries(ctx context.Context, tx *postgres.Tx, u userRow, network, session string) error {
	const from = `
		update sign_in_tries set tries = tries - 1 where tenant = $1 and kind = 'network' and key = $2 and tries > 0
			and not exists (select from sessions where tenant = $1 and id = $3)`
	if _, err := tx.ExecContext(ctx, from, u.Tenant, network, session); err != nil {
		return err
	}
	const name = `delete from sign_in_tries where tenant = $1 and kind = 'name' and key = $2`
	_, err := tx.ExecContext(ctx, name, u.Tenant, db.nameTried(u.Name))
	return err
}
