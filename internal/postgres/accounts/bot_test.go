package accounts_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/account"
	"wxdesk/internal/bot"
	"wxdesk/internal/conversation"
	"wxdesk/internal/postgres/postgrestest"
	"wxdesk/internal/secret"
)

func TestBots_changeByVersionAndLeaveATrace(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	b := f.Webhook(t)
	require.Equal(t, int64(1), b.Version)
	require.Zero(t, f.Count(t, "bots", "position(convert_to($1, 'UTF8') in secret) > 0", "MDEyMz"), "the secret is sealed")

	b.Name = "Renamed"
	changed, err := f.UpdateBot(t.Context(), postgrestest.CLI, b, secret.Value{})
	require.NoError(t, err)
	require.Equal(t, int64(2), changed.Version)
	again, err := f.UpdateBot(t.Context(), postgrestest.CLI, b, secret.Value{})
	require.NoError(t, err, "the same call once more")
	require.Equal(t, changed, again)
	b.Name = "Too late"
	_, err = f.UpdateBot(t.Context(), postgrestest.CLI, b, secret.Value{})
	require.ErrorIs(t, err, conversation.ErrVersion)
	same, err := f.UpdateBot(t.Context(), postgrestest.CLI, changed, secret.New(postgrestest.BotSecret))
	require.NoError(t, err)
	require.Equal(t, int64(2), same.Version, "the same secret is no change")

	all, err := f.ListBots(t.Context(), postgrestest.Tenant, "", 10)
	require.NoError(t, err)
	require.Len(t, all, 2)
	rest, err := f.ListBots(t.Context(), postgrestest.Tenant, all[0].ID, 10)
	require.NoError(t, err)
	require.Equal(t, []bot.Setup{changed}, rest)
	for _, act := range []string{"bot.create", "bot.update"} {
		require.Equal(t, 1, f.Count(t, "audit", "action = $1 and subject = $2", act, b.ID))
	}
}

func TestDeleteBot_refusesOneInUse(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	b := f.Webhook(t)
	require.NoError(t, f.UseBot(t, b.ID))
	require.ErrorIs(t, f.DeleteBot(t.Context(), postgrestest.CLI, b.ID), conversation.ErrInUse)
	require.NoError(t, f.UseBot(t, ""))
	require.NoError(t, f.DeleteBot(t.Context(), postgrestest.CLI, b.ID))
	require.NoError(t, f.DeleteBot(t.Context(), postgrestest.CLI, b.ID), "again changes nothing")
	require.Equal(t, 1, f.Count(t, "bots", "id = $1 and secret is null", b.ID))
	require.Equal(t, 1, f.Count(t, "audit", "action = 'bot.delete'"))
	require.ErrorIs(t, f.UseBot(t, b.ID), account.ErrNoBot)
	_, err := f.Bot(t.Context(), postgrestest.Tenant, b.ID)
	require.ErrorIs(t, err, conversation.ErrNotFound)
	require.ErrorIs(t, f.DeleteBot(t.Context(), postgrestest.CLI, conversation.BotID(postgrestest.NewConversation())), conversation.ErrNotFound)
}

const otherBotSecret = "whsec_ZmVkY2JhOTg3NjU0MzIxMGZlZGNiYTk4NzY1NDMyMTA="

