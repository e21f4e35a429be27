package cli

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"

	"wxdesk/internal/account"
	"wxdesk/internal/callback"
	"wxdesk/internal/config"
	"wxdesk/internal/conversation"
	"wxdesk/internal/temporalclient"
)

// quarantineCmd is for authentic callbacks that could not be read. They are not lost: once the key or the bug is repaired, they go to
// their conversations.
type quarantineCmd struct {
	List    quarantineListCmd    `cmd:"" help:"List what waits in quarantine, never what it says."`
	Redrive quarantineRedriveCmd `cmd:"" help:"Open it again with the keys of today, and hand it to its conversation. Doing so twice has no effect."`
}

type quarantineListCmd struct {
	Account conversation.AccountID `help:"Only of this account."`
	Reason  string                 `help:"Only what is there for this reason."`
}

// Run lists the quarantine.
func (c quarantineListCmd) Run(ctx context.Context, p Process) error {
	return withLedger(ctx, p, func(db *ledger) error {
		rows, err := db.intake.Quarantined(ctx, operator.Tenant, callback.QuarantineFilter{AccountID: c.Account, Reason: c.Reason})
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(p.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "DELIVERY\tACCOUNT\tREASON\tRECEIVED\tHANDED OVER")
		for _, q := range rows {
			handed := "-"
			if q.HandedAt != nil {
				handed = q.HandedAt.UTC().Format(time.RFC3339)
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", q.DeliveryID, q.AccountID, q.Reason, q.ReceivedAt.UTC().Format(time.RFC3339), handed)
		}
		return table.Flush()
	})
}

type quarantineRedriveCmd struct {
	ID      string                 `help:"This delivery."`
	Reason  string                 `help:"What is there for this reason."`
	All     bool                   `help:"All of it."`
	Account conversation.AccountID `help:"Only of this account."`
}

// Run hands over what can be read now. Callbacks that still cannot be read stay, and are listed with the reason; the exit code is
// then 1.
func (c quarantineRedriveCmd) Run(ctx context.Context, p Process) (err error) {
	if err := c.check(); err != nil {
		return err
	}
	cfg, err := settings(p, config.DatabaseURL, config.MasterKeys)
	if err != nil {
		return err
	}
	db, _, err := openLedger(ctx, cfg, nil)
	if err != nil {
		return err
	}
	defer db.close() //nolint:errcheck // nothing is left to be lost
	r, leave, err := newRedrive(cfg, db)
	if err != nil {
		return err
	}
	defer leave()
	rows, err := db.intake.Quarantined(ctx, operator.Tenant, callback.QuarantineFilter{AccountID: c.Account, DeliveryID: c.ID, Reason: c.Reason})
	if err != nil {
		return err
	}
	if c.ID != "" && len(rows) == 0 {
		return fmt.Errorf("delivery %s does not wait in quarantine", c.ID)
	}
	handed, stay := 0, 0
	for _, q := range rows {
		switch stays, err := r.one(ctx, q); {
		case err != nil:
			return fmt.Errorf("delivery %s: %w; %d were handed over before it", q.DeliveryID, err, handed)
		case stays != "":
			stay++
			say(p, "%s  stays: %s", q.DeliveryID, stays)
		default:
			handed++
			say(p, "%s  handed over", q.DeliveryID)
		}
	}
	say(p, "%d handed over, %d stay", handed, stay)
	if stay > 0 {
		return errReported
	}
	return nil
}

func (c quarantineRedriveCmd) check() error {
	chosen := 0
	for _, yes := range []bool{c.ID != "", c.Reason != "", c.All} {
		if yes {
			chosen++
		}
	}
	switch {
	case chosen != 1:
		return errors.New("say what to redrive: one of --id, --reason, --all")
	case c.ID != "" && uuid.Validate(c.ID) != nil:
		return errors.New("--id must be a delivery's id, as the list shows it")
	}
	return nil
}

func newRedrive(cfg config.Config, db *ledger) (*redrive, func(), error) {
	temporal, _, err := temporalOf(cfg)
	if err != nil {
		return nil, nil, err
	}
	return &redrive{
		db:    db,
		inbox: &temporalclient.Conversations{Client: temporal, ContinueAt: cfg.ContinueAfter},
		keys:  map[conversation.AccountID]account.CallbackKeys{},
	}, temporal.Close, nil
}
