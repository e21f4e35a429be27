package setup_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/account"
	"wxdesk/internal/bot"
	"wxdesk/internal/callback"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/postgrestest"
)

// regular is a customer who has written, by the id that the API shows.
func regular(d postgrestest.AdminAPI, t *testing.T, name string) (ref conversation.Ref, path string) {
	t.Helper()
	if d.TheAccount.ID == "" {
		t.Fatal("an account is needed")
	}
	ref = conversation.Ref{Tenant: postgrestest.Tenant, Conversation: postgrestest.NewConversation()}
	d.MustReceive(t, d.Batch(ref.Conversation, name, postgrestest.Says(uuid.NewString(), "a person, please")))
	var id string
	require.NoError(t, d.Raw.Get(&id, `select customer_id from conversations where id = $1`, ref.Conversation))
	return ref, "/v1/customers/" + id
}

// newShop is a desk with an account.
func newShop(t *testing.T) postgrestest.AdminAPI {
	t.Helper()
	d := postgrestest.NewAdminAPI(t)
	var err error
	d.TheAccount, err = d.CreateAccount(t.Context(), postgrestest.CLI, postgrestest.SomeAccount(), postgrestest.SomeSecrets())
	require.NoError(t, err)
	return d
}

// An agent sees only customers of conversations that they may see, so the event settings, which everybody gets, names none.
func TestCustomers_changesAreNotToldToEverybody(t *testing.T) {
	t.Parallel()
	d := newShop(t)
	_, path := regular(d, t, "wang")
	d.Must(t, http.StatusOK, "supervisor", http.MethodPatch, path, `{"tags":["vip"]}`)
	id := strings.TrimPrefix(path, "/v1/customers/")
	require.Equal(t, 1, d.Count(t, "audit", "action = 'customer.update' and subject = $1", id))
	require.Zero(t, d.Count(t, "feed", "kind = 'settings' and body ->> 'id' = $1", id))
	require.Positive(t, d.Count(t, "feed", "kind = 'settings' and body ->> 'kind' = 'account'"))
}

// ASG-14
func TestDistribute_preferredAgentFirst(t *testing.T) {
	t.Parallel()
	d := newShop(t)
	agents := make([]string, 4)
	for i := range agents {
		agents[i] = d.Make(t, "/v1/agents", `{"name":"agent %d","units":%d,"queue_ids":["%s"]}`, i, 100-10*i, postgrestest.DefaultQueue)
	}
	d.Exec(t, `update agents set presence = 'available'`)
	ref, path := regular(d, t, "wang")
	_, other := regular(d, t, "zhou")

	d.Must(t, http.StatusOK, "supervisor", http.MethodPatch, path, `{"preferred_agent_ids":["`+agents[3]+`","`+agents[1]+`"]}`)
	shown := d.Ask(t, "admin", http.MethodGet, path, "")
	require.Contains(t, shown.Body.String(), `"preferred_agent_ids":["`+agents[3]+`","`+agents[1]+`"]`, "in order")
	require.Contains(t, d.Ask(t, "admin", http.MethodGet, other, "").Body.String(), `"preferred_agent_ids":[]`)

	d.Exec(t, `update agents set presence = 'away' where id = $1`, agents[3])
	d.MustRequestHandOver(t, ref)
	d.MustHandOver(t, ref, postgrestest.ToDefaultQueue())
	given, err := d.Distribute(t.Context(), postgrestest.Tenant)
	require.NoError(t, err)
	require.Equal(t, 1, given.Assigned)
	require.Equal(t, 1, d.Count(t, "assignments", "agent_id = $1 and state = 'offered'", agents[1]), "the second, as the first is away; not who has most room")
}

// ASG-14
func TestCustomers_invalidPreferencesAreNamed(t *testing.T) {
	t.Parallel()
	d := newShop(t)
	_, path := regular(d, t, "wang")
	four := make([]string, 4)
	for i := range four {
		four[i] = strconv.Quote(d.Make(t, "/v1/agents", `{"name":"agent %d"}`, i))
	}
	for field, body := range map[string]string{
		"body.preferred_agent_ids":    `{"preferred_agent_ids":["` + uuid.NewString() + `"]}`,
		"body.preferred_agent_ids[1]": `{"preferred_agent_ids":[` + four[0] + `,` + four[0] + `]}`,
		"body.tags[0]":                `{"tags":["  "]}`,
		"body.tags[1]":                `{"tags":["vip","vip"]}`,
	} {
		got := d.Must(t, http.StatusUnprocessableEntity, "supervisor", http.MethodPatch, path, body)
		require.Equal(t, field, got.Errors[0].Location)
	}
	d.Must(t, http.StatusUnprocessableEntity, "supervisor", http.MethodPatch, path, `{"preferred_agent_ids":[`+strings.Join(four, ",")+`]}`)
	d.Must(t, http.StatusForbidden, "agent", http.MethodPatch, path, `{"tags":[]}`)
	d.Must(t, http.StatusNotFound, "agent", http.MethodGet, path, "") // they may see no conversation of the customer
	d.Must(t, http.StatusNotFound, "admin", http.MethodPatch, "/v1/customers/"+uuid.NewString(), `{"tags":[]}`)
	require.Equal(t, 1, d.Count(t, "customers", "version = 1 and preferred_agents = '{}' and tags is null"))

	d.Must(t, http.StatusOK, "supervisor", http.MethodPatch, path, `{"preferred_agent_ids":[`+four[0]+`]}`)
	d.Must(t, http.StatusPreconditionFailed, "admin", http.MethodPatch, path, `{"tags":["vip"]}`, "If-Match", `"1"`)
	d.Must(t, http.StatusNoContent, "admin", http.MethodDelete, "/v1/agents/"+strings.Trim(four[0], `"`), "")
	require.EqualValues(t, 3, d.Must(t, http.StatusOK, "admin", http.MethodPatch, path, `{"tags":["vip"]}`).Version, "who has gone meanwhile does no harm")
}

