package cli_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"
	"github.com/stretchr/testify/require"
)

// It breaks off the demo at each of its parts, as a crash would, and runs it again.
func TestDemo_nextRunCompletesABrokenOne(t *testing.T) {
	t.Parallel()
	for name, at := range map[string]struct {
		statement string
		nth       int
	}{
		"the hours": {"insert on operating_hours", 1}, "the third queue": {"insert on queues", 4}, "the second skill": {"insert on skills", 2},
		"the fifth agent": {"insert on agents", 5}, "the second workstream": {"insert on workstreams", 3}, "the first ruleset": {"insert on rulesets", 1},
		"the second rules": {"insert on ruleset_versions", 2}, "putting them in force": {"update on ruleset_versions", 0}, "the account": {"update on accounts", 0},
		"the user": {"insert on users", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			environ := ledger(t)
			raw, err := sqlx.Open("postgres", strings.TrimPrefix(environ[0], "DATABASE_URL="))
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, raw.Close()) })
			made := run(`{"name":"Demo tea house","original_id":"gh_0123456789ab","app_id":"wx00000000000000de","mode":"plain",
				"app_secret":"0123456789abcdef0123456789abcdef","token":"token7"}`, environ, "account", "create")
			require.Zero(t, made.code, made.errors)

			_, table, _ := strings.Cut(at.statement, " on ")
			_, err = raw.Exec(fmt.Sprintf(`
				create function die() returns trigger language plpgsql as $$ begin
					if (select count(*) from %s) >= %d then raise exception 'here it ends'; end if;
					return new;
				end $$;
				create trigger die before %s for each row execute function die()`, table, at.nth-1, at.statement))
			require.NoError(t, err)
			broken := run("", environ, "demo")
			require.Equal(t, 1, broken.code)
			require.Contains(t, broken.errors, "again")
			_, err = raw.Exec(`drop function die cascade`)
			require.NoError(t, err)

			again := run("", environ, "demo")
			require.Zero(t, again.code, again.errors)
			for want, count := range map[string]string{
				"1 5 4 10 3": `select concat_ws(' ', (select count(*) from operating_hours), (select count(*) from queues), (select count(*) from skills),
					(select count(*) from agents), (select count(*) from workstreams))`,
				"3 3":                `select concat_ws(' ', count(*), count(*) filter (where published = 1)) from rulesets`,
				"10":                 `select count(*)::text from queue_members m join queues q on q.id = m.queue_id where q.name = 'Tea desk'`,
				"agent 王芳 Wang Fang": `select concat_ws(' ', u.role, a.name) from users u join agents a on a.id = u.agent_id`,
				"1":                  `select count(*)::text from accounts a join workstreams w on w.id = a.workstream_id where w.name = 'Tea house'`,
			} {
				var got string
				require.NoError(t, raw.Get(&got, count))
				require.Equal(t, want, got, count)
			}
			require.Contains(t, run("", environ, "demo").out, "there already")
		})
	}
}
