package upkeep

import (
	"context"
	"slices"
	"time"

	"github.com/lib/pq"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/postgres/audit"
	"wxdesk/internal/postgres/sealing"
	"wxdesk/internal/secret"
)

const (
	resealAtOnce = 100 // values in one transaction
	resealRounds = 100 // over values that others hold locked, which nobody does for long
	resealPause  = 100 * time.Millisecond
)

// Resealed is what Reseal did in one place.
type Resealed struct {
	Place    string
	Changed  int // sealed again by this call
	Busy     int // somebody was changing them all the time; calling again finds them
	Unopened int // do not open with the keys of the ring, and stay as they are
}

// Reseal has the first master key seal everything that another one has sealed. It may run while everybody works, beside
// itself, and again after it was interrupted at any point: it goes by what it finds. A value that somebody holds locked is
// left for a later round, so that Reseal never waits for a lock.
//
// The values of customers stay as they are: only the data keys that seal them are wrapped again.
func (db *DB) Reseal(ctx context.Context, by access.Actor) ([]Resealed, error) {
	var all []Resealed
	var changed []string
	for _, v := range vaults() {
		r := Resealed{Place: v.String()}
		err := db.resealVault(ctx, v, &r)
		all = append(all, r)
		if r.Changed > 0 {
			changed = append(changed, r.Place)
		}
		if err != nil {
			return all, err
		}
	}
	if len(changed) == 0 {
		return all, nil
	}
	return all, db.pool.InTx(ctx, "note that master keys were rotated", func(tx *postgres.Tx) error {
		return audit.Record(ctx, tx, by, audit.KeysRotate, db.ring.Primary(), changed...)
	})
}

func (db *DB) resealVault(ctx context.Context, v vault, r *Resealed) error {
	var held []valueHead
	err := db.walk(ctx, v, func(heads []valueHead) error {
		left, err := db.resealThese(ctx, v, heads, r)
		held = append(held, left...)
		return err
	})
	for round := 0; err == nil && len(held) > 0 && round < resealRounds; round++ {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(resealPause):
			held, err = db.resealThese(ctx, v, held, r)
		}
	}
	r.Busy = len(held)
	return err
}

// resealThese seals again what of these values another key has sealed, and returns those that were locked.
func (db *DB) resealThese(ctx context.Context, v vault, heads []valueHead, r *Resealed) (held []valueHead, err error) {
	old := slices.DeleteFunc(slices.Clone(heads), func(h valueHead) bool { return db.sealedNow(h.Head) })
	for some := range slices.Chunk(old, resealAtOnce) {
		b, err := postgres.Transact(ctx, db.pool, "seal "+v.String()+" anew", func(tx *postgres.Tx) (resealedBatch, error) {
			return db.resealBatch(ctx, tx, v, some)
		})
		if err != nil {
			return nil, err
		}
		r.Changed, r.Unopened, held = r.Changed+b.changed, r.Unopened+b.unopened, append(held, b.held...)
	}
	return held, nil
}

// sealedNow reports whether the first key sealed a frame.
func (db *DB) sealedNow(frame []byte) bool {
	key, err := secret.KeyID(frame)
	return err == nil && key == db.ring.Primary()
}

type resealedBatch struct {
	changed, unopened int
	held              []valueHead
}

// sealedRow is a value with its place.
type sealedRow struct {
	Tenant conversation.Tenant `db:"tenant"`
	ID     string              `db:"id"`
	IDs    pq.StringArray      `db:"ids"`
	Frame  []byte              `db:"frame"`
}

// theseRows finds rows by what argsOf lists, in the one order in which they are locked.
const theseRows = `where (tenant, {id}) in (select * from unnest($1::text[], $2::uuid[])) and octet_length({column}) > 0 order by tenant, {id}`

// argsOf are the arguments of theseRows.
func argsOf(heads []valueHead) (tenants, ids pq.StringArray) {
	for _, h := range heads {
		tenants, ids = append(tenants, string(h.Tenant)), append(ids, h.ID)
	}
	return tenants, ids
}

func (db *DB) resealBatch(ctx context.Context, tx *postgres.Tx, v vault, some []valueHead) (b resealedBatch, err error) {
	tenants, ids := argsOf(some)
	query := v.query(`
		select tenant, {id}::text as id, array[{ids}] as ids, {column} as frame from {table}
		` + theseRows + ` for no key update skip locked`)
	var rows []sealedRow
	if err := tx.SelectContext(ctx, &rows, query, tenants, ids); err != nil {
		return b, err
	}
	var fresh []valueHead
	var before, after pq.ByteaArray
	for _, row := range rows {
		if db.sealedNow(row.Frame) {
			continue // somebody has written it meanwhile
		}
		aad := sealing.Place(v.table, row.Tenant, row.IDs...)
		plain, err := db.ring.Open(v.label, aad, row.Frame)
		if err != nil {
			b.unopened++
			continue
		}
		fresh = append(fresh, valueHead{Tenant: row.Tenant, ID: row.ID})
		before, after = append(before, row.Frame), append(after, db.ring.Seal(v.label, aad, plain))
	}
	if len(rows) < len(some) {
		if b.held, err = heldOf(ctx, tx, v, some, rows); err != nil {
			return b, err
		}
	}
	if len(fresh) == 0 {
		return b, nil
	}
	tenants, ids = argsOf(fresh)
	update := v.query(`
		update {table} r set {column} = fresh.after
		from unnest($1::text[], $2::uuid[], $3::bytea[], $4::bytea[]) as fresh (tenant, id, before, after)
		where r.tenant = fresh.tenant and r.{id} = fresh.id and r.{column} = fresh.before`)
	changed, err := postgres.Affected(tx.ExecContext(ctx, update, tenants, ids, before, after))
	b.changed = int(changed)
	return b, err
}

// heldOf are those of the values that could not be locked. What was deleted meanwhile is not among them.
func heldOf(ctx context.Context, tx *postgres.Tx, v vault, some []valueHead, locked []sealedRow) (held []valueHead, err error) {
	tenants, ids := argsOf(some)
	query := v.query(`select tenant, {id}::text as id, substring({column} from 1 for $3) as head from {table} ` + theseRows)
	if err := tx.SelectContext(ctx, &held, query, tenants, ids, secret.MaxHead); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(held, func(h valueHead) bool {
		return slices.ContainsFunc(locked, func(l sealedRow) bool { return l.Tenant == h.Tenant && l.ID == h.ID })
	}), nil
}
