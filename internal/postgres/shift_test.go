package postgres_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/postgres"
	"wxdesk/internal/rules"
)

// assigns gives the default queue an assignment ruleset of its own.
func (f *floor) assigns(t testing.TB, list string) *postgres.DB {
	t.Helper()
	set := uuid.NewString()
	f.exec(t, `update queues set method = 'custom' where id = $1`, defaultQueue)
	f.exec(t, `insert into rulesets (tenant, id, kind, queue_id, name, published) values ('default', $1, 'assignment', $2, 'Own', 1)`, set, defaultQueue)
	f.exec(t, `insert into ruleset_versions (tenant, ruleset_id, number, rules, created_by, published_at) values ('default', $1, 1, $2, 'x', now())`, set, list)
	return open(t, f.dsn, f.ring, postgres.WithEvaluator(rules.NewEvaluator()))
}

// hours makes operating hours of two hours a day that begin so long from now, in UTC.
func (f *floor) hours(t *testing.T, from time.Duration) string {
	t.Helper()
	id, begin := uuid.NewString(), time.Now().UTC().Add(from).Truncate(time.Minute)
	shift := func(day time.Time, from, to string) string {
		return `{"day":` + string('0'+rune(day.Weekday())) + `,"from":"` + from + `","to":"` + to + `"}`
	}
	end := begin.Add(2 * time.Hour)
	weekly := `[` + shift(begin, begin.Format("15:04"), end.Format("15:04")) + `]`
	if end.Day() != begin.Day() {
		weekly = `[` + shift(begin, begin.Format("15:04"), "24:00")
		if end.Format("15:04") != "00:00" {
			weekly += `,` + shift(end, "00:00", end.Format("15:04"))
		}
		weekly += `]`
	}
	f.exec(t, `insert into operating_hours (tenant, id, name, time_zone, weekly) values ('default', $1, 'Shift', 'UTC', $2)`, id, weekly)
	return id
}

func TestASG9_ASG12_workingHoursTrigger(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	db := f.assigns(t, `[{"name":"working","when":"agent.working"}]`)
	f.agents(t, 1, 4)
	f.exec(t, `update agents set hours_id = $1`, f.hours(t, 3*time.Hour))
	f.arrive(t, 1)

	require.Zero(t, f.distribute(t, db), "the agent's day has not begun")
	require.Equal(t, 1, f.count(t, "distribution_triggers", "due_at > now() + interval '2 hours 58 minutes' and due_at <= now() + interval '3 hours'"), "but somebody looks then")
	require.Zero(t, f.distribute(t, db))
	require.Equal(t, 1, f.count(t, "distribution_triggers", "true"), "once")

	f.exec(t, `update agents set hours_id = $1`, f.hours(t, -time.Hour))
	require.Equal(t, 1, f.distribute(t, db), "it is the agent's day")

	// Built-in methods go by presence alone.
	f.exec(t, `update agents set hours_id = $1`, f.hours(t, 3*time.Hour))
	f.exec(t, `update queues set method = 'highest_capacity'`)
	f.arrive(t, 1)
	require.Equal(t, 1, f.distribute(t, db))
}

func TestASG10_skillsOfATypeOrderAgents(t *testing.T) {
	t.Parallel()
	f := newFloor(t)
	db := f.assigns(t, `[{"name":"all","when":"","order_by":[{"by":"proficiency:language"}]}]`)
	f.agents(t, 2, 4)
	thai, tax := uuid.NewString(), uuid.NewString()
	f.exec(t, `insert into skills (tenant, id, name, kind) values ('default', $1, 'Thai', 'language'), ('default', $2, 'Tax', 'product')`, thai, tax)
	var agents []string
	require.NoError(t, f.raw.Select(&agents, `select id from agents order by id`))
	for i, ratings := range [][2]int{{2, 10}, {6, 1}} {
		f.exec(t, `insert into agent_skills (tenant, agent_id, skill_id, rating) values ('default', $1, $2, $3), ('default', $1, $4, $5)`,
			agents[i], thai, ratings[0], tax, ratings[1])
	}
	f.arrive(t, 2)
	f.exec(t, `update work_items set skills = jsonb_build_array(jsonb_build_object('skill_id', $1::text, 'rating', 1), jsonb_build_object('skill_id', $2::text, 'rating', 1))`, tax, thai)
	require.Equal(t, 2, f.distribute(t, db))
	require.Equal(t, 2, f.count(t, "assignments", "agent_id = $1", agents[1]), "the better one in languages, though not in all skills")
}
