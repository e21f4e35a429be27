package connector_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/bot"
	"wxdesk/internal/bot/connector"
	"wxdesk/internal/conversation"
)

func TestBots_unknownKindFails(t *testing.T) {
	_, err := connector.Bots{}.Answer(context.Background(), bot.Question{Bot: bot.Bot{Kind: "oracle"}})
	require.Error(t, err)
	require.NotErrorIs(t, err, conversation.ErrLater)
}