func TestBots_replacedSecretSignsForADay(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	b := f.Webhook(t)
	require.NoError(t, f.UseBot(t, b.ID))
	id := postgrestest.NewConversation()
	f.MustReceive(t, f.Batch(id, "ann", postgrestest.Says("1", "hello")))
	signs := func() (now, before string) {
		turn, err := f.Turn(t.Context(), conversation.Ref{Tenant: postgrestest.Tenant, Conversation: id})
		require.NoError(t, err)
		return turn.Question.Bot.Secret.Reveal(), turn.Question.Bot.OldSecret.Reveal()
	}
	requireSigns := func(now, before string) {
		t.Helper()
		gotNow, gotBefore := signs()
		require.Equal(t, now, gotNow)
		require.Equal(t, before, gotBefore)
	}
	requireSigns(postgrestest.BotSecret, "")
	require.Zero(t, b.OldSecretUntil)

	changed, err := f.UpdateBot(t.Context(), postgrestest.CLI, b, secret.New(otherBotSecret))
	require.NoError(t, err)
	require.WithinDuration(t, changed.UpdatedAt.Add(24*time.Hour), changed.OldSecretUntil, 0)
	requireSigns(otherBotSecret, postgrestest.BotSecret)
	require.Zero(t, f.Count(t, "bots", "position(convert_to($1, 'UTF8') in old_secret) > 0", "MDEyMz"), "it is sealed")

	again, err := f.UpdateBot(t.Context(), postgrestest.CLI, b, secret.New(otherBotSecret))
	require.NoError(t, err, "the same call once more")
	require.Equal(t, changed, again)
	changed.Name = "Renamed"
	changed, err = f.UpdateBot(t.Context(), postgrestest.CLI, changed, secret.Value{})
	require.NoError(t, err)
	requireSigns(otherBotSecret, postgrestest.BotSecret)

	f.Exec(t, `update bots set secret_replaced_at = secret_replaced_at - interval '23 hours 59 minutes'`)
	requireSigns(otherBotSecret, postgrestest.BotSecret)
	f.Exec(t, `update bots set secret_replaced_at = secret_replaced_at - interval '1 minute'`)
	requireSigns(otherBotSecret, "")
	late, err := f.Bot(t.Context(), postgrestest.Tenant, b.ID)
	require.NoError(t, err)
	require.Zero(t, late.OldSecretUntil)

	_, err = f.UpdateBot(t.Context(), postgrestest.CLI, changed, secret.New(postgrestest.BotSecret))
	require.NoError(t, err)
	requireSigns(postgrestest.BotSecret, otherBotSecret)
	require.NoError(t, f.UseBot(t, ""))
	require.NoError(t, f.DeleteBot(t.Context(), postgrestest.CLI, b.ID))
	require.Equal(t, 1, f.Count(t, "bots", "id = $1 and secret is null and old_secret is null", b.ID))
}

func TestUpdateBot_replacesAnUnreadableSecret(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	b := f.Webhook(t)
	f.Exec(t, `update bots set secret = 'tampered' where kind = 'webhook'`)
	changed, err := f.UpdateBot(t.Context(), postgrestest.CLI, b, secret.New(otherBotSecret))
	require.NoError(t, err)
	require.Zero(t, changed.OldSecretUntil)
	require.Equal(t, 1, f.Count(t, "bots", "id = $1 and old_secret is null", b.ID))
}

func TestAccounts_withoutABotBeginWithPeople(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	require.NotEmpty(t, f.TheAccount.BotID, "the FAQ unless told otherwise")
	require.NoError(t, f.UseBot(t, ""))
	got := f.MustReceive(t, f.Batch(postgrestest.NewConversation(), "ann", postgrestest.Says("1", "hello")))
	require.Equal(t, conversation.HolderQueue, got.Holder)
}

// CTX-5
func TestTurn_hasEverythingForAWebhook(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	require.NoError(t, f.UseBot(t, f.Webhook(t).ID))
	id := postgrestest.NewConversation()
	arrival := postgrestest.Says("1", "here")
	arrival.Kind, arrival.Fields = "location", []byte(`{"Location_X":"23.1","Location_Y":"113.2"}`)
	got := f.MustReceive(t, f.Batch(id, "ann", arrival))
	ref := conversation.Ref{Tenant: postgrestest.Tenant, Conversation: id}
	turn, err := f.Turn(t.Context(), ref)
	require.NoError(t, err)
	q := turn.Question
	require.Equal(t, id, q.Conversation)
	require.NotEmpty(t, q.Customer)
	require.Equal(t, map[string]string{"Location_X": "23.1", "Location_Y": "113.2"}, q.Fields)
	require.True(t, q.At.Equal(arrival.SaidAt))
	require.Equal(t, conversation.MessageAllowance, q.Replies)
	require.Equal(t, bot.KindWebhook, q.Bot.Kind)
	require.Equal(t, "https://bot.example/", q.Bot.URL)
	require.Equal(t, postgrestest.BotSecret, q.Bot.Secret.Reveal())

	_, err = f.StoreAnswer(t.Context(), ref, q.TurnID, got.Epoch, bot.Answer{
		Command: bot.CommandEscalate, Reason: "asked", Summary: postgrestest.Canary + " wants tea",
	})
	require.NoError(t, err)
	require.Equal(t, 1, f.Count(t, "turns", "summary is not null"))

	f.Exec(t, `update bots set secret = 'tampered' where kind = 'webhook'`)
	ref.Conversation = postgrestest.NewConversation()
	f.MustReceive(t, f.Batch(ref.Conversation, "bo", postgrestest.Says("2", "and?")))
	turn, err = f.Turn(t.Context(), ref)
	require.NoError(t, err)
	require.True(t, turn.Question.Bot.Secret.Empty(), "the bot fails, so that people take over; asking again would not help")
}

