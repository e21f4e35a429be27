package postgres_test

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
	"wxdesk/internal/wechat"
)

func TestCommand_reply_isQueuedInTheAgentsEpoch(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li := d.agent("Li")
	ref := d.had("wang", li)
	got := d.command(ref, li, command.Reply, "Good morning")
	require.Empty(t, got.Refused)
	require.Equal(t, "Good morning", d.textOf(ref, got.MessageID))
	require.Equal(t, conversation.DeliveryQueued, d.fate(t, ref, got.MessageID).Status)
	require.Equal(t, 1, d.count(t, "messages", "author = 'agent' and agent_id = $1", li.AgentID))
	require.Equal(t, 1, d.count(t, "deliveries", "message_id = $1 and epoch = $2", got.MessageID, got.Standing.Epoch))
	require.Equal(t, 1, d.count(t, "feed", "kind = 'message' and agent_id = $1", li.AgentID))

	attempt := uuid.NewString()
	d.exec(t, `update deliveries set status = 'sent' where epoch is null`)
	require.Equal(t, "Good morning", d.mark(t, ref, got.MessageID, attempt).Outgoing.Text)
	d.outcome(t, ref, got.MessageID, attempt, wechat.SendOutcome{Status: wechat.SendSent})
	require.Equal(t, 1, d.count(t, "feed", "kind = 'delivery' and agent_id = $1 and body ->> 'status' = 'sent'", li.AgentID))
}

// R24: the driver may run a statement again whose answer was lost.
func TestRecordOutcome_recordedTwiceTheDeskIsToldOnce(t *testing.T) {
	t.Parallel()
	for _, o := range []wechat.SendOutcome{{Status: wechat.SendSent}, {Status: wechat.SendUnknown, Reason: wechat.ReasonUnanswered}} {
		d := newOffice(t)
		li := d.agent("Li")
		ref := d.had("wang", li)
		got := d.command(ref, li, command.Reply, "Good morning")
		d.exec(t, `update deliveries set status = 'sent' where epoch is null`)
		attempt := uuid.NewString()
		d.mark(t, ref, got.MessageID, attempt)
		for range 2 {
			d.outcome(t, ref, got.MessageID, attempt, o)
		}
		require.Equal(t, 1, d.count(t, "feed", "kind = 'delivery' and agent_id = $1", li.AgentID), o.Status)
	}
}

func TestBad_A09_aReplyThatCannotBeCarriedIsRefused(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li := d.agent("Li")
	ref := d.had("wang", li)
	for _, text := range []string{"", " \n\t", strings.Repeat("x", wechat.MaxTextBytes+1)} {
		require.Equal(t, command.RefusedText, d.command(ref, li, command.Reply, text).Refused)
	}
	require.Empty(t, d.command(ref, li, command.Reply, strings.Repeat("x", wechat.MaxTextBytes)).Refused)
}

func TestBad_A13_aReplyThatMayNotGoOutIsNotStored(t *testing.T) {
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
			d := newOffice(t)
			li := d.agent("Li")
			ref := d.had("wang", li)
			d.exec(t, c.set)
			rows := d.rows()
			require.Equal(t, c.want, d.command(ref, li, command.Reply, "hello").Refused)
			require.Equal(t, rows, d.rows())
		})
	}
}

func TestBad_A13_aColleaguesConversationIsNotOnesOwn(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li, zhao := d.agent("Li"), d.agent("Zhao")
	ref := d.had("wang", li)
	for _, kind := range []command.Kind{
		command.Reply, command.Note, command.Transfer, command.Wait, command.Resume,
		command.WrapUp, command.Close, command.SetContext, command.SetSkills, command.Resend, command.Pick,
		command.ForceClose, command.Assign, command.Accept, command.Reject,
	} {
		d.refused(unseen, ref, zhao, kind)
	}
}

