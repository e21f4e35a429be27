package postgrestest

import (
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/account"
	"wxdesk/internal/bot"
	"wxdesk/internal/conversation"
	"wxdesk/internal/secret"
)

// BotSecret is the secret of a webhook.
const BotSecret = "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="

// Webhook makes a bot that is a webhook.
func (f *Fixture) Webhook(t *testing.T) bot.Setup {
	t.Helper()
	b, err := f.CreateBot(t.Context(), CLI, bot.Setup{
		Kind: bot.KindWebhook, Name: "My bot", URL: "https://bot.example/",
	}, secret.New(BotSecret))
	require.NoError(t, err)
	return b
}

// UseBot sets the account up with a bot.
func (f *Fixture) UseBot(t *testing.T, id conversation.BotID) error {
	t.Helper()
	a, err := f.Account(t.Context(), Tenant, f.TheAccount.ID)
	require.NoError(t, err)
	a.BotID = id
	_, err = f.UpdateAccount(t.Context(), CLI, a, account.Secrets{})
	return err
}
