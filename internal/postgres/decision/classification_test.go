package decision_test

import (
	"encoding/json"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/bot"
	"wxdesk/internal/callback"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/postgrestest"
	"wxdesk/internal/routing"
	"wxdesk/internal/rules"
)

// asks has the rules classify the oldest message that waits for the bot, if they are to, and the bot answer it.
func asks(d *postgrestest.Office, ref conversation.Ref, a bot.Answer) conversation.Situation {
	d.T.Helper()
	turn, err := d.Turn(d.T.Context(), ref)
	require.NoError(d.T, err)
	if turn.Unclassified {
		question, err := d.ClassificationQuestion(d.T.Context(), ref, turn.Question.TurnID)
		require.NoError(d.T, err)
		require.NoError(d.T, d.StoreClassification(d.T.Context(), ref, turn.Question.TurnID, turn.Epoch, routing.Classify(question, rules.NewEvaluator())))
	}
	return d.BotAnswers(d.T, ref, a)
}

// putRules puts rules of a workstream in force.
func putRules(d *postgrestest.Office, kind routing.RulesetKind, list ...routing.Rule) {
	d.T.Helper()
	text, err := json.Marshal(list)
	require.NoError(d.T, err)
	id := uuid.NewString()
	d.Exec(d.T, `insert into rulesets (tenant, id, kind, workstream_id, name, published) values ('default', $1, $2, $3, $2, 1)`, id, kind, postgrestest.DefaultStream)
	d.Exec(d.T, `insert into ruleset_versions (tenant, ruleset_id, number, rules, created_by, published_at) values ('default', $1, 1, $2, 'x', now())`, id, text)
}

// CLS-13
func TestRoute_usesTheFirstClassification(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	tea := uuid.NewString()
	d.Exec(t, `insert into skills (tenant, id, name) values ('default', $1, 'Tea')`, tea)
	wholesale := d.NewQueue("Wholesale", d.NewAgent("Li"))
	putRules(d, routing.Classification,
		routing.Rule{Name: "poster", When: `event.scene == "wholesale" && escalation.reason == ""`, Set: map[string]any{"topic": "wholesale", "boxes": 3, "priority": 7}},
		routing.Rule{Name: "tea", When: `message.text.contains("tea") && escalation.reason == ""`, Skills: []routing.NeededSkill{{SkillID: routing.SkillID(tea), Rating: 6}}},
		routing.Rule{
			Name: "people", When: `escalation.reason == "bot-escalated" && item.skills["` + tea + `"] == 6`,
			Skills: []routing.NeededSkill{{SkillID: routing.SkillID(tea), Rating: 2}}, Set: map[string]any{"seen": "yes"},
		},
	)
	putRules(d, routing.RouteToQueue, routing.Rule{Name: "wholesale", When: `item.attributes.topic == "wholesale" && item.attributes.boxes > 2`, Queue: wholesale})
	scan := postgrestest.Says(uuid.NewString(), "")
	scan.Kind, scan.IsEvent, scan.Text, scan.Fields = "subscribe", true, "", []byte(`{"EventKey":"qrscene_wholesale"}`)
	hello, giveUp := bot.Answer{Texts: []string{"Hi."}}, bot.Answer{Command: bot.CommandEscalate}

	for name, c := range map[string]struct {
		first callback.Arrival
		queue conversation.QueueID
		item  string
	}{
		"by a QR code": {scan, wholesale, `priority = 7 and skills = '[]' and attributes = '{"topic": "wholesale", "boxes": 3}'`},
		"by a text": {
			postgrestest.Says(uuid.NewString(), "green tea?"), d.TheQueue,
			`priority = 100 and skills = '[{"skill_id": "` + tea + `", "rating": 6}]' and attributes = '{"seen": "yes"}'`,
		},
		"by nothing of interest": {postgrestest.Says(uuid.NewString(), "hello"), d.TheQueue, `priority = 100 and skills = '[]' and attributes = '{}'`},
	} {
		ref := conversation.Ref{Tenant: postgrestest.Tenant, Conversation: postgrestest.NewConversation()}
		d.MustReceive(t, d.Batch(ref.Conversation, name, c.first))
		asks(d, ref, hello)
		d.Writes(ref, name, "a person, please")
		asks(d, ref, giveUp)
		question, err := d.RoutingQuestion(t.Context(), ref)
		require.NoError(t, err)
		got := d.MustHandOver(t, ref, routing.Decide(question, rules.NewEvaluator()))
		require.Equal(t, c.queue, got.QueueID, name)
		d.ItemIs(ref, c.item)

		steps, err := d.RoutingTrace(t.Context(), postgrestest.Everything, ref.Conversation, 0, 10)
		require.NoError(t, err)
		require.Equal(t, []string{"classification", "route"}, []string{steps[0].Stage, steps[1].Stage}, name)
		require.Contains(t, string(steps[0].Body), `"rule": "poster"`)
	}
}