func TestBad_A14_anOfferIsTakenOnce(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li := d.agent("Li")
	ref := d.offered("wang", li)
	d.refused(command.RefusedOfferOver, ref, li, command.Accept, func(c *command.Command) {
		c.AssignmentID = conversation.AssignmentID(uuid.NewString())
	})
	d.done(ref, li, command.Accept)
	d.refused(command.RefusedOfferOver, ref, li, command.Accept)
	d.refused(command.RefusedOfferOver, ref, li, command.Reject)
	d.refused(command.RefusedOfferOver, ref, li, command.Pick)
	d.refused(command.RefusedNotAllowed, ref, d.supervisor, command.Accept)
}

func TestBad_A15_aPickThatDoesNotFitIsRefused(t *testing.T) {
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
			d := newOffice(t)
			d.stream("mode = 'pick'")
			ref, li := d.waiting("wang"), d.agent("Li")
			d.exec(t, c.set)
			d.refused(c.want, ref, li, command.Pick)
		})
	}
}

func TestCommand_pick_WS4_whereAWorkstreamSaysSoAlsoWhatIsOffered(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	ref, offered, li, bo := d.waiting("wang"), d.waiting("zhou"), d.agent("Li"), d.agent("Bo")
	d.refused(command.RefusedState, ref, li, command.Pick)
	d.stream("pick_from_push = true")
	d.stands(d.done(ref, li, command.Pick).Standing, active, conversation.HolderAgent, li.AgentID)
	d.offer(offered, bo)
	d.refused(command.RefusedOfferOver, offered, li, command.Pick) // somebody is being asked
}

func TestCommand_pick_SKL1_aDisabledSkillDoesNotCount(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	d.stream("mode = 'pick'")
	ref, li := d.waiting("wang"), d.agent("Li")
	const skill = "00000000-0000-7000-8000-0000000000bb"
	d.exec(t, `insert into skills (tenant, id, name) values ('default', $1, 'Tea')`, skill)
	d.exec(t, `insert into agent_skills (tenant, agent_id, skill_id, rating, disabled) values ('default', $1, $2, 9, true)`, li.AgentID, skill)
	d.exec(t, `update work_items set skills = jsonb_build_array(jsonb_build_object('skill_id', $1::text, 'rating', 5))`, skill)
	d.refused(command.RefusedSkill, ref, li, command.Pick)
	d.exec(t, `update agent_skills set disabled = false`)
	d.done(ref, li, command.Pick)
}

func TestCommand_pick_CAP2_countsProfilesAndSkills(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	d.stream("mode = 'pick'")
	li := d.agent("Li")
	const profile, skill = "00000000-0000-7000-8000-0000000000aa", "00000000-0000-7000-8000-0000000000bb"
	d.exec(t, `insert into capacity_profiles (tenant, id, name, item_limit, reset) values ('default', $1, 'Chats', 1, 'end_of_day')`, profile)
	d.exec(t, `insert into skills (tenant, id, name) values ('default', $1, 'Tea')`, skill)
	d.exec(t, `insert into agent_profiles (tenant, agent_id, profile_id) values ('default', $1, $2)`, li.AgentID, profile)
	d.exec(t, `insert into agent_skills (tenant, agent_id, skill_id, rating) values ('default', $1, $2, 5)`, li.AgentID, skill)
	first, second := d.waiting("wang"), d.waiting("zhou")
	d.exec(t, `update work_items set units = 0, profiles = array[$1::uuid], skills = jsonb_build_array(jsonb_build_object('skill_id', $2::text, 'rating', 5))`, profile, skill)

	d.done(first, li, command.Pick)
	d.refused(command.RefusedCapacity, second, li, command.Pick)
	d.closes(first, conversation.ClosedByAgent)
	d.refused(command.RefusedCapacity, second, li, command.Pick) // what the day has taken does not come back
	d.exec(t, `update assignments set accepted_at = accepted_at - interval '1 day'`)
	d.done(second, li, command.Pick)
}

func TestCommand_aStaleRevisionIsRefused(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li := d.agent("Li")
	ref := d.had("wang", li)
	seen := func(revision int64) with { return func(c *command.Command) { c.IfRevision = revision } }
	d.refused(command.RefusedStale, ref, li, command.Wait, seen(1))
	current := d.due(ref).Standing.Revision
	d.done(ref, li, command.Wait, seen(current))
}

