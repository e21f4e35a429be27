package postgrestest

import (
	"testing"

	"github.com/google/uuid"

	"wxdesk/internal/rules"
)

// Assigns gives the default queue an assignment ruleset of its own.
func (f *Floor) Assigns(t testing.TB, list string) *Ledger {
	t.Helper()
	set := uuid.NewString()
	f.Exec(t, `update queues set method = 'custom' where id = $1`, DefaultQueue)
	f.Exec(t, `insert into rulesets (tenant, id, kind, queue_id, name, published) values ('default', $1, 'assignment', $2, 'Own', 1)`, set, DefaultQueue)
	f.Exec(t, `insert into ruleset_versions (tenant, ruleset_id, number, rules, created_by, published_at) values ('default', $1, 1, $2, 'x', now())`, set, list)
	return Open(t, f.DSN, f.Ring, WithEvaluator(rules.NewEvaluator()))
}
