package postgres_test

import (
	"net/http"
	"sync"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/access"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres"
	"wxdesk/internal/routing"
)

// distribute distributes until there is nothing more to give.
func (d *office) distribute() int {
	d.t.Helper()
	return (&floor{fixture: d.fixture}).distribute(d.t, d.DB)
}

// offeredTo reports whether a conversation is offered to an agent, or accepted by the agent.
func (d *office) offeredTo(ref conversation.Ref, who access.Principal) bool {
	d.t.Helper()
	return d.count(d.t, "assignments", "conversation_id = $1 and agent_id = $2 and state in ('offered', 'accepted')", ref.Conversation, who.AgentID) > 0
}

// newStream makes a workstream, for an account that is made the one in which customers write from now on.
func (d *office) newStream(set string) string {
	d.t.Helper()
	id := uuid.NewString()
	d.exec(d.t, `insert into workstreams (tenant, id, name, fallback_queue) values ('default', $1, 'Another', $2)`, id, defaultQueue)
	d.exec(d.t, `update workstreams set `+set+` where id = $1`, id)
	other := someAccount()
	other.AppID, other.Workstream = "wxfedcba9876543210", conversation.WorkstreamID(id)
	var err error
	d.account, err = d.CreateAccount(d.t.Context(), cli, other, someSecrets())
	require.NoError(d.t, err)
	return id
}

// meanwhile is an Evaluator for which every condition holds, and who first does something else, once.
type meanwhile struct {
	once sync.Once
	do   func()
}

func (m *meanwhile) Evaluate(string, routing.Facts) (bool, error) {
	m.once.Do(m.do)
	return true, nil
}

// distributeWhile does something else in the middle of a batch, when everything is read and nothing is locked.
func (d *office) distributeWhile(do func()) {
	d.t.Helper()
	d.exec(d.t, `update queues set method = 'custom'`)
	set := uuid.NewString()
	d.exec(d.t, `insert into rulesets (tenant, id, kind, queue_id, name, published) values ('default', $1, 'assignment', $2, 'All', 1)`, set, d.queue)
	d.exec(d.t, `insert into ruleset_versions (tenant, ruleset_id, number, rules, created_by, published_at)
		values ('default', $1, 1, '[{"name": "all", "when": "true"}]', 'x', now())`, set)
	m := &meanwhile{do: do}
	_, err := open(d.t, d.dsn, d.ring, postgres.WithEvaluator(m)).Distribute(d.t.Context(), tenant)
	require.NoError(d.t, err)
	m.once.Do(func() { require.Fail(d.t, "nothing was chosen") })
}

func TestWS14_whoDeclinedIsNotAskedAgainBeforeHisPauseIsOver(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"the agent rejects", "the agent lets it pass"} {
		d := newOffice(t)
		d.stream("decline_pause_ms = 600000")
		li := d.agent("Li")
		ref := d.waiting("wang")
		declines := func(who access.Principal) {
			if how == "the agent rejects" {
				d.done(ref, who, command.Reject)
				return
			}
			d.exec(t, `update assignments set deadline = now() - interval '1 second' where state = 'offered'`)
			d.due(ref)
		}
		require.Equal(t, 1, d.distribute())
		declines(li)
		require.Zero(t, d.distribute(), how)
		require.Equal(t, 1, d.count(t, "distribution_triggers", "due_at between now() + interval '9 minutes' and now() + interval '10 minutes'"), "R8: somebody looks when it is over")
		require.Zero(t, d.distribute())
		require.Equal(t, 1, d.count(t, "distribution_triggers", "true"), "one trigger is enough")
		require.Equal(t, 1, d.count(t, "routing_traces", `stage = 'distribution' and body -> 'reasons' ? 'declined-just-now'`))

		zhou := d.agent("Zhou")
		require.Equal(t, 1, d.distribute(), "the others are asked at once")
		require.True(t, d.offeredTo(ref, zhou))
		declines(zhou)
		require.Zero(t, d.distribute())

		d.exec(t, `update work_items set paused = jsonb_build_object($1::text, now() - interval '1 second') || (paused - $1::text)`, li.AgentID)
		require.Equal(t, 1, d.distribute())
		require.True(t, d.offeredTo(ref, li), "Li's pause is over, Zhou's is not")
	}
}

