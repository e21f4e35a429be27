package standing

import (
	"encoding/json"
	"time"

	"wxdesk/internal/conversation"
	"wxdesk/internal/lifecycle"
	"wxdesk/internal/postgres"
)

// Row is a conversation with everything that says how it stands towards people.
type Row struct {
	Revision     int64                      `db:"revision"`
	State        conversation.State         `db:"state"`
	Holder       conversation.Holder        `db:"holder"`
	Epoch        conversation.Epoch         `db:"epoch"`
	QueueID      conversation.QueueID       `db:"queue_id"`
	QueueName    string                     `db:"queue_name"`
	Overflow     []byte                     `db:"overflow"`
	AgentID      conversation.AgentID       `db:"agent_id"`
	Since        time.Time                  `db:"since"`
	WaitingSince *time.Time                 `db:"waiting_since"`
	WaitUntil    *time.Time                 `db:"wait_until"`
	AutoCloseMS  int64                      `db:"auto_close_ms"`
	LimitMS      int64                      `db:"limit_ms"` // how long it may be in its state; of open, active and wrap-up
	QueuedAt     *time.Time                 `db:"queued_at"`
	OfferID      *conversation.AssignmentID `db:"offer_id"`
	OfferedTo    *conversation.AgentID      `db:"offered_to"`
	Deadline     *time.Time                 `db:"deadline"`
	ShowBy       *time.Time                 `db:"show_by"`
	Ending       conversation.CloseReason   `db:"ending"` // "" if the end is not wished, or has come
}

// Columns are those of a Row, of a conversation c with Joins.
const Columns = `
	c.revision, c.state, c.holder, c.epoch, coalesce(c.queue_id::text, '') as queue_id, coalesce(q.name, '') as queue_name,
	coalesce(i.overflow, q.overflow, '{}') as overflow, coalesce(c.agent_id::text, '') as agent_id, c.since, c.waiting_since, c.wait_until,
	coalesce(w.auto_close_ms, a.idle_close_ms) as auto_close_ms,
	case c.state when 'wrap_up' then w.wrap_up_limit_ms when 'open' then w.open_limit_ms else w.active_limit_ms end as limit_ms, i.queued_at,
	o.id as offer_id, o.agent_id as offered_to, o.deadline, o.show_by,
	case when c.state <> 'closed' then coalesce(c.ending, '') else '' end as ending`

// Joins joins to a conversation c what Columns name.
const Joins = `
	join accounts a on a.tenant = c.tenant and a.id = c.account_id
	left join queues q on q.tenant = c.tenant and q.id = c.queue_id
	` + WorkstreamOf + `
	left join work_items i on i.tenant = c.tenant and i.conversation_id = c.id and i.state = 'waiting'
	left join assignments o on o.tenant = c.tenant and o.conversation_id = c.id and o.state = 'offered'`

// Standing converts the row to a conversation.Standing.
func (r Row) Standing() conversation.Standing {
	s := conversation.Standing{
		Revision: r.Revision, State: r.State, Holder: r.Holder, Epoch: r.Epoch,
		QueueID: r.QueueID, QueueName: r.QueueName, AgentID: r.AgentID,
	}
	if r.WaitingSince != nil {
		s.WaitingSince = r.WaitingSince.UTC()
	}
	if r.OfferID != nil {
		s.Offer = &conversation.Offer{ID: *r.OfferID, AgentID: *r.OfferedTo}
		if r.Deadline != nil {
			s.Offer.Deadline = r.Deadline.UTC()
		}
	}
	s.Due = r.due()
	return s
}

// due lists what falls due while the conversation stands like this. An overflow that cannot be read counts as none: it must not
// stop the conversation.
func (r Row) due() []conversation.Due {
	limit := postgres.Milliseconds(r.LimitMS)
	t := lifecycle.Timing{
		State: r.State, Holder: r.Holder, Since: r.Since, Until: postgres.OrEmpty(r.WaitUntil), Ending: r.Ending != "",
		Deadline: postgres.OrEmpty(r.Deadline), ShowBy: postgres.OrEmpty(r.ShowBy), QueuedAt: postgres.OrEmpty(r.QueuedAt), AutoClose: postgres.Milliseconds(r.AutoCloseMS),
		OpenLimit: limit, ActiveLimit: limit, WrapUpLimit: limit,
	}
	_ = json.Unmarshal(r.Overflow, &t.Overflow)
	return t.Due()
}
