package standing

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"wxdesk/internal/conversation"
)

// owedRow is what the view owed says of one conversation: seconds from now, null if nothing of the kind is owed.
type owedRow struct {
	Turn     *float64 `db:"owed_turn"`
	Send     *float64 `db:"owed_send"`
	HandOver *float64 `db:"owed_hand_over"`
	End      *float64 `db:"owed_end"`
}

const owedColumns = `owes.owed_turn, owes.owed_send, owes.owed_hand_over, owes.owed_end`

// owedJoin joins what a conversation c owes.
const owedJoin = `
	cross join lateral (
		select extract(epoch from max(not_before) filter (where what = 'turn') - clock_timestamp())::float8 as owed_turn,
			extract(epoch from max(not_before) filter (where what = 'send') - clock_timestamp())::float8 as owed_send,
			extract(epoch from max(not_before) filter (where what = 'hand-over') - clock_timestamp())::float8 as owed_hand_over,
			extract(epoch from max(not_before) filter (where what = 'end') - clock_timestamp())::float8 as owed_end
		from owed where owed.tenant = c.tenant and owed.conversation_id = c.id) owes`

func (r owedRow) owed() conversation.Owed {
	o := conversation.Owed{Turn: r.Turn != nil, Send: r.Send != nil, HandOver: r.HandOver != nil, End: r.End != nil}
	o.TurnIn, o.SendIn = fromNow(r.Turn), fromNow(r.Send)
	return o
}

// fromNow is a number of seconds as a duration, 0 for the past and for none.
func fromNow(seconds *float64) time.Duration {
	if seconds == nil {
		return 0
	}
	return max(0, time.Duration(*seconds*float64(time.Second)))
}

// ReadSituation reads how a conversation stands and what it owes; sql.ErrNoRows where there is none.
func ReadSituation(ctx context.Context, q sqlx.QueryerContext, c conversation.Ref) (conversation.Situation, error) {
	const query = `
		select ` + Columns + `, ` + owedColumns + ` from conversations c ` + Joins + owedJoin + `
		where c.tenant = $1 and c.id = $2`
	var row struct {
		Row
		owedRow
	}
	if err := sqlx.GetContext(ctx, q, &row, query, c.Tenant, c.Conversation); err != nil {
		return conversation.Situation{}, err
	}
	return conversation.Situation{Standing: row.Standing(), Owed: row.owed()}, nil
}
