package act_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/access"
	"wxdesk/internal/bot"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/postgrestest"
	"wxdesk/internal/wechat"
)

func TestReply_isQueuedInTheAgentsEpoch(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	ref := d.Had("wang", li)
	got := d.Command(ref, li, command.Reply, "Good morning")
	require.Empty(t, got.Refused)
	require.Equal(t, "Good morning", d.TextOf(ref, got.MessageID))
	require.Equal(t, conversation.DeliveryQueued, d.Fate(t, ref, got.MessageID).Status)
	require.Equal(t, 1, d.Count(t, "messages", "author = 'agent' and agent_id = $1", li.AgentID))
	require.Equal(t, 1, d.Count(t, "deliveries", "message_id = $1 and epoch = $2", got.MessageID, got.Standing.Epoch))
	require.Equal(t, 1, d.Count(t, "feed", "kind = 'message' and agent_id = $1", li.AgentID))

	attempt := uuid.NewString()
	d.Exec(t, `update deliveries set status = 'sent' where epoch is null`)
	require.Equal(t, "Good morning", d.Mark(t, ref, got.MessageID, attempt).Outgoing.Text)
	d.Outcome(t, ref, got.MessageID, attempt, wechat.SendOutcome{Status: wechat.SendSent})
	require.Equal(t, 1, d.Count(t, "feed", "kind = 'delivery' and agent_id = $1 and body ->> 'status' = 'sent'", li.AgentID))
}

// R24
// The driver may run a statement again whose answer was lost.
func TestRecordOutcome_repeatIsAnnouncedOnce(t *testing.T) {
	t.Parallel()
	for _, o := range []wechat.SendOutcome{{Status: wechat.SendSent}, {Status: wechat.SendUnknown, Reason: wechat.ReasonUnanswered}} {
		d := postgrestest.NewOffice(t)
		li := d.NewAgent("Li")
		ref := d.Had("wang", li)
		got := d.Command(ref, li, command.Reply, "Good morning")
		d.Exec(t, `update deliveries set status = 'sent' where epoch is null`)
		attempt := uuid.NewString()
		d.Mark(t, ref, got.MessageID, attempt)
		for range 2 {
			d.Outcome(t, ref, got.MessageID, attempt, o)
		}
		require.Equal(t, 1, d.Count(t, "feed", "kind = 'delivery' and agent_id = $1", li.AgentID), o.Status)
	}
}

// A09
func TestReply_refusesInvalidTexts(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	ref := d.Had("wang", li)
	for _, text := range []string{"", " \n\t", strings.Repeat("x", wechat.MaxTextBytes+1)} {
		require.Equal(t, command.RefusedText, d.Command(ref, li, command.Reply, text).Refused)
	}
	require.Empty(t, d.Command(ref, li, command.Reply, strings.Repeat("x", wechat.MaxTextBytes)).Refused)
}

// A13, ACC-8, ACC-9
func TestReply_refusedWhenAllowanceSpent(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		set  string
		want command.Refusal
	}{
		"window closed":           {`update customers set message_until = now() - interval '1 second'`, command.RefusedWindow},
		"allowance spent":         {`update customers set message_left = 0`, command.RefusedAllowance},
		"spent by what is queued": {`update customers set message_left = 1`, command.RefusedAllowance}, // by the notice
		"put aside":               {`update conversations set state = 'waiting'`, command.RefusedState},
		"closed":                  {`update conversations set state = 'closed', closed_at = now()`, command.RefusedClosed},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := postgrestest.NewOffice(t)
			li := d.NewAgent("Li")
			ref := d.Had("wang", li)
			d.Exec(t, c.set)
			rows := d.Rows()
			require.Equal(t, c.want, d.Command(ref, li, command.Reply, "hello").Refused)
			require.Equal(t, rows, d.Rows())
		})
	}
}

// A13
func TestCommands_refusedForAColleaguesOne(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li, zhao := d.NewAgent("Li"), d.NewAgent("Zhao")
	ref := d.Had("wang", li)
	for _, kind := range []command.Kind{
		command.Reply, command.Note, command.Transfer, command.Wait, command.Resume,
		command.WrapUp, command.Close, command.SetContext, command.SetSkills, command.Resend, command.Pick,
		command.ForceClose, command.Assign, command.Accept, command.Reject,
	} {
		d.Refused(postgrestest.Unseen, ref, zhao, kind)
	}
}

