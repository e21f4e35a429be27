package decision_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/postgres/postgrestest"
)

const hoursOfTheShop = `format: wxdesk-routing/1
hours:
  - name: Weekdays
    time_zone: Europe/Berlin
    weekly:
      - day: monday
        from: "09:00"
        to: "18:00"
      - day: sunday
        from: "22:00"
        to: "24:00"
    holidays:
      - first: "2026-10-01"
        last: "2026-10-07"
        reason: National day
      - first: "2027-01-01"
        last: "2027-01-01"
rulesets:
  - kind: route
    name: Routes
    rules:
      - name: All
        when: ""
        queue: VIP
`

// OPH-5
func TestRouting_exportsOperatingHours(t *testing.T) {
	t.Parallel()
	here, there := shop(t), shop(t)
	hours := here.Make(t, "/v1/operating-hours", `{"name":"Weekdays","time_zone":"Europe/Berlin",
		"weekly":[{"day":"monday","from":"09:00","to":"18:00"},{"day":"sunday","from":"22:00","to":"24:00"}],
		"holidays":[{"first":"2026-10-01","last":"2026-10-07","reason":"National day"},{"first":"2027-01-01","last":"2027-01-01"}]}`)
	other := here.Make(t, "/v1/operating-hours", `{"name":"Of a queue that it does not lead to","weekly":[]}`)
	keeps := func(d postgrestest.AdminAPI, name, id string) {
		t.Helper()
		var queue string
		require.NoError(t, d.Raw.Get(&queue, `select id from queues where name = $1`, name))
		d.Must(t, http.StatusOK, "admin", http.MethodPatch, "/v1/queues/"+queue, `{"hours_id":"`+id+`"}`)
	}
	keeps(here, "VIP", hours)
	keeps(here, "Default queue", hours) // the fallback; the same hours go once
	keeps(here, "Backup", other)
	rules := hoursOfTheShop[:strings.Index(hoursOfTheShop, "hours:")] + hoursOfTheShop[strings.Index(hoursOfTheShop, "rulesets:"):]
	send(here, t, http.StatusOK, rules)
	publishAll(here, t)
	export := func(d postgrestest.AdminAPI) string {
		return d.Ask(t, "supervisor", http.MethodGet, "/v1/rulesets/export?workstream_id="+postgrestest.DefaultWorkstream, "").Body.String()
	}
	require.Equal(t, hoursOfTheShop, export(here))

	for range 2 { // the second adds nothing
		send(there, t, http.StatusOK, hoursOfTheShop)
		require.Equal(t, 1, there.Count(t, "operating_hours", "true"))
	}
	require.Zero(t, there.Count(t, "queues", "hours_id is not null"), "nobody keeps them yet")
	publishAll(there, t)
	require.Equal(t, rules, export(there))
	var arrived string
	require.NoError(t, there.Raw.Get(&arrived, `select id from operating_hours`))
	keeps(there, "VIP", arrived)
	require.Equal(t, hoursOfTheShop, export(there))

	send(there, t, http.StatusOK, strings.Replace(hoursOfTheShop, `"18:00"`, `"17:00"`, 1))
	require.Equal(t, hoursOfTheShop, export(there), "what a queue keeps stays as it is")
	require.Equal(t, 2, there.Count(t, "operating_hours", "name = 'Weekdays'"))
}

// OPH-5
func TestRouting_importNamesBadHoursByLine(t *testing.T) {
	t.Parallel()
	d := shop(t)
	for from, c := range map[string]struct{ to, location string }{
		"day: sunday":          {"day: canary", "hours[0].weekly[1].day"},
		`to: "18:00"`:          {`to: "08:00"`, "hours[0].weekly[0].to"},
		"Europe/Berlin":        {"Europe/Canary", "hours[0].time_zone"},
		`last: "2026-10-07"`:   {"last: canary", "hours[0].holidays[0].last"},
		"name: Weekdays":       {`name: ""`, "hours[0].name"},
		"reason: National day": {"reason: " + strings.Repeat("canary", 20), "hours[0].holidays[0].reason"},
	} {
		w := d.Ask(t, "admin", http.MethodPost, importInto, strings.Replace(hoursOfTheShop, from, c.to, 1), "Content-Type", "application/yaml")
		require.Equal(t, http.StatusUnprocessableEntity, w.Code, "%s: %s", from, w.Body)
		require.Contains(t, w.Body.String(), c.location, from)
		require.Contains(t, w.Body.String(), "line 3: ", from)
		require.NotContains(t, strings.ToLower(w.Body.String()), "canary", from)
	}
	require.Zero(t, d.Count(t, "operating_hours", "true")+d.Count(t, "rulesets", "true"), "all or nothing")
}
