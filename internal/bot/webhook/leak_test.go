package webhook_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/bot"
)

// B09
func TestWebhook_blocksSecretsAndOpenIDs(t *testing.T) {
	t.Parallel()
	asked := func(text string) (bot.Answer, error) {
		body, err := json.Marshal(map[string]any{"messages": []any{map[string]string{"text": "hello"}, map[string]string{"text": text}}})
		require.NoError(t, err)
		return answersWith(t, says(string(body)))
	}
	alphabet := strings.Repeat("Ab3d", 20)
	for _, leak := range []string{
		webhookSecret, strings.TrimPrefix(webhookSecret, "whsec_"), "whsec_" + alphabet[:32], "wxd_" + alphabet[:43],
		"-----BEGIN RSA PRIVATE KEY-----", "AKIA" + strings.Repeat("A1", 8), "ghp_" + alphabet[:36], "sk-proj-" + alphabet[:40],
		"eyJ" + alphabet[:20] + ".eyJ" + alphabet[:20] + ".sig", "oAb3dAb3dAb3dAb3dAb3dAb3dAb3", "o6_bmjrPTlm6_2sgVt7hMZOPfL2M",
	} {
		_, err := asked("It is " + leak + ", they say.")
		require.ErrorIs(t, err, bot.ErrLeak, leak)
		require.NotContains(t, err.Error(), leak)
	}
	for _, text := range []string{
		"https://shop.example/our-very-special-green-tea-2", "order 4711 of 2026-03-01", "whsec_ is how it begins",
		"o6_bmjrPTlm6_2sgVt7hMZOPfL2Mm and one letter more", "88888888-8888-7888-8888-888888888888",
	} {
		got, err := asked(text)
		require.NoError(t, err, text)
		require.Equal(t, []string{"hello", text}, got.Texts)
	}
}
