package transcript

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"

	"wxdesk/internal/bot"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/sealing"
)

// exchangeRow is a part of one of the last turns that a bot answered: the customer's message, or a part of the answer.
type exchangeRow struct {
	Pace   bool                `db:"pace"` // answered within the bot.LoopWindow
	ID     string              `db:"id"`
	Author conversation.Author `db:"author"`
	Kind   string              `db:"kind"`
	Body   []byte              `db:"body"`
}

// readRecentExchanges reads the bot's last answers in this epoch and what they answered.
func readRecentExchanges(ctx context.Context, q sqlx.QueryerContext, c conversation.Ref, epoch conversation.Epoch, seal sealing.Customer) (bot.RecentExchanges, error) {
	const query = `
		select l.answered_at > clock_timestamp() - make_interval(secs => $4) as pace, m.id, m.author, m.kind, m.body
		from (
			select turn_id, answered_at from turns where tenant = $1 and conversation_id = $2 and epoch = $3
			order by answered_at desc limit $5
		) l
		cross join lateral (
			select id, author, kind, body, -1 as part from messages where tenant = $1 and id = l.turn_id
			union all
			select id, author, kind, body, turn_part from messages
			where tenant = $1 and conversation_id = $2 and turn_id = l.turn_id and author = 'bot'
		) m
		order by l.answered_at desc, l.turn_id, m.part`
	var rows []exchangeRow
	window := bot.LoopWindow / time.Second
	if err := sqlx.SelectContext(ctx, q, &rows, query, c.Tenant, c.Conversation, epoch, window, bot.LoopPace); err != nil {
		return bot.RecentExchanges{}, err
	}
	return recentExchangesOf(rows, seal), nil
}

// recentExchangesOf counts turns and opens those that may repeat each other. Each begins with the customer's message.
func recentExchangesOf(rows []exchangeRow, seal sealing.Customer) (l bot.RecentExchanges) {
	turns := 0
	for _, row := range rows {
		begins := row.Author == conversation.AuthorCustomer
		if begins {
			turns++
			if row.Pace {
				l.Answers++
			}
		}
		if turns >= bot.LoopLength {
			continue
		}
		said, err := seal.OpenBody(row.ID, row.Body)
		if err != nil { // it repeats nothing then, and the customer is answered anyway
			said = sealing.Body{Text: row.ID}
		}
		if begins {
			l.Exchanges = append(l.Exchanges, bot.Exchange{Kind: row.Kind, Text: said.Question()})
			continue
		}
		last := &l.Exchanges[len(l.Exchanges)-1]
		last.Answer = append(last.Answer, said.Text)
	}
	return l
}
