package transcript_test

import (
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/internal/bot"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/postgrestest"
	"wxdesk/internal/wechat"
)

// Whoever writes, and whoever has the conversation: each message has one event with its number and its author.
func TestFeed_tellsEachMessageOnce(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	li := d.NewAgent("Li")
	ref := conversation.Ref{Tenant: postgrestest.Tenant, Conversation: postgrestest.NewConversation()}
	first := d.Batch(ref.Conversation, "wang", postgrestest.Says(uuid.NewString(), "hello"), postgrestest.Says(uuid.NewString(), "anybody?"))
	d.MustReceive(t, first)
	d.MustReceive(t, first) // WeChat repeats it
	d.BotAnswers(t, ref, bot.Answer{Texts: []string{"Good morning.", "How can I help?"}})
	d.BotAnswers(t, ref, bot.Answer{})
	d.Writes(ref, "wang", "a person")
	d.BotAnswers(t, ref, bot.Answer{Texts: []string{"One moment."}, Command: bot.CommandEscalate})
	d.MustHandOver(t, ref, postgrestest.ToDefaultQueue()) // with an automated message
	d.Writes(ref, "wang", "still here")
	d.Offer(ref, li)
	d.Done(ref, li, command.Accept)
	require.Empty(t, d.Command(ref, li, command.Reply, "Here I am").Refused)
	d.Writes(ref, "wang", "at last")

	var said, told []string
	require.NoError(t, d.Raw.Select(&said, `select seq || ' ' || author || ' ' || id from messages order by seq`))
	require.NoError(t, d.Raw.Select(&told, `
		select (body ->> 'seq') || ' ' || (body ->> 'author') || ' ' || (body ->> 'message_id') from feed
		where kind = 'message' and conversation_id = $1 order by id`, ref.Conversation))
	require.Len(t, said, 10)
	require.Equal(t, said, told)
}

// What becomes of a bot's messages is told as that of people's. No agent may see a conversation that a bot has, so none is told.
func TestFeed_botsDeliveriesForSupervisors(t *testing.T) {
	t.Parallel()
	d := postgrestest.NewOffice(t)
	ref, _, ids := d.Answered(t, "one", "two", "three", "four")
	d.Sends(t, ref, ids[0])
	attempt := uuid.NewString()
	d.Mark(t, ref, ids[1], attempt)
	d.Outcome(t, ref, ids[1], attempt, wechat.SendOutcome{Status: wechat.SendFailed, Reason: "refused"})
	d.Mark(t, ref, ids[2], uuid.NewString())
	d.Exec(t, `update deliveries set until = now() - interval '2 minutes' where status = 'sending'`)
	_, err := d.Sweep(t.Context())
	require.NoError(t, err)
	require.Equal(t, 5, d.Count(t, "feed", "kind = 'message'"))
	require.Equal(t, 3, d.Count(t, "feed", "kind = 'delivery'"))
	require.Zero(t, d.Count(t, "feed", "conversation_id = $1 and (agent_id is not null or queue_id is not null)", ref.Conversation))

	d.Writes(ref, "li", "a person")
	d.MustRequestHandOver(t, ref)
	d.MustHandOver(t, ref, postgrestest.ToDefaultQueue())
	var told []string
	require.NoError(t, d.Raw.Select(&told, `
		select (body ->> 'message_id') || ' ' || (body ->> 'status') || ' ' || coalesce(body ->> 'reason', '') from feed
		where kind = 'delivery' and conversation_id = $1 order by id`, ref.Conversation))
	require.Equal(t, []string{
		string(ids[0]) + " sent ", string(ids[1]) + " failed refused", string(ids[2]) + " unknown answer-lost",
		string(ids[3]) + " failed superseded-by-person",
	}, told)
}
