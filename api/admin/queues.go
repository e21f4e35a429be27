package admin

import (
	"context"

	"wxdesk/api/web"
	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// Queues stores the queues in which conversations wait for agents.
type Queues interface {
	CreateQueue(ctx context.Context, by access.Actor, q routing.Queue) (routing.Queue, error)
	Queue(ctx context.Context, t conversation.Tenant, id conversation.QueueID) (routing.Queue, error)
	ListQueues(ctx context.Context, t conversation.Tenant, after conversation.QueueID, limit int) ([]routing.Queue, error)
	UpdateQueue(ctx context.Context, by access.Actor, q routing.Queue) (routing.Queue, error)
	DeleteQueue(ctx context.Context, by access.Actor, id conversation.QueueID) error

	// QueueMembers lists a queue's agents, and the queue's version with them.
	QueueMembers(ctx context.Context, t conversation.Tenant, id conversation.QueueID) ([]conversation.AgentID, int64, error)
	// SetQueueMembers makes these the members, all of them, if the queue's version is still version (ErrVersion
	// otherwise).
	SetQueueMembers(ctx context.Context, by access.Actor, id conversation.QueueID, version int64, members []conversation.AgentID) (routing.Queue, error)
}

// queueView is a queue as the API shows it.
type queueView struct {
	ID           string           `json:"id" format:"uuid"`
	Name         string           `json:"name"`
	Priority     int              `json:"priority" doc:"Smaller is served first"`
	Method       routing.Method   `json:"method" enum:"highest_capacity,round_robin,least_active,custom" doc:"Which of the agents that fit is asked"`
	HoursID      *string          `json:"hours_id" format:"uuid" doc:"null: always open"`
	Overflow     routing.Overflow `json:"overflow"`
	DeclineLimit int              `json:"decline_limit" doc:"How often one agent may decline one conversation before it is not offered to them again"`
	Default      bool             `json:"default"`
	StampView
}

func viewQueue(q routing.Queue) queueView {
	return queueView{
		ID: string(q.ID), Name: q.Name, Priority: q.Priority, Method: q.Method, HoursID: web.OrNull(string(q.HoursID)),
		Overflow: q.Overflow, DeclineLimit: q.DeclineLimit, Default: q.Default, StampView: viewStamp(q.Stamp),
	}
}

type newQueue struct {
	Name         string               `json:"name" minLength:"1" maxLength:"100"`
	Priority     int                  `json:"priority,omitempty" minimum:"1" maximum:"1000000" default:"100" doc:"Smaller is served first"`
	Method       routing.Method       `json:"method,omitempty" enum:"highest_capacity,round_robin,least_active,custom" default:"highest_capacity"`
	HoursID      web.Optional[string] `json:"hours_id,omitempty" format:"uuid" doc:"Absent or null: always open"`
	Overflow     *routing.Overflow    `json:"overflow,omitempty"`
	DeclineLimit int                  `json:"decline_limit,omitempty" minimum:"1" maximum:"5" default:"3"`
}

func (a *Admin) CreateQueue(ctx context.Context, in *struct{ Body newQueue }) (*resourceCreated[queueView], error) {
	b := in.Body
	q := routing.Queue{
		Name: b.Name, Priority: b.Priority, Method: b.Method, HoursID: routing.HoursID(b.HoursID.Value), DeclineLimit: b.DeclineLimit,
	}
	set(&q.Overflow, b.Overflow)
	if faults := queueFaults(q); len(faults) > 0 {
		return nil, web.Invalid.Problem(faults...)
	}
	created, err := a.cfg.Setup.CreateQueue(ctx, web.CallerOf(ctx).Actor(), q)
	if err != nil {
		return nil, err
	}
	return answerCreated(created, "/v1/queues/"+string(created.ID), viewQueue), nil
}

// queueFaults tells what is wrong with a queue's settings.
func queueFaults(q routing.Queue) []web.Fault {
	faults := bodyFaults(routing.CheckQueue(q))
	for name, action := range overflowActions(q.Overflow) {
		if action.QueueID != "" && !web.IsUUID(string(action.QueueID)) {
			faults = append(faults, web.FaultAt("body.overflow."+name+".queue_id", "expected a UUID in lower case"))
		}
	}
	return faults
}

// overflowActions are the actions of an overflow by the name of their condition.
func overflowActions(o routing.Overflow) map[string]*routing.OverflowAction {
	actions := map[string]*routing.OverflowAction{}
	if o.OutOfHours != nil {
		actions["out_of_hours"] = o.OutOfHours
	}
	if o.Full != nil {
		actions["full"] = &o.Full.OverflowAction
	}
	if o.Wait != nil {
		actions["wait"] = &o.Wait.OverflowAction
	}
	return actions
}

func (a *Admin) ListQueues(ctx context.Context, in *web.PageQuery) (*resourcePage[queueView], error) {
	return listResources(ctx, a, "queues", *in, func(ctx context.Context, t conversation.Tenant, after string, limit int) ([]routing.Queue, error) {
		return a.cfg.Setup.ListQueues(ctx, t, conversation.QueueID(after), limit)
	}, func(q routing.Queue) string { return string(q.ID) }, viewQueue)
}

func (a *Admin) GetQueue(ctx context.Context, in *ResourcePath) (*resourceAnswer[queueView], error) {
	q, err := a.cfg.Setup.Queue(ctx, web.CallerOf(ctx).Tenant, conversation.QueueID(in.ID))
	return answerResource(q, err, viewQueue)
}

type queueChange struct {
	Name         *string              `json:"name,omitempty" minLength:"1" maxLength:"100"`
	Priority     *int                 `json:"priority,omitempty" minimum:"1" maximum:"1000000"`
	Method       *routing.Method      `json:"method,omitempty" enum:"highest_capacity,round_robin,least_active,custom"`
	HoursID      web.Optional[string] `json:"hours_id,omitempty" format:"uuid" doc:"Absent: unchanged; null: always open"`
	Overflow     *routing.Overflow    `json:"overflow,omitempty" doc:"Replaces the whole overflow"`
	DeclineLimit *int                 `json:"decline_limit,omitempty" minimum:"1" maximum:"5"`
}

func (a *Admin) ChangeQueue(ctx context.Context, in *changing[queueChange]) (*resourceAnswer[queueView], error) {
	who, b := web.CallerOf(ctx), in.Body
	changed, err := changeResource(in.IfMatch,
		func() (routing.Queue, error) {
			return a.cfg.Setup.Queue(ctx, who.Tenant, conversation.QueueID(in.ID))
		},
		func(q *routing.Queue) []web.Fault {
			set(&q.Name, b.Name)
			set(&q.Priority, b.Priority)
			set(&q.Method, b.Method)
			set(&q.Overflow, b.Overflow)
			set(&q.DeclineLimit, b.DeclineLimit)
			if b.HoursID.Given {
				q.HoursID = routing.HoursID(b.HoursID.Value)
			}
			return queueFaults(*q)
		},
		func(q routing.Queue) (routing.Queue, error) { return a.cfg.Setup.UpdateQueue(ctx, who.Actor(), q) })
	return answerResource(changed, err, viewQueue)
}

func (a *Admin) DeleteQueue(ctx context.Context, in *ResourcePath) (*struct{}, error) {
	return nil, a.cfg.Setup.DeleteQueue(ctx, web.CallerOf(ctx).Actor(), conversation.QueueID(in.ID))
}
