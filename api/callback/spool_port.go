package callback

import (
	"context"
	"time"

	"wxdesk/internal/callback"
	"wxdesk/internal/conversation"
)

// Spool keeps callbacks for conversations while Inbox cannot take them. Each method is repeatable.
type Spool interface {
	// Spool stores a callback behind those of its conversation that wait already. If the same message with the same content waits
	// already, it changes nothing.
	Spool(ctx context.Context, h callback.Received) error
	// SpoolHas reports whether callbacks of a conversation wait.
	SpoolHas(ctx context.Context, t conversation.Tenant, account conversation.AccountID, c conversation.CustomerKey) (bool, error)
	// SpoolEmpty reports whether nothing waits.
	SpoolEmpty(ctx context.Context) (bool, error)
	// SpoolSize is how many callbacks wait, and for how long the oldest has.
	SpoolSize(ctx context.Context) (callbacks int64, oldest time.Duration, err error)
	// ClaimSpooled returns the first waiting callback of each of at most so many conversations, and keeps them from other
	// claims for callback.SpoolClaim.
	ClaimSpooled(ctx context.Context, conversations int) ([]callback.Spooled, error)
	// SpooledFrom lists the waiting callbacks of first's conversation in their order, from first on.
	SpooledFrom(ctx context.Context, first callback.Spooled, limit int) ([]callback.Spooled, error)
	// Unspool forgets callbacks that have been handed on.
	Unspool(ctx context.Context, ids []int64) error
}