// CLS-13
func TestTurn_classifiedBeforeTheFirstAnswer(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	ref := conversation.Ref{Tenant: postgrestest.Tenant, Conversation: postgrestest.NewConversation()}
	first := d.Writes(ref, "wang", "hello").Receipts[0].MessageID
	unclassified := func(turn conversation.MessageID) bool {
		got, err := d.Turn(t.Context(), ref)
		require.NoError(t, err)
		require.Equal(t, turn, got.Question.TurnID)
		return got.Unclassified
	}
	require.False(t, unclassified(first), "no rules")
	putRules(d, routing.RouteToQueue, routing.Rule{Name: "all", Queue: d.TheQueue})
	d.Exec(t, `insert into rulesets (tenant, id, kind, workstream_id, name) values ('default', $1, 'classification', $2, 'a draft')`, uuid.NewString(), postgrestest.DefaultStream)
	require.False(t, unclassified(first), "none of classification that is published")
	putRules(d, routing.Classification, routing.Rule{Name: "all", Set: map[string]any{"topic": "tea"}})
	require.True(t, unclassified(first))

	keep := func(topic string) error {
		return d.StoreClassification(t.Context(), ref, first, 1, routing.Decision{Needs: routing.Needs{Attributes: map[string]any{"topic": topic}}})
	}
	require.NoError(t, keep("first"))
	require.False(t, unclassified(first), "a repeated Ask finds it")
	rows := d.Rows()
	require.NoError(t, keep("second"))
	require.Equal(t, rows, d.Rows(), "the first stands")

	other := conversation.Ref{Tenant: postgrestest.Tenant, Conversation: postgrestest.NewConversation()}
	turn := d.Writes(other, "li", "hello").Receipts[0].MessageID
	_, err := d.StoreAnswer(t.Context(), other, turn, 1, bot.Answer{Texts: []string{"Hi."}})
	require.NoError(t, err)
	ref = other
	require.False(t, unclassified(d.Writes(other, "li", "and now?").Receipts[0].MessageID), "the bot has answered before there were rules")
	d.Exec(t, `update conversations set epoch = 2`)
	rows = d.Rows()
	require.NoError(t, keep("late"))
	require.Equal(t, rows, d.Rows(), "the holder has changed")
}

// CLS-13
func TestDeleteSkill_refusesOneThatIsNeeded(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewAdminAPI(t)
	d.TheAccount, _ = d.CreateAccount(t.Context(), postgrestest.CLI, postgrestest.SomeAccount(), postgrestest.SomeSecrets())
	skill, profile := d.Make(t, "/v1/skills", `{"name":"Tea"}`), d.Make(t, "/v1/capacity-profiles", `{"name":"Chats","limit":2}`)
	ref := conversation.Ref{Tenant: postgrestest.Tenant, Conversation: postgrestest.NewConversation()}
	turn := d.MustReceive(t, d.Batch(ref.Conversation, "li", postgrestest.Says("k1", "tea"))).Receipts[0].MessageID
	require.NoError(t, d.StoreClassification(t.Context(), ref, turn, 1, routing.Decision{Needs: routing.Needs{
		Skills: []routing.NeededSkill{{SkillID: routing.SkillID(skill), Rating: 1}}, Profiles: []routing.ProfileID{routing.ProfileID(profile)},
	}}))
	require.ErrorIs(t, d.DeleteSkill(t.Context(), postgrestest.CLI, routing.SkillID(skill)), conversation.ErrInUse)
	require.ErrorIs(t, d.DeleteProfile(t.Context(), postgrestest.CLI, routing.ProfileID(profile)), conversation.ErrInUse)
	postgrestest.Ended(t)(d.CloseConversation(t.Context(), ref, conversation.ClosedIdle))
	require.NoError(t, d.DeleteSkill(t.Context(), postgrestest.CLI, routing.SkillID(skill)))
	require.NoError(t, d.DeleteProfile(t.Context(), postgrestest.CLI, routing.ProfileID(profile)))
}