// A14, DSK-3
func TestAccept_takesAnOfferOnce(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	ref := d.Offered("wang", li)
	d.Refused(command.RefusedOfferOver, ref, li, command.Accept, func(c *command.Command) {
		c.AssignmentID = conversation.AssignmentID(uuid.NewString())
	})
	d.Done(ref, li, command.Accept)
	d.Refused(command.RefusedOfferOver, ref, li, command.Accept)
	d.Refused(command.RefusedOfferOver, ref, li, command.Reject)
	d.Refused(command.RefusedOfferOver, ref, li, command.Pick)
	d.Refused(command.RefusedNotAllowed, ref, d.Supervisor, command.Accept)
}

// A15, CAP-7, WS-4
func TestPick_refusedWhenItDoesNotFit(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		set  string
		want command.Refusal
	}{
		"at capacity":    {`update agents set units = 24`, command.RefusedCapacity},
		"no new work":    {`update agents set units = 0`, command.RefusedCapacity},
		"profile unmet":  {`update work_items set units = 0, profiles = array['00000000-0000-7000-8000-0000000000aa'::uuid]`, command.RefusedCapacity},
		"offline":        {`update agents set presence = 'offline'`, command.RefusedPresence},
		"do not disturb": {`update agents set presence = 'dnd'`, command.RefusedPresence},
		"without the skill": {
			`update work_items set skills = '[{"skill_id": "00000000-0000-7000-8000-0000000000bb", "rating": 5}]'`, command.RefusedSkill,
		},
		"only offered": {`update work_items set mode = 'push'`, command.RefusedState},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := postgrestest.NewOffice(t)
			d.Stream("mode = 'pick'")
			ref, li := d.Waiting("wang"), d.NewAgent("Li")
			d.Exec(t, c.set)
			d.Refused(c.want, ref, li, command.Pick)
		})
	}
}

// WS-4
func TestPick_pushedWorkWhereAllowed(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	ref, offered, li, bo := d.Waiting("wang"), d.Waiting("zhou"), d.NewAgent("Li"), d.NewAgent("Bo")
	d.Refused(command.RefusedState, ref, li, command.Pick)
	d.Stream("pick_from_push = true")
	d.Stands(d.Done(ref, li, command.Pick).Standing, postgrestest.Active, conversation.HolderAgent, li.AgentID)
	d.Offer(offered, bo)
	d.Refused(command.RefusedOfferOver, offered, li, command.Pick) // somebody is being asked
}

// SKL-1
func TestPick_disabledSkillDoesNotCount(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	d.Stream("mode = 'pick'")
	ref, li := d.Waiting("wang"), d.NewAgent("Li")
	const skill = "00000000-0000-7000-8000-0000000000bb"
	d.Exec(t, `insert into skills (tenant, id, name) values ('default', $1, 'Tea')`, skill)
	d.Exec(t, `insert into agent_skills (tenant, agent_id, skill_id, rating, disabled) values ('default', $1, $2, 9, true)`, li.AgentID, skill)
	d.Exec(t, `update work_items set skills = jsonb_build_array(jsonb_build_object('skill_id', $1::text, 'rating', 5))`, skill)
	d.Refused(command.RefusedSkill, ref, li, command.Pick)
	d.Exec(t, `update agent_skills set disabled = false`)
	d.Done(ref, li, command.Pick)
}

// CAP-2, CAP-3, CAP-7, WS-7
func TestPick_countsProfilesAndSkills(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	d.Stream("mode = 'pick'")
	li := d.NewAgent("Li")
	const profile, skill = "00000000-0000-7000-8000-0000000000aa", "00000000-0000-7000-8000-0000000000bb"
	d.Exec(t, `insert into capacity_profiles (tenant, id, name, item_limit, reset) values ('default', $1, 'Chats', 1, 'end_of_day')`, profile)
	d.Exec(t, `insert into skills (tenant, id, name) values ('default', $1, 'Tea')`, skill)
	d.Exec(t, `insert into agent_profiles (tenant, agent_id, profile_id) values ('default', $1, $2)`, li.AgentID, profile)
	d.Exec(t, `insert into agent_skills (tenant, agent_id, skill_id, rating) values ('default', $1, $2, 5)`, li.AgentID, skill)
	first, second := d.Waiting("wang"), d.Waiting("zhou")
	d.Exec(t, `update work_items set units = 0, profiles = array[$1::uuid], skills = jsonb_build_array(jsonb_build_object('skill_id', $2::text, 'rating', 5))`, profile, skill)

	d.Done(first, li, command.Pick)
	d.Refused(command.RefusedCapacity, second, li, command.Pick)
	d.Closes(first, conversation.ClosedByAgent)
	d.Refused(command.RefusedCapacity, second, li, command.Pick) // what the day has taken does not come back
	d.Exec(t, `update assignments set accepted_at = accepted_at - interval '1 day'`)
	d.Done(second, li, command.Pick)
}

