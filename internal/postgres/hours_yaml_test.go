package postgres_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
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

func TestOPH5_hoursTravelWithTheRoutingFile(t *testing.T) {
	t.Parallel()
	here, there := shop(t), shop(t)
	hours := here.make(t, "/v1/operating-hours", `{"name":"Weekdays","time_zone":"Europe/Berlin",
		"weekly":[{"day":"monday","from":"09:00","to":"18:00"},{"day":"sunday","from":"22:00","to":"24:00"}],
		"holidays":[{"first":"2026-10-01","last":"2026-10-07","reason":"National day"},{"first":"2027-01-01","last":"2027-01-01"}]}`)
	other := here.make(t, "/v1/operating-hours", `{"name":"Of a queue that it does not lead to","weekly":[]}`)
	keeps := func(d adminAPI, name, id string) {
		t.Helper()
		var queue string
		require.NoError(t, d.raw.Get(&queue, `select id from queues where name = $1`, name))
		d.must(t, http.StatusOK, "admin", http.MethodPatch, "/v1/queues/"+queue, `{"hours_id":"`+id+`"}`)
	}
	keeps(here, "VIP", hours)
	keeps(here, "Default queue", hours) // the fallback; the same hours go once
	keeps(here, "Backup", other)
	rules := hoursOfTheShop[:strings.Index(hoursOfTheShop, "hours:")] + hoursOfTheShop[strings.Index(hoursOfTheShop, "rulesets:"):]
	here.send(t, http.StatusOK, rules)
	here.publishAll(t)
	export := func(d adminAPI) string {
		return d.ask(t, "supervisor", http.MethodGet, "/v1/rulesets/export?workstream_id="+defaultWorkstream, "").Body.String()
	}
	require.Equal(t, hoursOfTheShop, export(here))

	for range 2 { // the second adds nothing
		there.send(t, http.StatusOK, hoursOfTheShop)
		require.Equal(t, 1, there.count(t, "operating_hours", "true"))
	}
	require.Zero(t, there.count(t, "queues", "hours_id is not null"), "nobody keeps them yet")
	there.publishAll(t)
	require.Equal(t, rules, export(there))
	var arrived string
	require.NoError(t, there.raw.Get(&arrived, `select id from operating_hours`))
	keeps(there, "VIP", arrived)
	require.Equal(t, hoursOfTheShop, export(there))

	there.send(t, http.StatusOK, strings.Replace(hoursOfTheShop, `"18:00"`, `"17:00"`, 1))
	require.Equal(t, hoursOfTheShop, export(there), "what a queue keeps stays as it is")
	require.Equal(t, 2, there.count(t, "operating_hours", "name = 'Weekdays'"))
}

func TestOPH5_hoursThatMakeNoSenseAreNamedByTheirLine(t *testing.T) {
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
		w := d.ask(t, "admin", http.MethodPost, importInto, strings.Replace(hoursOfTheShop, from, c.to, 1), "Content-Type", "application/yaml")
		require.Equal(t, http.StatusUnprocessableEntity, w.Code, "%s: %s", from, w.Body)
		require.Contains(t, w.Body.String(), c.location, from)
		require.Contains(t, w.Body.String(), "line 3: ", from)
		require.NotContains(t, strings.ToLower(w.Body.String()), "canary", from)
	}
	require.Zero(t, d.count(t, "operating_hours", "true")+d.count(t, "rulesets", "true"), "all or nothing")
}
