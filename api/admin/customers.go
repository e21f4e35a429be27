package admin

import (
	"context"

	"wxdesk/api/web"
	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// Customers stores what administrators and supervisors set about customers, for routing. The row of a customer begins with the
// customer's first message.
type Customers interface {
	Customer(ctx context.Context, t conversation.Tenant, id conversation.CustomerID) (routing.Customer, error)
	UpdateCustomer(ctx context.Context, by access.Actor, c routing.Customer) (routing.Customer, error)
}

// SeenCustomers reads customers for those who see only some of them.
type SeenCustomers interface {
	// SeenCustomer reads a customer. An agent may read it if they may see one of the customer's conversations. It returns ErrNotFound
	// when there is no such customer that the viewer may see.
	SeenCustomer(ctx context.Context, v access.Viewer, id conversation.CustomerID) (routing.Customer, error)
}

// regularView is a customer as those see them who decide where they are routed.
type regularView struct {
	ID                string   `json:"id" format:"uuid"`
	AccountID         string   `json:"account_id" format:"uuid"`
	Following         bool     `json:"following" doc:"The customer follows the account"`
	PreferredAgentIDs []string `json:"preferred_agent_ids" nullable:"false" doc:"Who is asked first, in order"`
	Tags              []string `json:"tags" nullable:"false" doc:"customer.tags in rules"`
	StampView
}

func viewRegular(c routing.Customer) regularView {
	return regularView{
		ID: string(c.ID), AccountID: string(c.AccountID), Following: c.Following,
		PreferredAgentIDs: web.Texts(c.Preferred), Tags: c.Tags, StampView: viewStamp(c.Stamp),
	}
}

func (a *Admin) GetCustomer(ctx context.Context, in *ResourcePath) (*resourceAnswer[regularView], error) {
	c, err := a.cfg.SeenCustomers.SeenCustomer(ctx, web.CallerOf(ctx).Viewer(), conversation.CustomerID(in.ID))
	return answerResource(c, err, viewRegular)
}

type customerChange struct {
	PreferredAgentIDs *[]string `json:"preferred_agent_ids,omitempty" maxItems:"3" doc:"Replaces all; in order. Each is asked before all others where they work in the queue, their presence allows it and they have room, whatever their skills"`
	Tags              *[]string `json:"tags,omitempty" maxItems:"20" doc:"Replaces all"`
}

func (a *Admin) ChangeCustomer(ctx context.Context, in *changing[customerChange]) (*resourceAnswer[regularView], error) {
	who := web.CallerOf(ctx)
	changed, err := changeResource(in.IfMatch,
		func() (routing.Customer, error) {
			return a.cfg.Setup.Customer(ctx, who.Tenant, conversation.CustomerID(in.ID))
		},
		func(c *routing.Customer) []web.Fault {
			set(&c.Tags, in.Body.Tags)
			faults := setIDs(&c.Preferred, in.Body.PreferredAgentIDs, "preferred_agent_ids")
			return append(faults, bodyFaults(routing.CheckCustomer(*c))...)
		},
		func(c routing.Customer) (routing.Customer, error) {
			return a.cfg.Setup.UpdateCustomer(ctx, who.Actor(), c)
		})
	return answerResource(changed, err, viewRegular)
}
