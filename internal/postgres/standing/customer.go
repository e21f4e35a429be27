package standing

import (
	"time"

	"wxdesk/internal/bot"
	"wxdesk/internal/conversation"
)

// CustomerRow is a customer with what Receive and MarkSending need.
type CustomerRow struct {
	ID        conversation.CustomerID `db:"id"`
	DataKey   []byte                  `db:"data_key"`
	OpenID    []byte                  `db:"openid"`
	Following bool                    `db:"following"`
	AllowanceRow

	// Of the account.
	IdleCloseMS int64    `db:"idle_close_ms"`
	BotKind     bot.Kind `db:"bot_kind"` // empty without a bot
}

// AllowanceRow is a customer's reply allowance, and Postgres's time to judge it by.
type AllowanceRow struct {
	MessageUntil *time.Time `db:"message_until"`
	MessageLeft  int        `db:"message_left"`
	TapUntil     *time.Time `db:"tap_until"`
	TapLeft      int        `db:"tap_left"`
	Now          time.Time  `db:"now"`
}

// CustomerColumns are those of a CustomerRow that a customer u has.
const CustomerColumns = `
	u.id, u.data_key, u.openid, u.following, u.message_until, u.message_left, u.tap_until, u.tap_left, clock_timestamp() as now`

// Allowance converts the row to a conversation.Allowance.
func (r AllowanceRow) Allowance() conversation.Allowance {
	a := conversation.Allowance{MessageLeft: r.MessageLeft, TapLeft: r.TapLeft}
	if r.MessageUntil != nil {
		a.MessageUntil = *r.MessageUntil
	}
	if r.TapUntil != nil {
		a.TapUntil = *r.TapUntil
	}
	return a
}
