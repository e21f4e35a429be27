package cli_test

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/cli"
	"wxdesk/internal/devstack"
	"wxdesk/internal/postgres"
	"wxdesk/internal/secret"
)

func TestMain(m *testing.M) { os.Exit(devstack.Main(m)) }

// result is what a command line came to.
type result struct {
	code        int
	out, errors string
}

func run(stdin string, environ []string, args ...string) result {
	var out, errs bytes.Buffer
	code := cli.Run(context.Background(), args, cli.Process{
		Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &errs, Environ: environ,
	})
	return result{code, out.String(), errs.String()}
}

// ledger is the settings of a migrated database of the test's own.
func ledger(t *testing.T) []string {
	t.Helper()
	dsn := devstack.TestDatabase(t, "cli", func(ctx context.Context, dsn string) error {
		_, err := postgres.Migrate(ctx, dsn)
		return err
	})
	return []string{
		"DATABASE_URL=" + dsn, "WXDESK_MASTER_KEYS=" + secret.NewMasterKey("test").Reveal(),
		"WXDESK_PUBLIC_URL=https://desk.example",
	}
}

func TestCommandLine_helpListsTheCommands(t *testing.T) {
	t.Parallel()
	help := run("", nil)
	require.Zero(t, help.code)
	for _, command := range []string{"dev", "api", "worker", "migrate", "simulate", "account", "bot", "faq", "token", "config", "health", "version"} {
		require.Contains(t, help.out, command)
	}
	require.Contains(t, run("", nil, "version").out, "wxdesk ")
}

func TestCommandLine_mistakesAreSentences(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		environ []string
		args    []string
		code    int
		says    string
	}{
		"an unknown command":           {nil, []string{"fly"}, 2, "fly"},
		"an unknown setting":           {[]string{"WXDESK_HTTP_ADR=x"}, []string{"config"}, 1, "WXDESK_HTTP_ADDR"},
		"settings that are missing":    {nil, []string{"api"}, 1, "DATABASE_URL must be set"},
		"all of them at once":          {nil, []string{"worker"}, 1, "WXDESK_MASTER_KEYS must be set"},
		"a role that there is not":     {nil, []string{"token", "create", "--role", "king", "--name", "x"}, 1, "king"},
		"an agent's token without id":  {nil, []string{"token", "create", "--role", "agent", "--name", "x"}, 1, "--agent"},
		"nobody to ask":                {nil, []string{"dev", "stop", "worker"}, 1, "does not run"},
		"a master key that is no key":  {[]string{"WXDESK_MASTER_KEYS=a:b"}, []string{"config"}, 1, "WXDESK_MASTER_KEYS"},
		"a simulator without a place":  {nil, []string{"simulate", "--addr", "nowhere:at:all"}, 1, "--addr"},
		"a database that is not there": {[]string{"DATABASE_URL=postgres://u:geheim@127.0.0.1:1/x", "WXDESK_MASTER_KEYS=" + secret.NewMasterKey("t").Reveal()}, []string{"token", "list"}, 1, "database"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := run("", c.environ, c.args...)
			require.Equal(t, c.code, got.code, got.errors)
			require.Contains(t, got.errors, c.says)
			require.NotContains(t, got.errors, "geheim")
		})
	}
}

func TestConfig_hidesSecrets(t *testing.T) {
	t.Parallel()
	key := secret.NewMasterKey("k")
	got := run("", []string{"WXDESK_MASTER_KEYS=" + key.Reveal(), "DATABASE_URL=postgres://me:geheim@db:5432/desk"}, "config")
	require.Zero(t, got.code)
	require.NotContains(t, got.out, key.Reveal())
	require.NotContains(t, got.out, "geheim")
	require.Contains(t, got.out, "db:5432")
}

