package postgres_test

import (
	"encoding/json"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/bot"
	"wxdesk/internal/callback"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
	"wxdesk/internal/rules"
)

// asks has the rules classify the oldest line that waits for the bot, where they are to, and the bot answer it.
func (d *office) asks(ref conversation.Ref, a bot.Answer) conversation.Situation {
	d.t.Helper()
	turn, err := d.Turn(d.t.Context(), ref)
	require.NoError(d.t, err)
	if turn.Unclassified {
		question, err := d.ClassificationQuestion(d.t.Context(), ref, turn.Question.TurnID)
		require.NoError(d.t, err)
		require.NoError(d.t, d.StoreClassification(d.t.Context(), ref, turn.Question.TurnID, turn.Epoch, routing.Classify(question, rules.NewEvaluator())))
	}
	return d.botAnswers(d.t, ref, a)
}

// rules puts rules of a workstream in force.
func (d *office) rules(kind routing.RulesetKind, list ...routing.Rule) {
	d.t.Helper()
	text, err := json.Marshal(list)
	require.NoError(d.t, err)
	id := uuid.NewString()
	d.exec(d.t, `insert into rulesets (tenant, id, kind, workstream_id, name, published) values ('default', $1, $2, $3, $2, 1)`, id, kind, defaultStream)
	d.exec(d.t, `insert into ruleset_versions (tenant, ruleset_id, number, rules, created_by, published_at) values ('default', $1, 1, $2, 'x', now())`, id, text)
}

func TestCLS13_whatTheCustomerBeganWithCountsWhenTheBotGivesUp(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	tea := uuid.NewString()
	d.exec(t, `insert into skills (tenant, id, name) values ('default', $1, 'Tea')`, tea)
	wholesale := d.newQueue("Wholesale", d.agent("Li"))
	d.rules(routing.Classification,
		routing.Rule{Name: "poster", When: `event.scene == "wholesale" && escalation.reason == ""`, Set: map[string]any{"topic": "wholesale", "boxes": 3, "priority": 7}},
		routing.Rule{Name: "tea", When: `message.text.contains("tea") && escalation.reason == ""`, Skills: []routing.NeededSkill{{SkillID: routing.SkillID(tea), Rating: 6}}},
		routing.Rule{
			Name: "people", When: `escalation.reason == "bot-escalated" && item.skills["` + tea + `"] == 6`,
			Skills: []routing.NeededSkill{{SkillID: routing.SkillID(tea), Rating: 2}}, Set: map[string]any{"seen": "yes"},
		},
	)
	d.rules(routing.RouteToQueue, routing.Rule{Name: "wholesale", When: `item.attributes.topic == "wholesale" && item.attributes.boxes > 2`, Queue: wholesale})
	scan := says(uuid.NewString(), "")
	scan.Kind, scan.IsEvent, scan.Text, scan.Fields = "subscribe", true, "", []byte(`{"EventKey":"qrscene_wholesale"}`)
	hello, giveUp := bot.Answer{Texts: []string{"Hi."}}, bot.Answer{Command: bot.CommandEscalate}

	for name, c := range map[string]struct {
		first callback.Arrival
		queue conversation.QueueID
		item  string
	}{
		"by a QR code": {scan, wholesale, `priority = 7 and skills = '[]' and attributes = '{"topic": "wholesale", "boxes": 3}'`},
		"by a text": {
			says(uuid.NewString(), "green tea?"), d.queue,
			`priority = 100 and skills = '[{"skill_id": "` + tea + `", "rating": 6}]' and attributes = '{"seen": "yes"}'`,
		},
		"by nothing of interest": {says(uuid.NewString(), "hello"), d.queue, `priority = 100 and skills = '[]' and attributes = '{}'`},
	} {
		ref := conversation.Ref{Tenant: tenant, Conversation: newConversation()}
		d.receive(t, d.batch(ref.Conversation, name, c.first))
		d.asks(ref, hello)
		d.writes(ref, name, "a person, please")
		d.asks(ref, giveUp)
		question, err := d.RoutingQuestion(t.Context(), ref)
		require.NoError(t, err)
		got := d.handOver(t, ref, routing.Decide(question, rules.NewEvaluator()))
		require.Equal(t, c.queue, got.QueueID, name)
		d.itemIs(ref, c.item)

		steps, err := d.RoutingTrace(t.Context(), everything, ref.Conversation, 0, 10)
		require.NoError(t, err)
		require.Equal(t, []string{"classification", "route"}, []string{steps[0].Stage, steps[1].Stage}, name)
		require.Contains(t, string(steps[0].Body), `"rule": "poster"`)
	}
}