func TestCommand_whatTheStateForbids(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li := d.agent("Li")
	ref := d.had("wang", li)
	d.refused(command.RefusedState, ref, li, command.Resume)
	d.refused(command.RefusedTarget, ref, d.supervisor, command.Assign, toAgent(li))
	d.refused(command.RefusedNotAllowed, ref, li, command.Assign, toAgent(li))
	d.done(ref, li, command.Wait)
	for _, kind := range []command.Kind{command.Wait, command.WrapUp, command.Transfer, command.Reply} {
		d.refused(command.RefusedState, ref, li, kind)
	}
}

func TestTRF1_aQueueThatCannotTakeItIsNoTarget(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li := d.agent("Li")
	ref := d.had("wang", li)
	gone, shut := d.newQueue("Gone", li), d.newQueue("Shut", li)
	d.exec(t, `update queues set deleted_at = now() where id = $1`, gone)
	hours := uuid.NewString()
	d.exec(t, `insert into operating_hours (tenant, id, name, time_zone) values ('default', $1, 'Never', 'Asia/Shanghai')`, hours)
	d.exec(t, `update queues set hours_id = $1 where id = $2`, hours, shut)
	for _, q := range []conversation.QueueID{gone, shut, d.queue, d.newQueue("Only Li's", li), d.newQueue("Empty"), "", "no uuid", conversation.QueueID(uuid.NewString())} {
		d.refused(command.RefusedTarget, ref, li, command.Transfer, toQueue(q))
	}
	d.agent("Zhao")
	d.done(ref, li, command.Transfer, toQueue(d.queue)) // now there is somebody else
}

func TestTRF2_anAgentWhoCannotBeAskedIsNoTarget(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li, zhao := d.agent("Li"), d.agent("Zhao")
	ref := d.had("wang", li)
	d.refused(command.RefusedTarget, ref, li, command.Transfer, toAgent(li))
	d.refused(command.RefusedTarget, ref, li, command.Transfer, toAgent(access.Principal{AgentID: conversation.AgentID(uuid.NewString())}))
	for _, p := range []string{"dnd", "away", "offline", "inactive"} {
		d.exec(t, `update agents set presence = $1 where id = $2`, p, zhao.AgentID)
		d.refused(command.RefusedTarget, ref, li, command.Transfer, toAgent(zhao))
	}
	d.exec(t, `update agents set presence = 'busy', disabled = true where id = $1`, zhao.AgentID)
	d.refused(command.RefusedTarget, ref, li, command.Transfer, toAgent(zhao))
}

func TestSUP3_assigningWithdrawsAnOpenOffer(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li, zhao := d.agent("Li"), d.agent("Zhao")
	ref := d.offered("wang", li)
	d.exec(t, `update agents set presence = 'away' where id = $1`, zhao.AgentID)
	d.refused(command.RefusedPresence, ref, d.supervisor, command.Assign, toAgent(zhao))
	d.exec(t, `update agents set presence = 'busy' where id = $1`, zhao.AgentID)
	d.stands(d.done(ref, d.supervisor, command.Assign, toAgent(zhao)).Standing, active, byAgent, zhao.AgentID)
	require.Equal(t, 1, d.count(t, "assignments", "state = 'withdrawn' and agent_id = $1", li.AgentID))
	require.Equal(t, 1, d.count(t, "feed", "kind = 'offer-over' and agent_id = $1", li.AgentID))
}

func TestSUP3_assigningToAQueue(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	ref, returns := d.waiting("wang"), d.newQueue("Returns")
	d.refused(command.RefusedTarget, ref, d.supervisor, command.Assign, toQueue(d.queue))
	got := d.done(ref, d.supervisor, command.Assign, toQueue(returns))
	d.stands(got.Standing, queued, byQueue, "")
	d.itemIs(ref, "queue_id = $2 and state = 'waiting'", returns)
}

