package dev

import (
	"context"
	"errors"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/user"
)

// demoUser is who signs in as the first of the demo's agents.
const demoUser = "王芳"

// makeUser makes the first agent somebody who may sign in.
func (d *demo) makeUser(ctx context.Context) (err error) {
	d.user, err = d.db.Users.UserNamed(ctx, conversation.DefaultTenant, demoUser)
	if !errors.Is(err, conversation.ErrNotFound) {
		return err
	}
	d.made++
	d.user, err = d.db.Users.CreateUser(ctx, d.by, user.User{Name: demoUser, Role: access.RoleAgent, AgentID: d.agents[0].ID})
	return err
}

// demoDesk fills the desk and returns a code that signs the first of its agents in, on this machine; "" if that is not wanted. Nobody
// is at work before they say so.
func (d *system) demoDesk(ctx context.Context) (code string, err error) {
	if !d.cmd.Demo {
		return "", nil
	}
	db, err := d.host.OpenLedger(ctx, d.cfg)
	if err != nil {
		return "", err
	}
	defer db.Close() //nolint:errcheck // nothing is left to be lost
	demo, err := fillDesk(ctx, db, d.host.Operator)
	if err != nil {
		return "", err
	}
	made, _, err := db.Users.MakeLink(ctx, d.host.Operator, demo.user.ID, true)
	return made.Reveal(), err
}
