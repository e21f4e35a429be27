package dev

import (
	"cmp"
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
	d.user, err = d.db.Users.CreateUser(ctx, d.by, user.User{Name: demoUser, Role: access.RoleAgent, AgentID: d.agents[0].ID, Locale: "zh-CN"})
	return err
}

// demoDesk fills the desk and returns a link that signs the first of its agents in, on this machine; "" where that is not wished. Nobody
// is at work before they say so.
func (d *system) demoDesk(ctx context.Context) (link string, err error) {
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
	code, _, err := db.Users.MakeLink(ctx, d.host.Operator, demo.user.ID, true)
	return user.LinkURL(cmp.Or(d.cfg.ConsoleURL, "http://"+d.cfg.HTTPAddr), code.Reveal()), err
}