func TestWS14_withoutAPauseItIsAsItWas(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li := d.agent("Li")
	ref := d.waiting("wang")
	require.Equal(t, 1, d.distribute())
	d.done(ref, li, command.Reject)
	d.itemIs(ref, "paused = '{}'")
	require.Equal(t, 1, d.distribute(), "asked again, there is nobody else")
}

func TestWS14_aPauseEndsWhenItWaitsAfresh(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	d.stream("decline_pause_ms = 600000")
	li := d.agent("Li")
	other := d.newQueue("Other", li)
	ref := d.waiting("wang")
	require.Equal(t, 1, d.distribute())
	d.done(ref, li, command.Reject)
	d.done(ref, d.supervisor, command.Assign, toQueue(other))
	require.Equal(t, 1, d.distribute(), "in another queue it is another question")
}

func TestWS14_anAgentHasNoMoreOfAWorkstreamThanItSays(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li := d.agent("Li")
	d.stream("max_per_agent = 2")
	var refs []conversation.Ref
	for range routing.BatchLimit + 2 { // more than are read of a demand
		refs = append(refs, d.waiting(uuid.NewString()))
	}
	d.newStream("max_per_agent = null")
	other := d.waiting("wang")
	require.Equal(t, 3, d.distribute(), "what is at its limit does not hide what is not")
	require.True(t, d.offeredTo(refs[0], li) && d.offeredTo(refs[1], li) && d.offeredTo(other, li))
	require.Equal(t, 1, d.count(t, "routing_traces", `work_item_id = (select id from work_items where conversation_id = $1) and body -> 'reasons' ? 'workstream-limit'`, refs[2].Conversation))

	d.done(refs[0], li, command.Accept)
	require.Zero(t, d.distribute(), "an accepted conversation counts as an offered one does")
	d.done(refs[0], li, command.WrapUp)
	d.sent()
	d.done(refs[0], li, command.Close)
	require.Equal(t, 1, d.distribute(), "and what is over does not")
}

// CAP-8
func TestWS14_whatIsPutAsideDoesNotCount(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li := d.agent("Li")
	d.stream("max_per_agent = 1")
	d.done(d.had("wang", li), li, command.Wait)
	d.waiting("zhang")
	require.Equal(t, 1, d.distribute())
}

func TestWS14_R7_theLimitHoldsThoughHeTookSomethingWhileTheDistributionLooked(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li := d.agent("Li")
	d.stream("max_per_agent = 1, mode = 'pick'")
	picked := d.waiting("wang")
	d.stream("mode = 'push'")
	pushed := d.waiting("zhang")
	d.newStream("max_per_agent = null")
	old := d.had("liu", li)
	// The distribution reads Li with one conversation of the other workstream. Then Li's conversation ends, and Li picks one of
	// this workstream. Li has as many conversations as before, but one more would exceed this workstream's limit.
	d.distributeWhile(func() {
		d.exec(t, `update assignments set state = 'ended', ended_at = now() where conversation_id = $1`, old.Conversation)
		d.done(picked, li, command.Pick)
	})
	require.False(t, d.offeredTo(pushed, li))
	require.Zero(t, d.distribute())
}

func TestWS14_aPickIsRefusedAtTheLimitAndASupervisorsAssignIsNot(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	d.stream("mode = 'pick', max_per_agent = 1")
	li := d.agent("Li")
	first, second := d.waiting("wang"), d.waiting("zhang")
	d.done(first, li, command.Pick)
	d.refused(command.RefusedCapacity, second, li, command.Pick)
	d.done(second, d.supervisor, command.Assign, toAgent(li))
	require.True(t, d.offeredTo(second, li))

	d.newStream("mode = 'pick', max_per_agent = 1")
	d.done(d.waiting("liu"), li, command.Pick)
}

