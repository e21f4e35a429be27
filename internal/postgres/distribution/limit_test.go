package distribution_test

import (
	"net/http"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/access"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/postgrestest"
	"wxdesk/internal/routing"
)

// newStream makes a workstream, for an account that is made the one in which customers write from now on.
func newStream(d *postgrestest.Office, set string) string {
	d.T.Helper()
	id := uuid.NewString()
	d.Exec(d.T, `insert into workstreams (tenant, id, name, fallback_queue) values ('default', $1, 'Another', $2)`, id, postgrestest.DefaultQueue)
	d.Exec(d.T, `update workstreams set `+set+` where id = $1`, id)
	other := postgrestest.SomeAccount()
	other.AppID, other.Workstream = "wxfedcba9876543210", conversation.WorkstreamID(id)
	var err error
	d.TheAccount, err = d.CreateAccount(d.T.Context(), postgrestest.CLI, other, postgrestest.SomeSecrets())
	require.NoError(d.T, err)
	return id
}

// WS-14
func TestDistribute_skipsAgentDuringThePause(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"the agent rejects", "the agent lets it pass"} {
		d := postgrestest.NewOffice(t)
		d.Stream("decline_pause_ms = 600000")
		li := d.NewAgent("Li")
		ref := d.Waiting("wang")
		declines := func(who access.Principal) {
			if how == "the agent rejects" {
				d.Done(ref, who, command.Reject)
				return
			}
			d.Exec(t, `update assignments set deadline = now() - interval '1 second' where state = 'offered'`)
			d.MustDue(ref)
		}
		require.Equal(t, 1, d.MustDistribute())
		declines(li)
		require.Zero(t, d.MustDistribute(), how)
		require.Equal(t, 1, d.Count(t, "distribution_triggers", "due_at between now() + interval '9 minutes' and now() + interval '10 minutes'"), "R8: somebody looks when it is over")
		require.Zero(t, d.MustDistribute())
		require.Equal(t, 1, d.Count(t, "distribution_triggers", "true"), "one trigger is enough")
		require.Equal(t, 1, d.Count(t, "routing_traces", `stage = 'distribution' and body -> 'reasons' ? 'declined-just-now'`))

		zhou := d.NewAgent("Zhou")
		require.Equal(t, 1, d.MustDistribute(), "the others are asked at once")
		require.True(t, d.OfferedTo(ref, zhou))
		declines(zhou)
		require.Zero(t, d.MustDistribute())

		d.Exec(t, `update work_items set paused = jsonb_build_object($1::text, now() - interval '1 second') || (paused - $1::text)`, li.AgentID)
		require.Equal(t, 1, d.MustDistribute())
		require.True(t, d.OfferedTo(ref, li), "Li's pause is over, Zhou's is not")
	}
}

// WS-14
func TestDistribute_asksAgainWithoutAPause(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	ref := d.Waiting("wang")
	require.Equal(t, 1, d.MustDistribute())
	d.Done(ref, li, command.Reject)
	d.ItemIs(ref, "paused = '{}'")
	require.Equal(t, 1, d.MustDistribute(), "asked again, there is nobody else")
}

// WS-14
func TestDistribute_pauseEndsInAnotherQueue(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	d.Stream("decline_pause_ms = 600000")
	li := d.NewAgent("Li")
	other := d.NewQueue("Other", li)
	ref := d.Waiting("wang")
	require.Equal(t, 1, d.MustDistribute())
	d.Done(ref, li, command.Reject)
	d.Done(ref, d.Supervisor, command.Assign, postgrestest.ToQueue(other))
	require.Equal(t, 1, d.MustDistribute(), "in another queue it is another question")
}

// WS-14
func TestDistribute_keepsTheLimitPerAgent(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	d.Stream("max_per_agent = 2")
	var refs []conversation.Ref
	for range routing.BatchLimit + 2 { // more than are read of a demand
		refs = append(refs, d.Waiting(uuid.NewString()))
	}
	newStream(d, "max_per_agent = null")
	other := d.Waiting("wang")
	require.Equal(t, 3, d.MustDistribute(), "what is at its limit does not hide what is not")
	require.True(t, d.OfferedTo(refs[0], li) && d.OfferedTo(refs[1], li) && d.OfferedTo(other, li))
	require.Equal(t, 1, d.Count(t, "routing_traces", `work_item_id = (select id from work_items where conversation_id = $1) and body -> 'reasons' ? 'workstream-limit'`, refs[2].Conversation))

	d.Done(refs[0], li, command.Accept)
	require.Zero(t, d.MustDistribute(), "an accepted conversation counts as an offered one does")
	d.Done(refs[0], li, command.WrapUp)
	d.Sent()
	d.Done(refs[0], li, command.Close)
	require.Equal(t, 1, d.MustDistribute(), "and what is over does not")
}

// CAP-8, WS-14
func TestDistribute_putAsideDoesNotCount(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	d.Stream("max_per_agent = 1")
	d.Done(d.Had("wang", li), li, command.Wait)
	d.Waiting("zhang")
	require.Equal(t, 1, d.MustDistribute())
}

