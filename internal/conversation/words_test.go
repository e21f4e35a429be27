package conversation_test

import (
	"testing"
	"unicode/utf8"

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

func TestRole_validKnowsTheThree(t *testing.T) {
	t.Parallel()
	for _, r := range []conversation.Role{"admin", "supervisor", "agent"} {
		require.True(t, r.Valid(), r)
	}
	for _, r := range []conversation.Role{"", "Admin", "root", "bot"} {
		require.False(t, r.Valid(), r)
	}
}

func TestWaitingNotice_saysEachKindInItsOwnWordsInAllFiveLanguages(t *testing.T) {
	t.Parallel()
	said := map[string]string{}
	for _, kind := range []string{"parked", "out-of-hours", "holiday", "full", "nobody"} {
		for _, l := range []conversation.Language{"zh-CN", "zh-TW", "en", "ja", "id"} {
			text := conversation.WaitingNotice(l, kind)
			require.NotEmpty(t, text)
			require.True(t, utf8.ValidString(text))
			require.LessOrEqual(t, len(text), 2048, "WeChat's limit for a text")
			require.NotContains(t, said, text, "%s in %s is also %s", kind, l, said[text])
			said[text] = kind + " in " + string(l)
		}
	}
	require.Equal(t, conversation.WaitingNotice("ja", "parked"), conversation.WaitingNotice("ja", "unknown"))
	require.Equal(t, conversation.WaitingNotice(conversation.DefaultLanguage, "full"), conversation.WaitingNotice("fr", "full"))
}
