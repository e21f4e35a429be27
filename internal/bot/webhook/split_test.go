package webhook_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"wxdesk/internal/bot/webhook"
	"wxdesk/internal/wechat"
)

// B05
func TestSplit_cutsNoVisibleCharacter(t *testing.T) {
	t.Parallel()
	for name, character := range map[string]string{
		"family": "👨‍👩‍👧‍👦", "flag": "🇯🇵", "regional flag": "🏴\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F",
		"skin tone": "👍🏽", "accent": "e\u0301", "voiced": "か\u3099", "half-width voiced": "ｶﾞ", "jamo": "\u1112\u1161\u11ab", "thai": "\u0e01\u0e33",
		"line end": "\r\n",
	} {
		text := "x" + strings.Repeat(character, 40) + "x"
		for limit := len(character); limit < 3*len(character); limit++ {
			parts := webhook.Split(text, limit)
			if name == "line end" {
				continue // parts of line ends alone show nothing and are left out
			}
			require.Equal(t, text, strings.Join(parts, ""), name)
			for _, part := range parts {
				require.LessOrEqual(t, len(part), limit)
				whole := strings.TrimSuffix(strings.TrimPrefix(part, "x"), "x")
				require.Equal(t, strings.Repeat(character, len(whole)/len(character)), whole, name)
			}
		}
	}
}

func TestSplit_cutsAtWhiteSpace(t *testing.T) {
	t.Parallel()
	require.Equal(t, []string{"one two ", "three"}, webhook.Split("one two three", 10))
	require.Equal(t, []string{"a bcdefghi", "jk"}, webhook.Split("a bcdefghijk", 10), "not where that leaves little")
	require.Equal(t, []string{"whole"}, webhook.Split("whole", 5))
	require.Equal(t, []string{"text"}, webhook.Split("text"+strings.Repeat(" ", 20), 4), "what shows nothing is left out")
}

func TestSplit_losesNothingAndKeepsTheLimit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOfN(rapid.RuneFrom([]rune("ab 中😀é\u0301\u200d🇯🇵\n")), 1, 200, -1).Draw(t, "text")
		limit := rapid.IntRange(4, 60).Draw(t, "limit")
		parts := webhook.Split(text, limit)
		if parts == nil {
			return // blank, or one character is longer than the limit
		}
		rest := text
		for _, part := range parts {
			require.LessOrEqual(t, len(part), limit)
			require.True(t, utf8.ValidString(part))
			before, after, found := strings.Cut(rest, part)
			require.True(t, found)
			require.True(t, wechat.Blank(before), "only what shows nothing is left out")
			rest = after
		}
		require.True(t, wechat.Blank(rest))
	})
}
