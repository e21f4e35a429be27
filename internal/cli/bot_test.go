package cli_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"
	_ "github.com/lib/pq"
	"github.com/stretchr/testify/require"
)

const webhookSecret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

// idIn is the id of what a command has printed.
func idIn(t *testing.T, made result) string {
	t.Helper()
	require.Zero(t, made.code, made.errors)
	var view struct{ ID string }
	require.NoError(t, json.Unmarshal([]byte(made.out), &view))
	require.NotEmpty(t, view.ID)
	return view.ID
}

// audited is what the audit of a ledger says that the command line did to something.
func audited(t *testing.T, environ []string, subject string) (actions []string) {
	t.Helper()
	db, err := sqlx.Open("postgres", strings.TrimPrefix(environ[0], "DATABASE_URL="))
	require.NoError(t, err)
	defer db.Close() //nolint:errcheck // only read
	require.NoError(t, db.Select(&actions, `select action from audit where actor = 'cli' and subject = $1 order by id`, subject))
	return actions
}

func TestBot_byTheRulesOfTheAPI(t *testing.T) {
	t.Parallel()
	environ := append(ledger(t), "WXDESK_ALLOW_PRIVATE=true")
	made := run(`{"kind":"webhook","name":"Mine","url":"http://127.0.0.1:8099/","secret":"`+webhookSecret+`"}`, environ, "bot", "create")
	id := idIn(t, made)
	require.NotContains(t, made.out, "MDEyMzQ1")
	require.Contains(t, run("", environ, "bot", "list").out, id)
	require.NotContains(t, run("", environ, "bot", "list").out, "MDEyMzQ1")

	set := run(`{"name":"Ours","secret":"`+strings.Replace(webhookSecret, "MDEy", "ZmVk", 1)+`"}`, environ, "bot", "set", id)
	require.Equal(t, id, idIn(t, set))
	require.Contains(t, set.out, "Ours")
	require.Contains(t, set.out, "old_secret_until", "the replaced one signs for a while")

	account := created(t, environ)
	require.Zero(t, run(`{"bot_id":"`+id+`"}`, environ, "account", "update", account).code)
	require.Contains(t, run("", environ, "bot", "delete", id).errors, "Something else needs it")
	require.Zero(t, run(`{"bot_id":null}`, environ, "account", "update", account).code)
	require.Zero(t, run("", environ, "bot", "delete", id).code)
	require.NotContains(t, run("", environ, "bot", "list").out, id)
	require.Equal(t, []string{"bot.create", "bot.update", "bot.delete"}, audited(t, environ, id))
}

func TestBot_mistakesAreNamedByFieldAndNotRepeated(t *testing.T) {
	t.Parallel()
	environ := ledger(t)
	for field, body := range map[string]string{
		"body.url":    `{"kind":"webhook","name":"Mine","url":"http://127.0.0.1:8099/","secret":"` + webhookSecret + `"}`,
		"body.secret": `{"kind":"webhook","name":"Mine","url":"https://8.8.8.8/","secret":"whsec_MDEyMzQ1"}`,
	} {
		got := run(body, environ, "bot", "create")
		require.Equal(t, 1, got.code)
		require.Contains(t, got.errors, field)
		require.NotContains(t, got.errors, "MDEyMzQ1")
	}
	require.Contains(t, run("{}", environ, "bot", "set", "00000000-0000-7000-8000-00000000000f").errors, "no such thing")
	require.Equal(t, 2, run("", environ, "bot", "create", "--secret", webhookSecret).code, "a secret has no flag")
}

func TestFAQ_byTheRulesOfTheAPI(t *testing.T) {
	t.Parallel()
	environ := ledger(t)
	account := created(t, environ)
	all := idIn(t, run(`{"language":"en","phrase":"Opening HOURS","answer":"9 to 5"}`, environ, "faq", "add"))
	own := idIn(t, run(`{"account_id":"`+account+`","language":"zh-CN","phrase":"几点开门","answer":"九点"}`, environ, "faq", "add"))
	twice := run(`{"language":"en","phrase":"opening hours","answer":"never"}`, environ, "faq", "add")
	require.Equal(t, 1, twice.code)
	require.NotEmpty(t, twice.errors)

	list := run("", environ, "faq", "list").out
	require.Contains(t, list, all)
	require.Contains(t, list, own)
	require.Contains(t, list, "opening hours", "as it is looked for")
	for _, filter := range [][]string{{"--account", account}, {"--language", "zh-CN"}} {
		only := run("", environ, append([]string{"faq", "list"}, filter...)...).out
		require.Contains(t, only, own)
		require.NotContains(t, only, all)
	}

	require.Contains(t, run(`{"answer":"10 to 6"}`, environ, "faq", "set", all).out, "10 to 6")
	require.Zero(t, run("", environ, "faq", "delete", all).code)
	require.NotContains(t, run("", environ, "faq", "list").out, all)
	require.Equal(t, []string{"faq-entry.create", "faq-entry.update", "faq-entry.delete"}, audited(t, environ, all))
}
