package notice_test

import (
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/conversation"
	"wxdesk/internal/notice"
)

// MSG-1
func TestWaitingNotice_differsInEachLanguage(t *testing.T) {
	t.Parallel()
	said := map[string]string{}
	for _, kind := range []string{"parked", "out-of-hours", "holiday", "full", "nobody"} {
		for _, l := range []conversation.Language{"zh-CN", "zh-TW", "en", "ja", "id"} {
			text := notice.Waiting(l, kind)
			require.NotEmpty(t, text)
			require.True(t, utf8.ValidString(text))
			require.LessOrEqual(t, len(text), 2048, "WeChat's limit for a text")
			require.NotContains(t, said, text, "%s in %s is also %s", kind, l, said[text])
			said[text] = kind + " in " + string(l)
		}
	}
	require.Equal(t, notice.Waiting("ja", "parked"), notice.Waiting("ja", "unknown"))
	require.Equal(t, notice.Waiting(conversation.DefaultLanguage, "full"), notice.Waiting("fr", "full"))
}