func TestCommands_staleRevisionIsRefused(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	ref := d.Had("wang", li)
	seen := func(revision int64) postgrestest.With { return func(c *command.Command) { c.IfRevision = revision } }
	d.Refused(command.RefusedStale, ref, li, command.Wait, seen(1))
	current := d.MustDue(ref).Standing.Revision
	d.Done(ref, li, command.Wait, seen(current))
}

func TestCommands_refusedInTheWrongState(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	ref := d.Had("wang", li)
	d.Refused(command.RefusedState, ref, li, command.Resume)
	d.Refused(command.RefusedTarget, ref, d.Supervisor, command.Assign, postgrestest.ToAgent(li))
	d.Refused(command.RefusedNotAllowed, ref, li, command.Assign, postgrestest.ToAgent(li))
	d.Done(ref, li, command.Wait)
	for _, kind := range []command.Kind{command.Wait, command.WrapUp, command.Transfer, command.Reply} {
		d.Refused(command.RefusedState, ref, li, kind)
	}
}

// OPH-4, TRF-1, TRF-3
func TestTransfer_refusesAQueueThatCannotTakeIt(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	ref := d.Had("wang", li)
	gone, shut := d.NewQueue("Gone", li), d.NewQueue("Shut", li)
	d.Exec(t, `update queues set deleted_at = now() where id = $1`, gone)
	hours := uuid.NewString()
	d.Exec(t, `insert into operating_hours (tenant, id, name, time_zone) values ('default', $1, 'Never', 'Asia/Shanghai')`, hours)
	d.Exec(t, `update queues set hours_id = $1 where id = $2`, hours, shut)
	for _, q := range []conversation.QueueID{gone, shut, d.TheQueue, d.NewQueue("Only Li's", li), d.NewQueue("Empty"), "", "no uuid", conversation.QueueID(uuid.NewString())} {
		d.Refused(command.RefusedTarget, ref, li, command.Transfer, postgrestest.ToQueue(q))
	}
	d.NewAgent("Zhao")
	d.Done(ref, li, command.Transfer, postgrestest.ToQueue(d.TheQueue)) // now there is somebody else
}

// BOT-9, TRF-2
func TestTransfer_refusesAnAgentWhoIsAway(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li, zhao := d.NewAgent("Li"), d.NewAgent("Zhao")
	ref := d.Had("wang", li)
	d.Refused(command.RefusedTarget, ref, li, command.Transfer, postgrestest.ToAgent(li))
	d.Refused(command.RefusedTarget, ref, li, command.Transfer, postgrestest.ToAgent(access.Principal{AgentID: conversation.AgentID(uuid.NewString())}))
	for _, p := range []string{"dnd", "away", "offline", "inactive"} {
		d.Exec(t, `update agents set presence = $1 where id = $2`, p, zhao.AgentID)
		d.Refused(command.RefusedTarget, ref, li, command.Transfer, postgrestest.ToAgent(zhao))
	}
	d.Exec(t, `update agents set presence = 'busy', disabled = true where id = $1`, zhao.AgentID)
	d.Refused(command.RefusedTarget, ref, li, command.Transfer, postgrestest.ToAgent(zhao))
}

// DSK-3, LIF-8, SUP-3
func TestAssign_withdrawsAnOpenOffer(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li, zhao := d.NewAgent("Li"), d.NewAgent("Zhao")
	ref := d.Offered("wang", li)
	d.Exec(t, `update agents set presence = 'away' where id = $1`, zhao.AgentID)
	d.Refused(command.RefusedPresence, ref, d.Supervisor, command.Assign, postgrestest.ToAgent(zhao))
	d.Exec(t, `update agents set presence = 'busy' where id = $1`, zhao.AgentID)
	d.Stands(d.Done(ref, d.Supervisor, command.Assign, postgrestest.ToAgent(zhao)).Standing, postgrestest.Active, postgrestest.ByAgent, zhao.AgentID)
	require.Equal(t, 1, d.Count(t, "assignments", "state = 'withdrawn' and agent_id = $1", li.AgentID))
	require.Equal(t, 1, d.Count(t, "feed", "kind = 'offer-over' and agent_id = $1", li.AgentID))
}

