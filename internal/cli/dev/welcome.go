package dev

import (
	"cmp"
	"context"
	"fmt"

	"wxdesk/internal/temporalclient"
	"wxdesk/internal/user"
)

// welcome makes the demo account, once, and tells where the phone page is: from now on messages are taken. Without a simulator there
// is no demo account.
func (d *system) welcome(ctx context.Context) (err error) {
	var callback, code string
	if d.simulate {
		if callback, err = d.demoAccount(ctx); err != nil {
			return fmt.Errorf("make the demo account: %w", err)
		}
		if code, err = d.demoDesk(ctx); err != nil {
			return err
		}
	}
	d.phoneWorks.Store(d.simulate)
	d.host.say("")
	if d.simulate {
		d.host.say("  Phone (write to the demo account)  http://%s/", d.cmd.SimulatorAddr)
	}
	d.sayDesk(code)
	d.host.say("  API                                %s/v1/", d.cfg.LocalURL())
	d.host.say("  Health and metrics                 http://%s/readyz, /metrics", d.cfg.OpsAddr)
	if d.simulate {
		d.host.say("  Callback of the demo account       %s", callback)
	}
	d.host.say("")
	return nil
}

// sayDesk prints how to sign in with a code: a link, or a request where the console is switched off. Without a code it prints nothing.
func (d *system) sayDesk(code string) {
	switch {
	case code == "":
	case d.cfg.Console:
		link := user.LinkURL(cmp.Or(d.cfg.ConsoleURL, d.cfg.LocalURL()), code)
		d.host.say("  Desk of %s (good once, 15 minutes) %s", demoUser, link)
	default:
		d.host.say("  To sign in as %s                 POST {\"code\":\"%s\"} to /v1/session/link (once, within 15 minutes)", demoUser, code)
	}
}

// everythingIsUp waits until everything is up, and prints the addresses.
func (d *system) everythingIsUp(ctx context.Context) error {
	select {
	case <-d.temporalUp:
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := d.waitReady(ctx); err != nil {
		return err
	}
	link, err := d.codecLink(ctx)
	if err != nil {
		return err
	}
	d.host.say("")
	d.host.say("  Everything is up.")
	if d.temporal != nil {
		d.host.say("  Temporal Web UI                    %s", d.temporal.UI())
	}
	if link != "" {
		d.host.say("  and to read payloads there, first  %s", link)
		d.host.say("  (good once, within 15 minutes; then sign in there with an API token)")
	}
	d.host.say("  Limits                             docs/operations.md#limits; bin/wxdesk config has those that are settings")
	d.host.say("")
	d.host.say("  A token for the API:  (set -a; . %s/env; bin/wxdesk token create --role admin --name me)", dir)
	d.host.say("  Stop one process:     bin/wxdesk dev stop worker   (and start it: bin/wxdesk dev start worker)")
	d.host.say("  Logs in %s/log/. Ctrl-C stops everything; the data stays.", dir)
	d.host.say("")
	return nil
}

// codecLink returns a link that signs the reader of this terminal in at the codec endpoint, once; "" if there is no such endpoint.
func (d *system) codecLink(ctx context.Context) (string, error) {
	if d.cfg.CodecOrigin == "" {
		return "", nil
	}
	db, err := d.host.OpenLedger(ctx, d.cfg)
	if err != nil {
		return "", err
	}
	defer db.Close() //nolint:errcheck // nothing is left to be lost
	ticket, err := temporalclient.NewCodecTicket(ctx, db.Sessions, "wxdesk dev")
	return temporalclient.CodecSignIn("http://"+d.cfg.OpsAddr, ticket), err
}
