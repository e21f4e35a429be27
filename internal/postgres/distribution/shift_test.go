package distribution_test

import (
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/postgres/postgrestest"
)

// hours makes operating hours of two hours a day that begin so long from now, in UTC.
func hours(f *postgrestest.Floor, t *testing.T, from time.Duration) string {
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
	f.Exec(t, `insert into operating_hours (tenant, id, name, time_zone, weekly) values ('default', $1, 'Shift', 'UTC', $2)`, id, weekly)
	return id
}

// ASG-9, ASG-12
func TestDistribute_startOfWorkingHoursTriggers(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFloor(t)
	db := f.Assigns(t, `[{"name":"working","when":"agent.working"}]`)
	f.Agents(t, 1, 4)
	f.Exec(t, `update agents set hours_id = $1`, hours(f, t, 3*time.Hour))
	f.Arrive(t, 1)

	require.Zero(t, f.MustDistribute(t, db), "the agent's day has not begun")
	require.Equal(t, 1, f.Count(t, "distribution_triggers", "due_at > now() + interval '2 hours 58 minutes' and due_at <= now() + interval '3 hours'"), "but somebody looks then")
	require.Zero(t, f.MustDistribute(t, db))
	require.Equal(t, 1, f.Count(t, "distribution_triggers", "true"), "once")

	f.Exec(t, `update agents set hours_id = $1`, hours(f, t, -time.Hour))
	require.Equal(t, 1, f.MustDistribute(t, db), "it is the agent's day")

	// Built-in methods go by presence alone.
	f.Exec(t, `update agents set hours_id = $1`, hours(f, t, 3*time.Hour))
	f.Exec(t, `update queues set method = 'highest_capacity'`)
	f.Arrive(t, 1)
	require.Equal(t, 1, f.MustDistribute(t, db))
}

// ASG-10
func TestDistribute_ordersByTypeOfSkill(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFloor(t)
	db := f.Assigns(t, `[{"name":"all","when":"","order_by":[{"by":"proficiency:language"}]}]`)
	f.Agents(t, 2, 4)
	thai, tax := uuid.NewString(), uuid.NewString()
	f.Exec(t, `insert into skills (tenant, id, name, kind) values ('default', $1, 'Thai', 'language'), ('default', $2, 'Tax', 'product')`, thai, tax)
	var agents []string
	require.NoError(t, f.Raw.Select(&agents, `select id from agents order by id`))
	for i, ratings := range [][2]int{{2, 10}, {6, 1}} {
		f.Exec(t, `insert into agent_skills (tenant, agent_id, skill_id, rating) values ('default', $1, $2, $3), ('default', $1, $4, $5)`,
			agents[i], thai, ratings[0], tax, ratings[1])
	}
	f.Arrive(t, 2)
	f.Exec(t, `update work_items set skills = jsonb_build_array(jsonb_build_object('skill_id', $1::text, 'rating', 1), jsonb_build_object('skill_id', $2::text, 'rating', 1))`, tax, thai)
	require.Equal(t, 2, f.MustDistribute(t, db))
	require.Equal(t, 2, f.Count(t, "assignments", "agent_id = $1", agents[1]), "the better one in languages, though not in all skills")
}