func TestToken_isPrintedAloneAndOnce(t *testing.T) {
	t.Parallel()
	environ := ledger(t)
	made := run("", environ, "token", "create", "--role", "admin", "--name", "me")
	require.Zero(t, made.code, made.errors)
	token := strings.TrimSpace(made.out)
	require.Regexp(t, `^wxd_[A-Za-z0-9_-]{43}$`, token)

	list := run("", environ, "token", "list")
	require.Contains(t, list.out, "admin")
	require.NotContains(t, list.out, token)
	id := strings.Fields(strings.Split(list.out, "\n")[1])[0]
	require.Zero(t, run("", environ, "token", "revoke", id).code)
	require.NotContains(t, strings.Split(run("", environ, "token", "list").out, "\n")[1], " -\n")
	require.NotZero(t, run("", environ, "token", "revoke", "00000000-0000-7000-8000-000000000000").code)
}

const account = `{"name":"Tea","original_id":"gh_a1b2c3d4e5f6","app_id":"wx0123456789abcdef",
	"app_secret":"0123456789abcdef0123456789abcdef","token":"teatoken","encoding_aes_key":"abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG"}`

func TestAccount_byTheRulesOfTheAPI(t *testing.T) {
	t.Parallel()
	environ := ledger(t)
	made := run(account, environ, "account", "create")
	require.Zero(t, made.code, made.errors)
	require.NotContains(t, made.out, "teatoken")
	var view struct {
		ID          string
		CallbackURL string `json:"callback_url"`
	}
	require.NoError(t, json.Unmarshal([]byte(made.out), &view))
	require.Equal(t, "https://desk.example/wechat/"+view.ID, view.CallbackURL)

	require.Contains(t, run("", environ, "account", "list").out, view.ID)
	changed := run(`{"name":"More tea"}`, environ, "account", "update", view.ID)
	require.Contains(t, changed.out, "More tea")
	require.Contains(t, run("", environ, "account", "show", view.ID).out, "More tea")
	require.Zero(t, run("", environ, "account", "delete", view.ID).code)
	require.NotContains(t, run("", environ, "account", "list").out, view.ID)
	require.NotZero(t, run("", environ, "account", "show", view.ID).code)
}

func TestAccount_saysWhatToEnterAtWeChat(t *testing.T) {
	t.Parallel()
	environ := ledger(t)
	id := created(t, environ)
	unknown := run("", environ, "account", "callback", id)
	require.Zero(t, unknown.code, unknown.errors)
	require.Contains(t, unknown.out, "https://desk.example/wechat/"+id)
	require.Contains(t, unknown.out, "安全模式")
	require.Contains(t, unknown.out, "WXDESK_EGRESS_IPS")
	known := run("", append(environ, "WXDESK_EGRESS_IPS=198.51.100.7,198.51.100.8"), "account", "callback", id)
	require.Contains(t, known.out, "198.51.100.7, 198.51.100.8")
}

func TestAccountValidate_printsEachStep(t *testing.T) {
	t.Parallel()
	environ := ledger(t)
	id := created(t, environ)
	require.Zero(t, run(`{"disabled":true}`, environ, "account", "update", id).code)
	got := run("", environ, "account", "validate", id)
	require.Equal(t, 1, got.code)
	require.Empty(t, got.errors)
	lines := strings.Split(strings.TrimSpace(got.out), "\n")
	require.Len(t, lines, 3)
	for i, step := range []string{"token", "callback-check", "callback-event"} {
		require.Regexp(t, `^failed  `+step+` .*the account is disabled`, lines[i])
	}
	require.Contains(t, run("", environ, "account", "validate", "00000000-0000-7000-8000-000000000000").errors, "no such thing")
}

// created makes the account and returns its id.
func created(t *testing.T, environ []string) string {
	t.Helper()
	made := run(account, environ, "account", "create")
	require.Zero(t, made.code, made.errors)
	var view struct{ ID string }
	require.NoError(t, json.Unmarshal([]byte(made.out), &view))
	return view.ID
}

func TestAccount_mistakesAreNamedByField(t *testing.T) {
	t.Parallel()
	environ := ledger(t)
	got := run(strings.Replace(account, "gh_a1b2c3d4e5f6", "wrong", 1), environ, "account", "create")
	require.Equal(t, 1, got.code)
	require.Contains(t, got.errors, "body.original_id")
	require.NotContains(t, got.errors, "0123456789abcdef0123456789abcdef")
}
