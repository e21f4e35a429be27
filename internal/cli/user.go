package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/google/uuid"

	"wxdesk/internal/access"
	"wxdesk/internal/config"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/users"
	"wxdesk/internal/routing"
	"wxdesk/internal/user"
)

type userCmd struct {
	Create  userCreateCmd  `cmd:"" help:"Create a user, and print a link that signs them in once."`
	Link    userLinkCmd    `cmd:"" help:"Print another link, which signs a user in once within 15 minutes."`
	List    userListCmd    `cmd:"" help:"List the users."`
	Disable userDisableCmd `cmd:"" help:"Let a user sign in no more, and end what they have open."`
	Enable  userEnableCmd  `cmd:"" help:"Let a user sign in again."`
	Delete  userDeleteCmd  `cmd:"" help:"Remove a user; what they wrote stays under their name."`
}

type userCreateCmd struct {
	Name   string               `required:"" help:"What they sign in with, and what colleagues see."`
	Role   access.Role          `required:"" help:"admin, supervisor or agent."`
	Agent  conversation.AgentID `help:"Whose work they do, an agent's id; needed with the role agent."`
	Locale string               `enum:"zh-CN,en," default:"" help:"zh-CN or en; without it, what their browser says."`
}

// Run prints the link alone on standard output.
func (c userCreateCmd) Run(ctx context.Context, p Process) error {
	switch {
	case !user.ValidName(c.Name):
		return fmt.Errorf("--name must have 1 to 100 characters, no control character, and no space at either end")
	case !c.Role.Valid():
		return fmt.Errorf("role %q is none of admin, supervisor, agent", c.Role)
	case c.Role == access.RoleAgent && c.Agent == "":
		return fmt.Errorf("the role agent needs --agent ID")
	case c.Agent != "" && uuid.Validate(string(c.Agent)) != nil:
		return fmt.Errorf("--agent must be a UUID")
	}
	return withUsers(ctx, p, func(db *users.DB, console string) error {
		u, err := db.CreateUser(ctx, operator, user.User{Name: c.Name, Role: c.Role, AgentID: c.Agent, Locale: c.Locale})
		switch _, unknown := errors.AsType[*routing.UnknownError](err); {
		case unknown:
			return fmt.Errorf("there is no agent with that id; wxdesk agent list shows them")
		case errors.Is(err, conversation.ErrExists):
			return fmt.Errorf("another user has that name, or is that agent; wxdesk user list shows them")
		case err != nil:
			return err
		}
		return printLink(ctx, p, db, console, u)
	})
}

// printLink prints a link for a user.
func printLink(ctx context.Context, p Process, db *users.DB, console string, u user.User) error {
	code, _, err := db.MakeLink(ctx, operator, u.ID, false)
	if err == nil {
		say(p, "%s", user.LinkURL(console, code.Reveal()))
	}
	return err
}

type userLinkCmd struct {
	Name string `arg:"" help:"The user's name, as the list shows it."`
}

// Run prints the link alone on standard output. Earlier links of the user no longer count.
func (c userLinkCmd) Run(ctx context.Context, p Process) error {
	return withUser(ctx, p, c.Name, func(db *users.DB, console string, u user.User) error {
		if u.Disabled {
			return fmt.Errorf("%s is disabled; wxdesk user enable lets them sign in again", u.Name)
		}
		return printLink(ctx, p, db, console, u)
	})
}

type userListCmd struct{}

// Run lists the users, page by page.
func (userListCmd) Run(ctx context.Context, p Process) error {
	const page = 200
	table := tabwriter.NewWriter(p.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "ID\tNAME\tROLE\tAGENT\tPASSWORD\tLAST SIGN-IN\tDISABLED")
	return withUsers(ctx, p, func(db *users.DB, _ string) error {
		for after := user.ID(""); ; {
			users, err := db.ListUsers(ctx, operator.Tenant, after, page)
			if err != nil {
				return err
			}
			for _, u := range users {
				after = u.ID
				fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%t\t%s\t%t\n", u.ID, u.Name, u.Role, cmp.Or(u.AgentID, "-"), u.HasPassword, timeOrDash(u.LastSignInAt), u.Disabled)
			}
			if len(users) < page {
				return table.Flush()
			}
		}
	})
}

type userDisableCmd struct {
	Name string `arg:"" help:"The user's name, as the list shows it."`
}

// Run ends the user's sessions too, and with them their event streams.
func (c userDisableCmd) Run(ctx context.Context, p Process) error {
	return setDisabled(ctx, p, c.Name, true)
}

type userEnableCmd struct {
	Name string `arg:"" help:"The user's name, as the list shows it."`
}

// Run lets a user sign in again, with the password that they had.
func (c userEnableCmd) Run(ctx context.Context, p Process) error {
	return setDisabled(ctx, p, c.Name, false)
}

func setDisabled(ctx context.Context, p Process, name string, disabled bool) error {
	return withUser(ctx, p, name, func(db *users.DB, _ string, u user.User) error {
		u.Disabled = disabled
		_, err := db.UpdateUser(ctx, operator, u)
		return lastAdmin(err)
	})
}

type userDeleteCmd struct {
	Name string `arg:"" help:"The user's name, as the list shows it."`
}

// Run removes a user.
func (c userDeleteCmd) Run(ctx context.Context, p Process) error {
	return withUser(ctx, p, c.Name, func(db *users.DB, _ string, u user.User) error {
		return lastAdmin(db.DeleteUser(ctx, operator, u.ID))
	})
}

func lastAdmin(err error) error {
	if errors.Is(err, user.ErrLastAdmin) {
		return fmt.Errorf("there would be no administrator left; make another one first")
	}
	return err
}

// withUsers opens the ledger, and says where links lead.
func withUsers(ctx context.Context, p Process, do func(db *users.DB, console string) error) error {
	cfg, err := settings(p, config.DatabaseURL, config.MasterKeys)
	if err != nil {
		return err
	}
	return withLedger(ctx, p, func(db *ledger) error { return do(db.users, cmp.Or(cfg.ConsoleURL, cfg.PublicURL)) })
}

// withUser is withUsers for one of them.
func withUser(ctx context.Context, p Process, name string, do func(db *users.DB, console string, u user.User) error) error {
	return withUsers(ctx, p, func(db *users.DB, console string) error {
		u, err := db.UserNamed(ctx, operator.Tenant, name)
		if errors.Is(err, conversation.ErrNotFound) {
			return fmt.Errorf("there is no user with that name; wxdesk user list shows them")
		}
		if err != nil {
			return err
		}
		return do(db, console, u)
	})
}