func TestLIF4_aWorkstreamSaysHowLongAConversationMayBeInAState(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	d.stream("open_limit_ms = 3600000, active_limit_ms = 7200000, wrap_up_limit_ms = 900000")
	li := d.agent("Li")
	open, had, wrapped := d.waiting("wang"), d.had("zhang", li), d.had("liu", li)
	d.done(wrapped, li, command.WrapUp)
	for ref, limit := range map[conversation.Ref]string{open: "1 hour", had: "2 hours", wrapped: "15 minutes"} {
		d.exec(t, `update conversations set since = now() - $2::interval + interval '1 minute' where id = $1`, ref.Conversation, limit)
		require.Empty(t, d.due(ref).Closing, limit)
		d.exec(t, `update conversations set since = now() - $2::interval - interval '1 second' where id = $1`, ref.Conversation, limit)
		got := d.due(ref)
		require.Equal(t, conversation.ClosedStateLimit, got.Closing, limit)
		d.closes(ref, got.Closing)
	}
}

func TestWS11_affinityAgeIsCheckedAndShown(t *testing.T) {
	t.Parallel()
	d := newAdminAPI(t)
	at := "/v1/workstreams/" + defaultWorkstream
	require.Contains(t, d.ask(t, "admin", http.MethodGet, at, "").Body.String(), `"affinity_age":"720h"`)
	made := d.ask(t, "admin", http.MethodPost, "/v1/workstreams", `{"name":"A","fallback_queue_id":"`+defaultQueue+`"}`)
	require.Contains(t, made.Body.String(), `"affinity_age":"720h"`)
	for _, age := range []string{`"59m59s"`, `"8784h0m1s"`, `"0s"`, `"-720h"`, `"30d"`, `""`, `720`, `true`} {
		got := d.must(t, http.StatusUnprocessableEntity, "admin", http.MethodPatch, at, `{"affinity_age":`+age+`}`)
		require.Equal(t, "body.affinity_age", got.Errors[0].Location, age)
		d.must(t, http.StatusUnprocessableEntity, "admin", http.MethodPost, "/v1/workstreams",
			`{"name":"B","fallback_queue_id":"`+defaultQueue+`","affinity_age":`+age+`}`)
	}
	for _, age := range []string{`"1h"`, `"8784h"`} {
		require.Contains(t, d.ask(t, "admin", http.MethodPatch, at, `{"affinity_age":`+age+`}`).Body.String(), `"affinity_age":`+age)
		require.Contains(t, d.ask(t, "admin", http.MethodPatch, at, `{"name":"C","affinity_age":null}`).Body.String(), `"affinity_age":`+age, "null: unchanged")
	}
}

func TestWS14_settingsAreCheckedAndNullIsNoLimit(t *testing.T) {
	t.Parallel()
	d := newAdminAPI(t)
	at := "/v1/workstreams/" + defaultWorkstream
	require.Contains(t, d.ask(t, "admin", http.MethodGet, at, "").Body.String(), `"decline_pause":"0s","open_limit":"720h","active_limit":"720h","wrap_up_limit":"24h","max_per_agent":null`)
	for _, body := range []string{
		`{"open_limit":"59s"}`, `{"active_limit":"8761h"}`, `{"wrap_up":"after","wrap_up_for":"30m","wrap_up_limit":"15m"}`, `{"wrap_up_limit":null,"open_limit":""}`,
		`{"max_per_agent":0}`, `{"max_per_agent":-1}`, `{"max_per_agent":1.5}`, `{"decline_pause":"2h"}`, `{"decline_pause":"-1s"}`, `{"decline_pause":30}`,
	} {
		d.must(t, http.StatusUnprocessableEntity, "admin", http.MethodPatch, at, body)
	}
	before := d.triggers(t)
	require.Contains(t, d.ask(t, "admin", http.MethodPatch, at, `{"max_per_agent":3,"decline_pause":"30s"}`).Body.String(), `"max_per_agent":3`)
	require.Equal(t, before+1, d.triggers(t))
	require.Contains(t, d.ask(t, "admin", http.MethodPatch, at, `{"name":"A"}`).Body.String(), `"max_per_agent":3`, "absent: unchanged")
	require.Contains(t, d.ask(t, "admin", http.MethodPatch, at, `{"max_per_agent":null}`).Body.String(), `"max_per_agent":null`)
}
