package setup

import (
	"context"
	"encoding/json"
	"fmt"

	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/routing"
)

// LoadQueues loads every queue with its hours, what waits in it and who works in it.
func LoadQueues(ctx context.Context, tx *postgres.Tx, c conversation.Ref, _ conversation.MessageID, q *routing.Question) error {
	const query = `
		select q.id, q.name, q.priority, q.method, coalesce(q.hours_id::text, '') as hours_id, q.overflow, q.decline_limit, q.is_default,
			q.version, h.name as hours_name, h.time_zone, h.weekly, h.holidays,
			q.empty_alert_at is not null as alerted,
			(select count(*) from work_items i where i.tenant = q.tenant and i.queue_id = q.id and i.state = 'waiting') as waiting,
			(select count(*) from queue_members m join agents g on g.tenant = m.tenant and g.id = m.agent_id
				where m.tenant = q.tenant and m.queue_id = q.id and not g.disabled and g.deleted_at is null) as members
		from queues q left join operating_hours h on h.tenant = q.tenant and h.id = q.hours_id
		where q.tenant = $1 and q.deleted_at is null order by q.id`
	var rows []struct {
		ID           conversation.QueueID `db:"id"`
		Name         string               `db:"name"`
		Priority     int                  `db:"priority"`
		Method       routing.Method       `db:"method"`
		HoursID      routing.HoursID      `db:"hours_id"`
		Overflow     []byte               `db:"overflow"`
		DeclineLimit int                  `db:"decline_limit"`
		Default      bool                 `db:"is_default"`
		Version      int64                `db:"version"`
		HoursName    *string              `db:"hours_name"`
		TimeZone     *string              `db:"time_zone"`
		Weekly       []byte               `db:"weekly"`
		Holidays     []byte               `db:"holidays"`
		Waiting      int                  `db:"waiting"`
		Members      int                  `db:"members"`
		Alerted      bool                 `db:"alerted"`
	}
	if err := tx.SelectContext(ctx, &rows, query, c.Tenant); err != nil {
		return err
	}
	for _, r := range rows {
		now := routing.QueueNow{Queue: routing.Queue{
			Stamp: routing.Stamp{Tenant: c.Tenant, Version: r.Version},
			ID:    r.ID, Name: r.Name, Priority: r.Priority, Method: r.Method, HoursID: r.HoursID, DeclineLimit: r.DeclineLimit, Default: r.Default,
		}, Waiting: r.Waiting, Members: r.Members, Alerted: r.Alerted}
		if err := json.Unmarshal(r.Overflow, &now.Overflow); err != nil {
			return fmt.Errorf("overflow of queue %s: %w", r.ID, err)
		}
		var err error
		if now.Hours, err = HoursOf(r.TimeZone, r.Weekly, r.Holidays); err != nil {
			return err
		}
		if now.Hours != nil {
			now.Hours.Stamp.Tenant, now.Hours.ID, now.Hours.Name = c.Tenant, r.HoursID, *r.HoursName
		}
		q.Queues = append(q.Queues, now)
	}
	return nil
}
