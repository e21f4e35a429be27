package conversation_test

import (
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/conversation"
)

func TestParkedNotice_speaksAllFiveLanguages(t *testing.T) {
	t.Parallel()
	heard := map[string]bool{}
	for _, l := range []conversation.Language{
		conversation.LanguageChinese, conversation.LanguageTraditionalChinese, conversation.LanguageEnglish,
		conversation.LanguageJapanese, conversation.LanguageIndonesian,
	} {
		require.True(t, l.Valid())
		text := conversation.ParkedNotice(l)
		require.True(t, utf8.ValidString(text))
		require.Less(t, len(text), 2048, "WeChat's limit for a text")
		heard[text] = true
	}
	require.Len(t, heard, 5)
}

func TestParkedNotice_fallsBackToTheDefaultLanguage(t *testing.T) {
	t.Parallel()
	require.False(t, conversation.Language("fr").Valid())
	require.False(t, conversation.Language("").Valid())
	require.Equal(t, conversation.ParkedNotice(conversation.DefaultLanguage), conversation.ParkedNotice("fr"))
}

func TestValid_knowsTheWordsOfTheAPIAndNoOthers(t *testing.T) {
	t.Parallel()
	for _, s := range []conversation.State{"open", "active", "waiting", "wrap_up", "closed"} {
		require.True(t, s.Valid(), s)
	}
	for _, s := range []conversation.State{"", "Open", "wrap-up", "done"} {
		require.False(t, s.Valid(), s)
	}
	for _, r := range []conversation.Role{"admin", "supervisor", "agent", "bot"} {
		require.True(t, r.Valid(), r)
	}
	for _, r := range []conversation.Role{"", "Admin", "root"} {
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
			require.LessOrEqual(t, len(text), 2048)
			require.NotContains(t, said, text, "%s in %s is also %s", kind, l, said[text])
			said[text] = kind + " in " + string(l)
		}
	}
	require.Equal(t, conversation.ParkedNotice("ja"), conversation.WaitingNotice("ja", "unknown"))
}