func TestFAQEntries_uniqueAndVersioned(t *testing.T) {
	t.Parallel()
	f := postgrestest.NewFixture(t)
	entry := bot.KeptFAQEntry{FAQEntry: bot.FAQEntry{Language: "en", Phrase: "hours", Answer: "9 to 5"}}
	all, err := f.CreateFAQEntry(t.Context(), postgrestest.CLI, entry)
	require.NoError(t, err)
	_, err = f.CreateFAQEntry(t.Context(), postgrestest.CLI, entry)
	require.ErrorIs(t, err, conversation.ErrExists)
	entry.AccountID = f.TheAccount.ID
	own, err := f.CreateFAQEntry(t.Context(), postgrestest.CLI, entry)
	require.NoError(t, err)
	entry.AccountID = conversation.AccountID(postgrestest.NewConversation())
	_, err = f.CreateFAQEntry(t.Context(), postgrestest.CLI, entry)
	require.ErrorIs(t, err, conversation.ErrNotFound)

	own.Answer = "never"
	changed, err := f.UpdateFAQEntry(t.Context(), postgrestest.CLI, own)
	require.NoError(t, err)
	require.Equal(t, int64(2), changed.Version)
	again, err := f.UpdateFAQEntry(t.Context(), postgrestest.CLI, own)
	require.NoError(t, err)
	require.Equal(t, changed, again)
	own.Answer = "too late"
	_, err = f.UpdateFAQEntry(t.Context(), postgrestest.CLI, own)
	require.ErrorIs(t, err, conversation.ErrVersion)

	known, err := f.FAQEntries(t.Context(), postgrestest.Tenant, f.TheAccount.ID)
	require.NoError(t, err)
	require.Equal(t, []bot.FAQEntry{{Language: "en", Phrase: "hours", Answer: "never"}}, known)
	list, err := f.ListFAQEntries(t.Context(), postgrestest.Tenant, bot.FAQFilter{}, "", 10)
	require.NoError(t, err)
	require.Equal(t, []bot.KeptFAQEntry{all, changed}, list)

	require.NoError(t, f.DeleteFAQEntry(t.Context(), postgrestest.CLI, all.ID))
	require.NoError(t, f.DeleteFAQEntry(t.Context(), postgrestest.CLI, all.ID), "again changes nothing")
	require.ErrorIs(t, f.DeleteFAQEntry(t.Context(), postgrestest.CLI, bot.FAQEntryID(postgrestest.NewConversation())), conversation.ErrNotFound)
	list, err = f.ListFAQEntries(t.Context(), postgrestest.Tenant, bot.FAQFilter{AccountID: f.TheAccount.ID, Language: "en"}, all.ID, 10)
	require.NoError(t, err, "a page may begin behind an entry that is gone")
	require.Equal(t, []bot.KeptFAQEntry{changed}, list)
	require.Equal(t, []int{2, 1, 1}, []int{
		f.Count(t, "audit", "action = 'faq-entry.create'"), f.Count(t, "audit", "action = 'faq-entry.update'"),
		f.Count(t, "audit", "action = 'faq-entry.delete'"),
	})
}