func TestCLS13_onceBeforeTheFirstAnswerAndOnlyWhereThereAreRules(t *testing.T) {
	t.Parallel()
	d := newOffice(t)
	ref := conversation.Ref{Tenant: tenant, Conversation: newConversation()}
	first := d.writes(ref, "wang", "hello").Receipts[0].MessageID
	unclassified := func(turn conversation.MessageID) bool {
		got, err := d.Turn(t.Context(), ref)
		require.NoError(t, err)
		require.Equal(t, turn, got.Question.TurnID)
		return got.Unclassified
	}
	require.False(t, unclassified(first), "no rules")
	d.rules(routing.RouteToQueue, routing.Rule{Name: "all", Queue: d.queue})
	d.exec(t, `insert into rulesets (tenant, id, kind, workstream_id, name) values ('default', $1, 'classification', $2, 'a draft')`, uuid.NewString(), defaultStream)
	require.False(t, unclassified(first), "none of classification that is published")
	d.rules(routing.Classification, routing.Rule{Name: "all", Set: map[string]any{"topic": "tea"}})
	require.True(t, unclassified(first))

	keep := func(topic string) error {
		return d.StoreClassification(t.Context(), ref, first, 1, routing.Decision{Needs: routing.Needs{Attributes: map[string]any{"topic": topic}}})
	}
	require.NoError(t, keep("first"))
	require.False(t, unclassified(first), "a repeated Ask finds it")
	rows := d.rows()
	require.NoError(t, keep("second"))
	require.Equal(t, rows, d.rows(), "the first stands")

	other := conversation.Ref{Tenant: tenant, Conversation: newConversation()}
	turn := d.writes(other, "li", "hello").Receipts[0].MessageID
	_, err := d.StoreAnswer(t.Context(), other, turn, 1, bot.Answer{Texts: []string{"Hi."}})
	require.NoError(t, err)
	ref = other
	require.False(t, unclassified(d.writes(other, "li", "and now?").Receipts[0].MessageID), "the bot has answered before there were rules")
	d.exec(t, `update conversations set epoch = 2`)
	rows = d.rows()
	require.NoError(t, keep("late"))
	require.Equal(t, rows, d.rows(), "the holder has changed")
}

func TestCLS13_whatAnOpenConversationNeedsIsNotTakenAway(t *testing.T) {
	t.Parallel()
	d := newAdminAPI(t)
	d.account, _ = d.CreateAccount(t.Context(), cli, someAccount(), someSecrets())
	skill, profile := d.make(t, "/v1/skills", `{"name":"Tea"}`), d.make(t, "/v1/capacity-profiles", `{"name":"Chats","limit":2}`)
	ref := conversation.Ref{Tenant: tenant, Conversation: newConversation()}
	turn := d.receive(t, d.batch(ref.Conversation, "li", says("k1", "tea"))).Receipts[0].MessageID
	require.NoError(t, d.StoreClassification(t.Context(), ref, turn, 1, routing.Decision{Needs: routing.Needs{
		Skills: []routing.NeededSkill{{SkillID: routing.SkillID(skill), Rating: 1}}, Profiles: []routing.ProfileID{routing.ProfileID(profile)},
	}}))
	require.ErrorIs(t, d.DeleteSkill(t.Context(), cli, routing.SkillID(skill)), conversation.ErrInUse)
	require.ErrorIs(t, d.DeleteProfile(t.Context(), cli, routing.ProfileID(profile)), conversation.ErrInUse)
	ended(t)(d.CloseConversation(t.Context(), ref, conversation.ClosedIdle))
	require.NoError(t, d.DeleteSkill(t.Context(), cli, routing.SkillID(skill)))
	require.NoError(t, d.DeleteProfile(t.Context(), cli, routing.ProfileID(profile)))
}
