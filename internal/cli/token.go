package cli

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"
	"time"

	"github.com/google/uuid"

	"wxdesk/internal/access"
	"wxdesk/internal/config"
	"wxdesk/internal/conversation"
)

type tokenCmd struct {
	Create tokenCreateCmd `cmd:"" help:"Create a token and print it, once."`
	List   tokenListCmd   `cmd:"" help:"List the tokens, without their text."`
	Revoke tokenRevokeCmd `cmd:"" help:"Revoke a token; it counts no more from this moment."`
}

type tokenCreateCmd struct {
	Role  access.Role          `required:"" help:"admin, supervisor or agent."`
	Name  string               `required:"" help:"What the token is for."`
	Agent conversation.AgentID `help:"Whose work it does, an agent's id; needed with the role agent."`
	Days  int                  `default:"90" help:"After how many days it expires, 1 to 365."`
}

// Run prints the token alone on standard output.
func (c tokenCreateCmd) Run(ctx context.Context, p Process) error {
	switch {
	case !c.Role.Valid():
		return fmt.Errorf("role %q is none of admin, supervisor, agent", c.Role)
	case c.Role == access.RoleAgent && c.Agent == "":
		return fmt.Errorf("the role agent needs --agent ID")
	case c.Agent != "" && uuid.Validate(string(c.Agent)) != nil:
		return fmt.Errorf("--agent must be a UUID")
	case c.Days < 1 || c.lifetime() > access.MaxTokenLifetime:
		return fmt.Errorf("--days must be 1 to 365")
	}
	return withLedger(ctx, p, func(db *ledger) error {
		token, _, err := db.tokens.CreateToken(ctx, operator, c.Name, c.Role, c.Agent, c.lifetime())
		switch {
		case errors.Is(err, conversation.ErrNotFound):
			return fmt.Errorf("there is no agent with that id; wxdesk agent list shows them")
		case err == nil:
			say(p, "%s", token.Reveal())
		}
		return err
	})
}

func (c tokenCreateCmd) lifetime() time.Duration { return time.Duration(c.Days) * 24 * time.Hour }

type tokenListCmd struct{}

// Run lists the tokens, page by page.
func (tokenListCmd) Run(ctx context.Context, p Process) error {
	const page = 200
	table := tabwriter.NewWriter(p.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tROLE\tNAME\tCREATED\tEXPIRES\tLAST USED\tREVOKED")
	return withLedger(ctx, p, func(db *ledger) error {
		for after := ""; ; {
			tokens, err := db.tokens.ListTokens(ctx, operator.Tenant, after, page)
			if err != nil {
				return err
			}
			for _, t := range tokens {
				after = t.TokenID
				fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", t.TokenID, t.Role, t.Name,
					timeOrDash(t.CreatedAt), timeOrDash(t.ExpiresAt), timeOrDash(t.LastUsedAt), timeOrDash(t.RevokedAt))
			}
			if len(tokens) < page {
				return table.Flush()
			}
		}
	})
}

func timeOrDash(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.UTC().Format(time.RFC3339)
}

type tokenRevokeCmd struct {
	ID string `arg:"" help:"The token's id, as the list shows it."`
}

// Run revokes a token.
func (c tokenRevokeCmd) Run(ctx context.Context, p Process) error {
	return withLedger(ctx, p, func(db *ledger) error { return db.tokens.RevokeToken(ctx, operator, c.ID) })
}

// operator is who acts on the command line.
var operator = access.Actor{Tenant: conversation.DefaultTenant, Name: commandLineActor}

func withLedger(ctx context.Context, p Process, do func(*ledger) error) error {
	cfg, err := settings(p, config.DatabaseURL, config.MasterKeys)
	if err != nil {
		return err
	}
	db, _, err := openLedger(ctx, cfg, nil)
	if err != nil {
		return err
	}
	defer db.close() //nolint:errcheck // nothing is left to be lost
	return do(db)
}
