package permits

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
)

// The limit of sends to WeChat, over all processes (R16). Time is cut into slots, as many a second as the limit says; a permit is
// a slot, and can be used from its time on, for slotLifetime. send_limits.tat is the time of the first slot that nobody has taken (the
// theoretical arrival time of GCRA). So after a rest a second's worth can be sent at once, and never more.

const (
	slotLifetime = time.Second
	// blockSpan is how long a block lasts at most that a process takes at once, so that not each send updates the row.
	blockSpan = 100 * time.Millisecond
)

// permits are a process's slots.
type permits struct {
	every time.Duration // between two slots
	most  int           // slots of a block

	mu     sync.Mutex
	blocks map[conversation.Tenant]*permitBlock
}

// permitBlock is what is left of the slots that a process took last for a tenant.
type permitBlock struct {
	turn  chan struct{} // whoever has put something in may use the rest
	first time.Time     // of the slots that are left, by this process's clock
	left  int
	size  int       // of the next block
	taken time.Time // when this one was
}

func newPermits(perSecond int) *permits {
	perSecond = max(1, perSecond)
	return &permits{
		every: time.Second / time.Duration(perSecond), most: max(1, perSecond*int(blockSpan/time.Millisecond)/1000),
		blocks: map[conversation.Tenant]*permitBlock{},
	}
}

// Take grants one send now (0), or says how long until one is reserved. It returns ErrNotFound if there is no such
// tenant.
func (db *DB) Take(ctx context.Context, t conversation.Tenant) (time.Duration, error) {
	wait, _, err := db.permit(ctx, t, true)
	return wait, postgres.Explain(ctx, "take a permit to send", err)
}

// TryTake grants one send now, or none. It reserves nothing. It returns ErrNotFound if there is no such tenant.
func (db *DB) TryTake(ctx context.Context, t conversation.Tenant) (bool, error) {
	_, ok, err := db.permit(ctx, t, false)
	return ok, postgres.Explain(ctx, "try to take a permit to send", err)
}

// permit takes a slot: one that has come, or with reserve the next that will.
func (db *DB) permit(ctx context.Context, t conversation.Tenant, reserve bool) (wait time.Duration, ok bool, err error) {
	p := db.permits
	b := p.of(t)
	select {
	case b.turn <- struct{}{}:
		defer func() { <-b.turn }()
	case <-ctx.Done():
		return 0, false, ctx.Err() //nolint:wrapcheck // explained by the caller
	}
	for b.left > 0 && time.Since(b.first) > slotLifetime {
		b.first, b.left = b.first.Add(p.every), b.left-1
	}
	if b.left == 0 {
		if err := db.takeBlock(ctx, t, b, reserve); err != nil || b.left == 0 {
			return 0, false, err
		}
	}
	wait = max(0, time.Until(b.first))
	if wait > 0 && !reserve {
		return 0, false, nil
	}
	b.first, b.left = b.first.Add(p.every), b.left-1
	return wait, true, nil
}

// of is the block of a tenant.
func (p *permits) of(t conversation.Tenant) *permitBlock {
	p.mu.Lock()
	defer p.mu.Unlock()
	b := p.blocks[t]
	if b == nil {
		b = &permitBlock{turn: make(chan struct{}, 1), size: 1}
		p.blocks[t] = b
	}
	return b
}

// takeBlock takes the next slots of all processes for this one; without reserve only if the first of them has come. A process
// that uses up its block faster than the block lasts takes more the next time, and one that is slower takes less: what it does not
// use nobody does.
func (db *DB) takeBlock(ctx context.Context, t conversation.Tenant, b *permitBlock, reserve bool) error {
	switch took := time.Since(b.taken); {
	case took < blockSpan:
		b.size = min(2*b.size, db.permits.most)
	case took > 2*blockSpan:
		b.size = max(b.size/2, 1)
	}
	const query = `
		insert into send_limits as l (tenant, tat) values ($1, clock_timestamp() + ($2::bigint - $3::bigint) * interval '1 microsecond')
		on conflict (tenant) do update
			set tat = greatest(l.tat, clock_timestamp() - $3 * interval '1 microsecond') + $2 * interval '1 microsecond'
			where $4::bool or l.tat <= clock_timestamp()
		returning extract(epoch from tat - clock_timestamp())::float8 - $2::bigint / 1e6`
	block := db.permits.every*time.Duration(b.size) + time.Microsecond - 1 // rounded up
	var first float64                                                      // slot, in seconds from now
	err := db.pool.GetContext(ctx, &first, query, t, block.Microseconds(), slotLifetime.Microseconds(), reserve)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	b.taken = time.Now()
	b.first, b.left = b.taken.Add(time.Duration(first*float64(time.Second))), b.size
	return nil
}