func TestCommand_note_standsUnderTheCommandsID(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li := d.agent("Li")
	ref := d.had("wang", li)
	got := d.command(ref, li, command.Note, canary+" wants green tea")
	require.Empty(t, got.Refused)
	require.Equal(t, 1, d.count(t, "notes", "id = $1 and author = $2", got.MessageID, li.AgentID))
	require.Equal(t, 1, d.count(t, "feed", "kind = 'note'"))
	require.Equal(t, command.RefusedText, d.command(ref, li, command.Note, " ").Refused)
	require.Empty(t, d.command(ref, d.supervisor, command.Note, "well done").Refused)
}

func TestCommand_resend_onlyWhatDidNotArrive(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	li := d.agent("Li")
	ref := d.had("wang", li)
	id := d.command(ref, li, command.Reply, "hello").MessageID
	this := func(c *command.Command) { c.MessageID = id }
	d.refused(command.RefusedDelivered, ref, li, command.Resend)
	d.refused(command.RefusedDelivered, ref, li, command.Resend, this)
	d.exec(t, `update deliveries set status = 'unknown', reason = 'answer-lost', attempts = 5 where message_id = $1`, id)
	require.Equal(t, id, d.done(ref, li, command.Resend, this).MessageID)
	require.Equal(t, conversation.Delivery{Status: conversation.DeliveryQueued}, d.fate(t, ref, id))
}

func TestCTX1_aContextHoldsWhatItsWorkstreamDeclares(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	d.stream(`variables = '[{"name": "order"}, {"name": "cups", "number": true}]'`)
	li := d.agent("Li")
	ref := d.had("wang", li)
	for _, bad := range []string{
		`{"Order": "1"}`, `{"order": 1}`, `{"cups": "2"}`, `{"cups": 1.5}`, `{"order": {}}`, `{"order": "` + strings.Repeat("茶", 4001) + `"}`,
	} {
		require.Equal(t, command.RefusedVariable, d.command(ref, li, command.SetContext, bad).Refused, bad)
	}
	require.Empty(t, d.command(ref, li, command.SetContext, `{"order": "`+strings.Repeat("茶", 4000)+`", "cups": 2}`).Refused)
	require.Empty(t, d.command(ref, li, command.SetContext, `{"order": null}`).Refused)
	require.Equal(t, map[string]any{"cups": int64(2)}, d.facts(ref, d.firstLine(ref))["context"])
}

func TestStoreAnswer_CTX2_keepsTheContextThatTheBotSets(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	d.stream(`variables = '[{"name": "order"}, {"name": "cups", "number": true}]'`)
	ref := conversation.Ref{Tenant: tenant, Conversation: newConversation()}
	turn := d.writes(ref, "wang", "hello").Receipts[0].MessageID
	for range 2 {
		_, err := d.StoreAnswer(t.Context(), ref, turn, 1, bot.Answer{
			Command: bot.CommandEscalate, Reason: "wants tea", Summary: "He asked twice.",
			Context: map[string]any{"order": "A1", "cups": float64(3), "undeclared": "x"},
		})
		require.NoError(t, err)
	}
	facts := d.facts(ref, turn)
	require.Equal(t, map[string]any{"order": "A1", "cups": int64(3)}, facts["context"])
	require.Equal(t, map[string]any{"reason": "wants tea", "summary": "He asked twice.", "by_bot": true}, facts["escalation"])
}