// SUP-3
func TestAssign_movesItToAQueue(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	ref, returns := d.Waiting("wang"), d.NewQueue("Returns")
	d.Refused(command.RefusedTarget, ref, d.Supervisor, command.Assign, postgrestest.ToQueue(d.TheQueue))
	got := d.Done(ref, d.Supervisor, command.Assign, postgrestest.ToQueue(returns))
	d.Stands(got.Standing, postgrestest.Queued, postgrestest.ByQueue, "")
	d.ItemIs(ref, "queue_id = $2 and state = 'waiting'", returns)
}

// CON-6
func TestNote_hasTheCommandsID(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	ref := d.Had("wang", li)
	got := d.Command(ref, li, command.Note, postgrestest.Canary+" wants green tea")
	require.Empty(t, got.Refused)
	require.Equal(t, 1, d.Count(t, "notes", "id = $1 and author = $2", got.MessageID, li.AgentID))
	require.Equal(t, 1, d.Count(t, "feed", "kind = 'note'"))
	require.Equal(t, command.RefusedText, d.Command(ref, li, command.Note, " ").Refused)
	require.Empty(t, d.Command(ref, d.Supervisor, command.Note, "well done").Refused)
}

func TestResend_refusesDelivered(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	ref := d.Had("wang", li)
	id := d.Command(ref, li, command.Reply, "hello").MessageID
	this := func(c *command.Command) { c.MessageID = id }
	d.Refused(command.RefusedDelivered, ref, li, command.Resend)
	d.Refused(command.RefusedDelivered, ref, li, command.Resend, this)
	d.Exec(t, `update deliveries set status = 'unknown', reason = 'answer-lost', attempts = 5 where message_id = $1`, id)
	require.Equal(t, id, d.Done(ref, li, command.Resend, this).MessageID)
	require.Equal(t, conversation.Delivery{Status: conversation.DeliveryQueued}, d.Fate(t, ref, id))
}

// CTX-1, CTX-2, WS-18
func TestSetContext_declaredVariablesOnly(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	d.Stream(`variables = '[{"name": "order"}, {"name": "cups", "number": true}]'`)
	li := d.NewAgent("Li")
	ref := d.Had("wang", li)
	for _, bad := range []string{
		`{"Order": "1"}`, `{"order": 1}`, `{"cups": "2"}`, `{"cups": 1.5}`, `{"order": {}}`, `{"order": "` + strings.Repeat("茶", 4001) + `"}`,
	} {
		require.Equal(t, command.RefusedVariable, d.Command(ref, li, command.SetContext, bad).Refused, bad)
	}
	require.Empty(t, d.Command(ref, li, command.SetContext, `{"order": "`+strings.Repeat("茶", 4000)+`", "cups": 2}`).Refused)
	require.Empty(t, d.Command(ref, li, command.SetContext, `{"order": null}`).Refused)
	require.Equal(t, map[string]any{"cups": int64(2)}, facts(d, ref, firstLine(d, ref))["context"])
}

// BOT-4, BOT-5, CTX-2, CTX-3
func TestStoreAnswer_keepsTheBotsContext(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	d.Stream(`variables = '[{"name": "order"}, {"name": "cups", "number": true}]'`)
	ref := conversation.Ref{Tenant: postgrestest.Tenant, Conversation: postgrestest.NewConversation()}
	turn := d.Writes(ref, "wang", "hello").Receipts[0].MessageID
	for range 2 {
		_, err := d.StoreAnswer(t.Context(), ref, turn, 1, bot.Answer{
			Command: bot.CommandEscalate, Reason: "wants tea", Summary: "He asked twice.",
			Context: map[string]any{"order": "A1", "cups": float64(3), "undeclared": "x"},
		})
		require.NoError(t, err)
	}
	facts := facts(d, ref, turn)
	require.Equal(t, map[string]any{"order": "A1", "cups": int64(3)}, facts["context"])
	require.Equal(t, map[string]any{"reason": "wants tea", "summary": "He asked twice.", "by_bot": true}, facts["escalation"])
}

