package conversation_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/conversation"
)

func TestLanguage_validKnowsTheFive(t *testing.T) {
	t.Parallel()
	for _, l := range []conversation.Language{
		conversation.LanguageChinese, conversation.LanguageTraditionalChinese, conversation.LanguageEnglish,
		conversation.LanguageJapanese, conversation.LanguageIndonesian,
	} {
		require.True(t, l.Valid(), l)
	}
	require.False(t, conversation.Language("fr").Valid())
	require.False(t, conversation.Language("").Valid())
}

func TestValid_knowsTheWordsOfTheAPIAndNoOthers(t *testing.T) {
	t.Parallel()
	for _, s := range []conversation.State{"open", "active", "waiting", "wrap_up", "closed"} {
		require.True(t, s.Valid(), s)
	}
	for _, s := range []conversation.State{"", "Open", "wrap-up", "done"} {
		require.False(t, s.Valid(), s)
	}
}