// R7, WS-14
func TestDistribute_limitHoldsDespiteAPick(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	d.Stream("max_per_agent = 1, mode = 'pick'")
	picked := d.Waiting("wang")
	d.Stream("mode = 'push'")
	pushed := d.Waiting("zhang")
	newStream(d, "max_per_agent = null")
	old := d.Had("liu", li)
	// The distribution reads Li with one conversation of the other workstream. Then Li's conversation ends, and Li picks one of
	// this workstream. Li has as many conversations as before, but one more would exceed this workstream's limit.
	d.DistributeWhile(func() {
		d.Exec(t, `update assignments set state = 'ended', ended_at = now() where conversation_id = $1`, old.Conversation)
		d.Done(picked, li, command.Pick)
	})
	require.False(t, d.OfferedTo(pushed, li))
	require.Zero(t, d.MustDistribute())
}

// WS-14
func TestPick_refusedAtTheLimitPerAgent(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	d.Stream("mode = 'pick', max_per_agent = 1")
	li := d.NewAgent("Li")
	first, second := d.Waiting("wang"), d.Waiting("zhang")
	d.Done(first, li, command.Pick)
	d.Refused(command.RefusedCapacity, second, li, command.Pick)
	d.Done(second, d.Supervisor, command.Assign, postgrestest.ToAgent(li))
	require.True(t, d.OfferedTo(second, li))

	newStream(d, "mode = 'pick', max_per_agent = 1")
	d.Done(d.Waiting("liu"), li, command.Pick)
}

// LIF-4
func TestDue_closesAtTheStateLimits(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	d.Stream("open_limit_ms = 3600000, active_limit_ms = 7200000, wrap_up_limit_ms = 900000")
	li := d.NewAgent("Li")
	open, had, wrapped := d.Waiting("wang"), d.Had("zhang", li), d.Had("liu", li)
	d.Done(wrapped, li, command.WrapUp)
	for ref, limit := range map[conversation.Ref]string{open: "1 hour", had: "2 hours", wrapped: "15 minutes"} {
		d.Exec(t, `update conversations set since = now() - $2::interval + interval '1 minute' where id = $1`, ref.Conversation, limit)
		require.Empty(t, d.MustDue(ref).Closing, limit)
		d.Exec(t, `update conversations set since = now() - $2::interval - interval '1 second' where id = $1`, ref.Conversation, limit)
		got := d.MustDue(ref)
		require.Equal(t, conversation.ClosedStateLimit, got.Closing, limit)
		d.Closes(ref, got.Closing)
	}
}

// WS-11
func TestWorkstreams_affinityAgeIsChecked(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewAdminAPI(t)
	at := "/v1/workstreams/" + postgrestest.DefaultWorkstream
	require.Contains(t, d.Ask(t, "admin", http.MethodGet, at, "").Body.String(), `"affinity_age":"720h"`)
	made := d.Ask(t, "admin", http.MethodPost, "/v1/workstreams", `{"name":"A","fallback_queue_id":"`+postgrestest.DefaultQueue+`"}`)
	require.Contains(t, made.Body.String(), `"affinity_age":"720h"`)
	for _, age := range []string{`"59m59s"`, `"8784h0m1s"`, `"0s"`, `"-720h"`, `"30d"`, `""`, `720`, `true`} {
		got := d.Must(t, http.StatusUnprocessableEntity, "admin", http.MethodPatch, at, `{"affinity_age":`+age+`}`)
		require.Equal(t, "body.affinity_age", got.Errors[0].Location, age)
		d.Must(t, http.StatusUnprocessableEntity, "admin", http.MethodPost, "/v1/workstreams",
			`{"name":"B","fallback_queue_id":"`+postgrestest.DefaultQueue+`","affinity_age":`+age+`}`)
	}
	for _, age := range []string{`"1h"`, `"8784h"`} {
		require.Contains(t, d.Ask(t, "admin", http.MethodPatch, at, `{"affinity_age":`+age+`}`).Body.String(), `"affinity_age":`+age)
		require.Contains(t, d.Ask(t, "admin", http.MethodPatch, at, `{"name":"C","affinity_age":null}`).Body.String(), `"affinity_age":`+age, "null: unchanged")
	}
}

// WS-14
func TestWorkstreams_limitsAreChecked(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewAdminAPI(t)
	at := "/v1/workstreams/" + postgrestest.DefaultWorkstream
	require.Contains(t, d.Ask(t, "admin", http.MethodGet, at, "").Body.String(), `"decline_pause":"0s","open_limit":"720h","active_limit":"720h","wrap_up_limit":"24h","max_per_agent":null`)
	for _, body := range []string{
		`{"open_limit":"59s"}`, `{"active_limit":"8761h"}`, `{"wrap_up":"after","wrap_up_for":"30m","wrap_up_limit":"15m"}`, `{"wrap_up_limit":null,"open_limit":""}`,
		`{"max_per_agent":0}`, `{"max_per_agent":-1}`, `{"max_per_agent":1.5}`, `{"decline_pause":"2h"}`, `{"decline_pause":"-1s"}`, `{"decline_pause":30}`,
	} {
		d.Must(t, http.StatusUnprocessableEntity, "admin", http.MethodPatch, at, body)
	}
	before := d.CountTriggers(t)
	require.Contains(t, d.Ask(t, "admin", http.MethodPatch, at, `{"max_per_agent":3,"decline_pause":"30s"}`).Body.String(), `"max_per_agent":3`)
	require.Equal(t, before+1, d.CountTriggers(t))
	require.Contains(t, d.Ask(t, "admin", http.MethodPatch, at, `{"name":"A"}`).Body.String(), `"max_per_agent":3`, "absent: unchanged")
	require.Contains(t, d.Ask(t, "admin", http.MethodPatch, at, `{"max_per_agent":null}`).Body.String(), `"max_per_agent":null`)
}