func TestRoutingQuestion_loadsWhatDecides(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	d.agent("Li")
	d.waiting("zhou")
	ref := conversation.Ref{Tenant: tenant, Conversation: newConversation()}
	scan := says("k1", "")
	scan.Kind, scan.IsEvent, scan.Text, scan.Fields = "subscribe", true, "", []byte(`{"EventKey":"qrscene_shop-7"}`)
	d.receive(t, d.batch(ref.Conversation, "wang", scan, says("k2", "转人工")))
	_, err := d.RoutingQuestion(t.Context(), ref)
	require.ErrorIs(t, err, conversation.ErrClosed, "nobody wishes people")
	d.botAnswers(t, ref, bot.Answer{Texts: []string{"Welcome."}})
	d.botAnswers(t, ref, bot.Answer{Command: bot.CommandEscalate, QueueID: "no queue"})
	const rules = `[{"name": "tea", "when": "", "set": {"priority": 5}}]`
	for i, kind := range []string{"classification", "route"} {
		id := uuid.NewString()
		d.exec(t, `insert into rulesets (tenant, id, kind, workstream_id, name, published) values ('default', $1, $2, $3, $2, 2)`, id, kind, defaultStream)
		for number := range 2 + i {
			d.exec(t, `insert into ruleset_versions (tenant, ruleset_id, number, rules, created_by, published_at) values ('default', $1, $2, $3, 'x', now())`, id, number+1, rules)
		}
	}

	q, err := d.RoutingQuestion(t.Context(), ref)
	require.NoError(t, err)
	again, err := d.RoutingQuestion(t.Context(), ref)
	require.NoError(t, err)
	require.Equal(t, q.Roll, again.Roll, "a retry throws the same")
	require.Empty(t, q.Wish)
	require.WithinDuration(t, time.Now(), q.Now, time.Minute)
	require.Equal(t, conversation.WorkstreamID(defaultStream), q.Workstream.ID)
	require.Equal(t, 2*time.Minute, q.Workstream.OfferFor)
	require.Len(t, q.Classifications, 1)
	require.Equal(t, int64(2), q.Classifications[0].Number)
	require.Equal(t, int64(5), q.Classifications[0].Rules[0].Set["priority"])
	require.Equal(t, int64(2), q.Route.Number)
	require.Len(t, q.Queues, 1)
	require.Equal(t, []int{1, 1}, []int{q.Queues[0].Waiting, q.Queues[0].Members})
	require.Equal(t, map[string]any{"kind": "subscribe", "scene": "shop-7", "menu_key": "", "source": "qr-code"}, q.Facts["event"])
	require.Equal(t, map[string]any{"text": canary + " 转人工", "kind": "text", "length": int64(len(canary) + 4)}, q.Facts["message"])
	require.Equal(t, true, q.Facts["customer"].(map[string]any)["first_contact"])

	d.closes(ref, conversation.ClosedIdle)
	_, err = d.RoutingQuestion(t.Context(), ref)
	require.ErrorIs(t, err, conversation.ErrClosed)
	_, err = d.RoutingQuestion(t.Context(), conversation.Ref{Tenant: tenant, Conversation: newConversation()})
	require.ErrorIs(t, err, conversation.ErrNotFound)
}

func TestDue_OVF5_goesOnToAnotherQueueAndNotForEver(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	other := d.newQueue("Other", d.agent("Li"))
	d.exec(t, `update queues set overflow = jsonb_build_object('wait', jsonb_build_object('seconds', 60, 'do', 'transfer',
		'queue_id', case when id = $1 then $2 else $1::text end))`, defaultQueue, string(other))
	ref := d.waiting("wang")
	late := `update work_items set queued_at = now() - interval '61 seconds'`
	for i := range 5 {
		d.exec(t, late)
		require.Equal(t, []conversation.QueueID{other, defaultQueue}[i%2], d.due(ref).Standing.QueueID)
	}
	d.exec(t, late)
	got := d.due(ref)
	require.Equal(t, other, got.Standing.QueueID, "five times is enough")
	require.True(t, got.Standing.Due[0].At.After(time.Now()), "and asked again later")
	require.Empty(t, got.Closing)
}

func (d *office) facts(ref conversation.Ref, turn conversation.MessageID) map[string]any {
	d.t.Helper()
	q, err := d.ClassificationQuestion(d.t.Context(), ref, turn)
	require.NoError(d.t, err)
	return q.Facts
}

func (d *office) firstLine(ref conversation.Ref) (id conversation.MessageID) {
	d.t.Helper()
	require.NoError(d.t, d.raw.Get(&id, `select id from messages where conversation_id = $1 and seq = 1`, ref.Conversation))
	return id
}
