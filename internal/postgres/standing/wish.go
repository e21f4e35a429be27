package standing

import (
	"context"

	"github.com/jmoiron/sqlx"

	"wxdesk/internal/conversation"
)

// Wish is what a conversation's row says of people and of the end.
type Wish struct {
	HandOver conversation.EscalationReason `db:"hand_over"` // "" if nobody wants people
	Turn     conversation.MessageID        `db:"hand_over_turn"`
	Queue    conversation.QueueID          `db:"hand_over_queue"`
	Ending   conversation.CloseReason      `db:"ending"` // "" if nobody wishes the end
}

// WishColumns are those of a Wish, of a conversation c.
const WishColumns = `
	coalesce(c.hand_over, '') as hand_over, coalesce(c.hand_over_turn::text, '') as hand_over_turn,
	coalesce(c.hand_over_queue::text, '') as hand_over_queue, coalesce(c.ending, '') as ending`

// Any reports whether people or the end are wished.
func (w Wish) Any() bool { return w.HandOver != "" || w.Ending != "" }

// ReadWish reads what is wished of a conversation that has not ended; of one that has, nothing is. Its row is locked where
// something is to follow from it. sql.ErrNoRows where there is none.
func ReadWish(ctx context.Context, q sqlx.QueryerContext, c conversation.Ref) (Wish, error) {
	const query = `select c.state, ` + WishColumns + ` from conversations c where c.tenant = $1 and c.id = $2`
	var row struct {
		State conversation.State `db:"state"`
		Wish
	}
	if err := sqlx.GetContext(ctx, q, &row, query, c.Tenant, c.Conversation); err != nil || row.State == conversation.StateClosed {
		return Wish{}, err
	}
	return row.Wish, nil
}
