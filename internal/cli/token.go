package cli

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"

	"wxdesk/internal/config"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
)

type tokenCmd struct {
	Create tokenCreateCmd `cmd:"" help:"Create a token and print it, once."`
	List   tokenListCmd   `cmd:"" help:"List the tokens, without their text."`
	Revoke tokenRevokeCmd `cmd:"" help:"Revoke a token; it counts no more from this moment."`
}

type tokenCreateCmd struct {
	Role  conversation.Role    `required:"" help:"admin, supervisor, agent or bot."`
	Name  string               `required:"" help:"What the token is for."`
	Agent conversation.AgentID `help:"The agent's id, a UUID; with the role agent."`
}

// Run prints the token alone on standard output.
func (c tokenCreateCmd) Run(ctx context.Context, p Process) error {
	switch {
	case !c.Role.Valid():
		return fmt.Errorf("role %q is none of admin, supervisor, agent, bot", c.Role)
	case c.Role == conversation.RoleAgent && c.Agent == "":
		return fmt.Errorf("the role agent needs --agent ID")
	case c.Role != conversation.RoleAgent && c.Agent != "":
		return fmt.Errorf("--agent goes with the role agent only")
	case c.Agent != "" && uuid.Validate(string(c.Agent)) != nil:
		return fmt.Errorf("--agent must be a UUID")
	}
	return withLedger(ctx, p, func(db *postgres.DB) error {
		token, _, err := db.CreateToken(ctx, operator, c.Name, c.Role, c.Agent)
		switch {
		case errors.Is(err, conversation.ErrNotFound):
			return fmt.Errorf("there is no agent with that id; wxdesk agent list shows them")
		case err == nil:
			say(p, "%s", token.Reveal())
		}
		return err
	})
}

type tokenListCmd struct{}

// Run lists the tokens.
func (tokenListCmd) Run(ctx context.Context, p Process) error {
	return withLedger(ctx, p, func(db *postgres.DB) error {
		tokens, err := db.ListTokens(ctx, operator.Tenant)
		if err != nil {
			return err
		}
		table := tabwriter.NewWriter(p.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "ID\tROLE\tNAME\tCREATED\tREVOKED")
		for _, t := range tokens {
			revoked := "-"
			if !t.RevokedAt.IsZero() {
				revoked = t.RevokedAt.UTC().Format(time.RFC3339)
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", t.TokenID, t.Role, t.Name, t.CreatedAt.UTC().Format(time.RFC3339), revoked)
		}
		return table.Flush()
	})
}

type tokenRevokeCmd struct {
	ID string `arg:"" help:"The token's id, as the list shows it."`
}

// Run revokes a token.
func (c tokenRevokeCmd) Run(ctx context.Context, p Process) error {
	return withLedger(ctx, p, func(db *postgres.DB) error { return db.RevokeToken(ctx, operator, c.ID) })
}

// operator is who acts on the command line.
var operator = conversation.Actor{Tenant: conversation.DefaultTenant, Name: commandLineActor}

func withLedger(ctx context.Context, p Process, do func(*postgres.DB) error) error {
	cfg, err := settings(p, config.DatabaseURL, config.MasterKeys)
	if err != nil {
		return err
	}
	db, _, err := openLedger(ctx, cfg)
	if err != nil {
		return err
	}
	defer db.Close() //nolint:errcheck // nothing is left to be lost
	return do(db)
}