// BOT-5, CTX-2
func TestRoutingQuestion_loadsTheFacts(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	d.NewAgent("Li")
	d.Waiting("zhou")
	ref := conversation.Ref{Tenant: postgrestest.Tenant, Conversation: postgrestest.NewConversation()}
	scan := postgrestest.Says("k1", "")
	scan.Kind, scan.IsEvent, scan.Text, scan.Fields = "subscribe", true, "", []byte(`{"EventKey":"qrscene_shop-7"}`)
	d.MustReceive(t, d.Batch(ref.Conversation, "wang", scan, postgrestest.Says("k2", "转人工")))
	_, err := d.RoutingQuestion(t.Context(), ref)
	require.ErrorIs(t, err, conversation.ErrClosed, "nobody wishes people")
	d.BotAnswers(t, ref, bot.Answer{Texts: []string{"Welcome."}})
	d.BotAnswers(t, ref, bot.Answer{Command: bot.CommandEscalate, QueueID: "no queue"})
	const rules = `[{"name": "tea", "when": "", "set": {"priority": 5}}]`
	for i, kind := range []string{"classification", "route"} {
		id := uuid.NewString()
		d.Exec(t, `insert into rulesets (tenant, id, kind, workstream_id, name, published) values ('default', $1, $2, $3, $2, 2)`, id, kind, postgrestest.DefaultStream)
		for number := range 2 + i {
			d.Exec(t, `insert into ruleset_versions (tenant, ruleset_id, number, rules, created_by, published_at) values ('default', $1, $2, $3, 'x', now())`, id, number+1, rules)
		}
	}

	q, err := d.RoutingQuestion(t.Context(), ref)
	require.NoError(t, err)
	again, err := d.RoutingQuestion(t.Context(), ref)
	require.NoError(t, err)
	require.Equal(t, q.Roll, again.Roll, "a retry throws the same")
	require.Empty(t, q.Wish)
	require.WithinDuration(t, time.Now(), q.Now, time.Minute)
	require.Equal(t, conversation.WorkstreamID(postgrestest.DefaultStream), q.Workstream.ID)
	require.Equal(t, 2*time.Minute, q.Workstream.OfferFor)
	require.Len(t, q.Classifications, 1)
	require.Equal(t, int64(2), q.Classifications[0].Number)
	require.Equal(t, int64(5), q.Classifications[0].Rules[0].Set["priority"])
	require.Equal(t, int64(2), q.Route.Number)
	require.Len(t, q.Queues, 1)
	require.Equal(t, []int{1, 1}, []int{q.Queues[0].Waiting, q.Queues[0].Members})
	require.Equal(t, map[string]any{"kind": "subscribe", "scene": "shop-7", "menu_key": "", "source": "qr-code"}, q.Facts["event"])
	require.Equal(t, map[string]any{"text": postgrestest.Canary + " 转人工", "kind": "text", "length": int64(len(postgrestest.Canary) + 4)}, q.Facts["message"])
	require.Equal(t, true, q.Facts["customer"].(map[string]any)["first_contact"])

	d.Closes(ref, conversation.ClosedIdle)
	_, err = d.RoutingQuestion(t.Context(), ref)
	require.ErrorIs(t, err, conversation.ErrClosed)
	_, err = d.RoutingQuestion(t.Context(), conversation.Ref{Tenant: postgrestest.Tenant, Conversation: postgrestest.NewConversation()})
	require.ErrorIs(t, err, conversation.ErrNotFound)
}

// OVF-5, OVF-6
func TestDue_overflowsFiveTimesAtMost(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	other := d.NewQueue("Other", d.NewAgent("Li"))
	d.Exec(t, `update queues set overflow = jsonb_build_object('wait', jsonb_build_object('seconds', 60, 'do', 'transfer',
		'queue_id', case when id = $1 then $2 else $1::text end))`, postgrestest.DefaultQueue, string(other))
	ref := d.Waiting("wang")
	late := `update work_items set queued_at = now() - interval '61 seconds'`
	for i := range 5 {
		d.Exec(t, late)
		require.Equal(t, []conversation.QueueID{other, postgrestest.DefaultQueue}[i%2], d.MustDue(ref).Standing.QueueID)
	}
	d.Exec(t, late)
	got := d.MustDue(ref)
	require.Equal(t, other, got.Standing.QueueID, "five times is enough")
	require.True(t, got.Standing.Due[0].At.After(time.Now()), "and asked again later")
	require.Empty(t, got.Closing)
}

func facts(d *postgrestest.Office, ref conversation.Ref, turn conversation.MessageID) map[string]any {
	d.T.Helper()
	q, err := d.ClassificationQuestion(d.T.Context(), ref, turn)
	require.NoError(d.T, err)
	return q.Facts
}

func firstLine(d *postgrestest.Office, ref conversation.Ref) (id conversation.MessageID) {
	d.T.Helper()
	require.NoError(d.T, d.Raw.Get(&id, `select id from messages where conversation_id = $1 and seq = 1`, ref.Conversation))
	return id
}