// CLS-5
func TestCustomers_tagsAreAFactAndSealed(t *testing.T) {
	t.Parallel()
	d := newShop(t)
	ref, path := regular(d, t, "wang")
	tags := func() any {
		q, err := d.RoutingQuestion(t.Context(), ref)
		require.NoError(t, err)
		return q.Facts["customer"].(map[string]any)["tags"]
	}
	d.MustRequestHandOver(t, ref)
	require.Equal(t, []string{}, tags())
	d.Must(t, http.StatusOK, "supervisor", http.MethodPatch, path, `{"tags":["vip","`+postgrestest.Canary+`"]}`)
	require.Equal(t, []string{"vip", postgrestest.Canary}, tags())
	require.Contains(t, d.Ask(t, "admin", http.MethodGet, path, "").Body.String(), `"tags":["vip","`+postgrestest.Canary+`"]`)
	require.Zero(t, d.Count(t, "customers", "position($1 in customers::text) > 0 or position($1::bytea in tags) > 0", postgrestest.Canary))
	require.Zero(t, d.Count(t, "audit", "position($1 in audit::text) > 0", postgrestest.Canary))
	require.Equal(t, 1, d.Count(t, "audit", "action = 'customer.update'"))
}

// CLS-5
func TestRoutingQuestion_factsOfWeChat(t *testing.T) {
	t.Parallel()
	d := newShop(t)
	event := func(kind, fields string) callback.Arrival {
		a := postgrestest.Says(uuid.NewString(), "")
		a.Kind, a.IsEvent, a.Text, a.Fields = kind, true, "", []byte(fields)
		return a
	}
	none := map[string]any{"kind": "", "scene": "", "menu_key": "", "source": ""}
	for name, c := range map[string]struct {
		came callback.Arrival
		want map[string]any
	}{
		"follows":         {event("subscribe", `{"EventKey":""}`), map[string]any{"kind": "subscribe", "scene": "", "menu_key": "", "source": "follow"}},
		"follows by code": {event("subscribe", `{"EventKey":"qrscene_42"}`), map[string]any{"kind": "subscribe", "scene": "42", "menu_key": "", "source": "qr-code"}},
		"scans":           {event("SCAN", `{"EventKey":"shop-7"}`), map[string]any{"kind": "SCAN", "scene": "shop-7", "menu_key": "", "source": "qr-code"}},
		"taps":            {event("CLICK", `{"EventKey":"orders"}`), map[string]any{"kind": "CLICK", "scene": "", "menu_key": "orders", "source": "menu"}},
		"taps and scans":  {event("scancode_waitmsg", `{"EventKey":"scan"}`), map[string]any{"kind": "scancode_waitmsg", "scene": "", "menu_key": "scan", "source": "menu"}},
		"writes":          {postgrestest.Says(uuid.NewString(), "hello"), none},
	} {
		ref := conversation.Ref{Tenant: postgrestest.Tenant, Conversation: postgrestest.NewConversation()}
		d.MustReceive(t, d.Batch(ref.Conversation, name, c.came, postgrestest.Says(uuid.NewString(), "a person, please")))
		if c.came.WantsAnswer() {
			d.BotAnswers(t, ref, bot.Answer{Texts: []string{"Hi."}})
		}
		d.MustRequestHandOver(t, ref)
		q, err := d.RoutingQuestion(t.Context(), ref)
		require.NoError(t, err)
		require.Equal(t, c.want, q.Facts["event"], name)
		require.Equal(t, "text", q.Facts["message"].(map[string]any)["kind"])
		require.Equal(t, "en", q.Facts["customer"].(map[string]any)["language"])
		require.Equal(t, map[string]any{"id": string(d.TheAccount.ID), "name": "Tea shop", "kind": "service", "language": "en"}, q.Facts["account"])
		local := q.Now.In(time.FixedZone("", 8*60*60))
		require.Equal(t, map[string]any{
			"hour": int64(local.Hour()), "minute": int64(local.Minute()), "weekday": int64(local.Weekday()), "date": local.Format(time.DateOnly),
		}, q.Facts["time"])
	}
}

func TestRoutingQuestion_usesTheAccountsTimeZone(t *testing.T) {
	t.Parallel()
	d := newShop(t)
	ref, _ := regular(d, t, "wang")
	d.MustRequestHandOver(t, ref)
	for name, seconds := range map[string]int{"Asia/Kathmandu": 20_700, "Asia/Jakarta": 25_200} { // neither has daylight saving
		d.TheAccount.TimeZone = name
		var err error
		d.TheAccount, err = d.UpdateAccount(t.Context(), postgrestest.CLI, d.TheAccount, account.Secrets{})
		require.NoError(t, err)
		require.Equal(t, name, d.TheAccount.TimeZone)
		q, err := d.RoutingQuestion(t.Context(), ref)
		require.NoError(t, err)
		local := q.Now.In(time.FixedZone("", seconds))
		require.Equal(t, map[string]any{
			"hour": int64(local.Hour()), "minute": int64(local.Minute()), "weekday": int64(local.Weekday()), "date": local.Format(time.DateOnly),
		}, q.Facts["time"], name)
	}
	require.Equal(t, 2, d.Count(t, "audit", `action = 'account.update' and detail::text like '%time_zone%'`))
}
