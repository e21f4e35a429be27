package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"

	"wxdesk/api"
	"wxdesk/api/admin"
	"wxdesk/api/callback"
	"wxdesk/internal/access"
	"wxdesk/internal/config"
	"wxdesk/internal/conversation"
	"wxdesk/internal/outbound"
	"wxdesk/internal/wechat/wxapi"
)

// accountCmd keeps official accounts by the rules of the HTTP API: it asks the API's own handler, in this process, so no
// API has to run. Input and output are the API's JSON.
type accountCmd struct {
	Create accountCreateCmd `cmd:"" help:"Create an account from JSON, as POST /v1/accounts takes it."`
	List   accountListCmd   `cmd:"" help:"List the accounts."`
	Show   accountShowCmd   `cmd:"" help:"Show an account."`
	Update accountUpdateCmd `cmd:"" help:"Change an account by JSON, as PATCH /v1/accounts/{id} takes it."`
	Delete accountDeleteCmd `cmd:"" help:"Delete an account; its conversations stay readable."`

	Validate accountValidateCmd `cmd:"" help:"Try out an account: its credentials at WeChat, and its callback through the public URL."`
	Callback accountCallbackCmd `cmd:"" help:"Print what to enter in WeChat's console."`
}

type accountCreateCmd struct {
	File string `help:"File with the JSON; - for standard input, where secrets leave no trace." default:"-"`
}

// Run creates an account.
func (c accountCreateCmd) Run(ctx context.Context, p Process) error {
	return askAPI(ctx, p, http.MethodPost, "/v1/accounts", c.File)
}

type accountListCmd struct {
	Cursor string `help:"The next of the page before."`
}

// Run lists accounts.
func (c accountListCmd) Run(ctx context.Context, p Process) error {
	return askAPI(ctx, p, http.MethodGet, "/v1/accounts?limit=200&cursor="+c.Cursor, "")
}

type accountShowCmd struct {
	ID string `arg:"" help:"The account's id."`
}

// Run shows an account.
func (c accountShowCmd) Run(ctx context.Context, p Process) error {
	return askAPI(ctx, p, http.MethodGet, "/v1/accounts/"+c.ID, "")
}

type accountUpdateCmd struct {
	ID   string `arg:"" help:"The account's id."`
	File string `help:"File with the JSON; - for standard input, where secrets leave no trace." default:"-"`
}

// Run changes an account.
func (c accountUpdateCmd) Run(ctx context.Context, p Process) error {
	return askAPI(ctx, p, http.MethodPatch, "/v1/accounts/"+c.ID, c.File)
}

type accountDeleteCmd struct {
	ID string `arg:"" help:"The account's id."`
}

// Run deletes an account.
func (c accountDeleteCmd) Run(ctx context.Context, p Process) error {
	return askAPI(ctx, p, http.MethodDelete, "/v1/accounts/"+c.ID, "")
}

// commandLine is the caller that the API sees behind the command line. A person who has the database and the master keys may do
// everything.
type commandLine struct{ credentials }

const commandLineActor = "cli"

func (commandLine) Authenticate(context.Context, [32]byte) (access.Principal, error) {
	return access.Principal{
		Tenant: conversation.DefaultTenant, TokenID: commandLineActor, Name: commandLineActor, Role: access.RoleAdmin,
	}, nil
}

// askAPI performs one request of the accounts' API in this process and prints the answer.
func askAPI(ctx context.Context, p Process, method, target, file string) error {
	got, err := callAPI(ctx, p, method, target, file)
	if err != nil {
		return err
	}
	return got.show(p)
}

// callAPI performs one request of the accounts' API in this process.
func callAPI(ctx context.Context, p Process, method, target, file string) (*answer, error) {
	cfg, err := settings(p, config.DatabaseURL, config.MasterKeys)
	if err != nil {
		return nil, err
	}
	body, err := input(p, file)
	if err != nil {
		return nil, err
	}
	db, ring, err := openLedger(ctx, cfg, nil)
	if err != nil {
		return nil, err
	}
	defer db.close() //nolint:errcheck // nothing is left to be lost
	handler := api.New(api.Config{
		Callback: callback.Ports{Accounts: db.accounts, Records: db.intake},
		Admin: admin.Ports{
			Accounts: db.accounts, AccountChecks: db.accounts, CallbackRecords: db.intake, Platform: platform(cfg, db.accounts), Bots: db.accounts,
			FAQ: db.accounts, Setup: db.setup, SeenCustomers: db.view, Agents: db.agents, RoutingPlans: db.decision, Tokens: db.tokens,
		},
		Tokens: commandLine{credentials{db.tokens, db.users}}, Audit: db.audit, MayCall: outbound.Guard{AllowPrivate: cfg.AllowPrivate}.Check,
		PublicURL: cfg.PublicURL, HTTP: wxapi.NewHTTPClient(cfg.AllowPrivate), EgressIPs: cfg.EgressIPs,
		CursorKey: ring.Derive(cursorLabel),
	}).Handler()

	req, err := http.NewRequestWithContext(ctx, method, cfg.PublicURL+target, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+commandLineActor)
	req.Header.Set("Content-Type", "application/json")
	got := &answer{header: http.Header{}, code: http.StatusOK}
	handler.ServeHTTP(got, req)
	return got, nil
}

// answer is an http.ResponseWriter that keeps what is written.
type answer struct {
	header http.Header
	code   int
	body   bytes.Buffer
}

func (a *answer) Header() http.Header { return a.header }

func (a *answer) WriteHeader(code int) { a.code = code }

func (a *answer) Write(b []byte) (int, error) { return a.body.Write(b) }

func (a *answer) succeeded() bool { return a.code/100 == 2 }

func input(p Process, file string) ([]byte, error) {
	switch file {
	case "":
		return nil, nil
	case "-":
		return io.ReadAll(p.Stdin)
	}
	return os.ReadFile(file) //nolint:gosec // the caller's own choice
}

// show prints a success to standard output, a problem document as sentences to standard error.
func (a *answer) show(p Process) error {
	if a.succeeded() {
		var pretty bytes.Buffer
		if a.body.Len() > 0 && json.Indent(&pretty, a.body.Bytes(), "", "  ") == nil {
			say(p, "%s", bytes.TrimSpace(pretty.Bytes()))
		}
		return nil
	}
	var problem struct {
		Title  string
		Detail string
		Errors []struct{ Location, Message string }
	}
	if err := json.Unmarshal(a.body.Bytes(), &problem); err != nil {
		return fmt.Errorf("the API answered %d", a.code)
	}
	for _, e := range problem.Errors {
		fmt.Fprintf(p.Stderr, "wxdesk: %s: %s\n", e.Location, e.Message)
	}
	return fmt.Errorf("%s: %s", problem.Title, problem.Detail)
}
