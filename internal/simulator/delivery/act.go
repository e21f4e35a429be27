package delivery

import (
	"context"
	"strconv"

	"wxdesk/internal/simulator/state"
)

// Act writes down, in one step, what a customer did: the item on the screen, the reply window it opens, the callback to make. It
// then sends the callback, and returns it. An account without an address is not told: then the callback is nil. The caller holds the
// store's lock; f is the customer after the act.
func (c *Courier) Act(a *state.AccountData, f state.Follower, content Content) (*state.Pending, error) {
	id := c.store.NextID()
	created, faults := c.createTime(f)
	f = f.Act(content.Trigger, c.store.Settings(), c.store.Now())
	f.LastTold = created
	it := c.itemOf(a, f.OpenID, content, id)
	done := state.Change{LastID: id, Follower: &f, Shown: []state.Shown{{AppID: a.AppID, OpenID: f.OpenID, Item: it}}, Faults: faults}
	done.Callback = c.Callback(a, f.OpenID, content, created, id)
	if done.Callback != nil {
		done.Callback.N = it.N
	}
	if err := c.store.Commit(done); err != nil {
		return nil, err
	}
	return c.Send(id), nil
}

// itemOf is what the customer's own screen shows of the act.
func (c *Courier) itemOf(a *state.AccountData, openID string, content Content, id int64) state.Item {
	n := 1
	if known, ok := a.Followers[openID]; ok {
		n = len(known.Screen) + 1
	}
	return state.Item{
		N: n, At: c.store.Wall(), From: state.FromCustomer, Channel: state.ByCustomer, Kind: content.Kind, Text: content.Text,
		Fields: content.fields(), Picture: content.Picture, MsgID: strconv.FormatInt(id, 10),
	}
}

// Await returns when the callback has its verdict. It fails if the caller gives up, the simulator is closed or is reset.
func (c *Courier) Await(ctx context.Context, p *state.Pending) error {
	select {
	case <-p.Done():
	case <-ctx.Done():
		return ctx.Err()
	case <-c.store.Context().Done():
		return state.ErrClosed
	}
	if p.Verdict == "" {
		return state.Conflictf("the simulator was reset meanwhile")
	}
	return nil
}
