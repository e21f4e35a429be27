package webhook_test

import (
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"wxdesk/internal/bot/webhook"
)

// B06, ACC-6
func TestTame_keepsOnlyListedLinks(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`see <a href="https://shop.example/tea?a=1&b=2">our tea</a>!`,
		`<a href="http://shop.example">one</a> and <a href="https://shop.example:8443/x">two</a>`,
		"plain, 中文, 👨‍👩‍👧, 2 > 1 & \"quoted\" [text](https://shop.example)\nsecond\tline",
	} {
		require.Equal(t, text, webhook.Tame(text))
	}
	for text, shown := range map[string]string{
		`<b>bold</b>`:                              `＜b>bold＜/b>`,
		`<a href="javascript:alert(1)">x</a>`:      `＜a href="javascript:alert(1)">x＜/a>`,
		`<a href="data:text/html,x">x</a>`:         `＜a href="data:text/html,x">x＜/a>`,
		`<A HREF="https://shop.example">x</A>`:     `＜A HREF="https://shop.example">x＜/A>`,
		`<a href='https://shop.example'>x</a>`:     `＜a href='https://shop.example'>x＜/a>`,
		`<a href="https://me:pw@shop.example">x`:   `＜a href="https://me:pw@shop.example">x`,
		`<a href="https://me@shop.example">x</a>`:  `＜a href="https://me@shop.example">x＜/a>`,
		`<a href="https:///path">x</a>`:            `＜a href="https:///path">x＜/a>`,
		`<a href="https://shop.example"></a>`:      `＜a href="https://shop.example">＜/a>`,
		`<a href="https://a.example"><b>x</b></a>`: `＜a href="https://a.example">＜b>x＜/b>＜/a>`,
		`<a href="https://shop.example" data-miniprogram-appid="wx0123456789abcdef" data-miniprogram-path="pages/x">x</a>`: `＜a href="https://shop.example" data-miniprogram-appid="wx0123456789abcdef" data-miniprogram-path="pages/x">x＜/a>`,
		`<a href="weixin://bizmsgmenu?msgmenucontent=yes&msgmenuid=1">yes</a>`:                                             `＜a href="weixin://bizmsgmenu?msgmenucontent=yes&msgmenuid=1">yes＜/a>`,
		`<i>1</i> <a href="https://a.example">x</a> <i>2</i>`:                                                              `＜i>1＜/i> <a href="https://a.example">x</a> ＜i>2＜/i>`,
		"a\x00b\x1b[31mc\u0085d\u202Ee\u2066f\r\ng\rh":                                                                     "ab[31mcdef\ng\nh",
		"<a hr\x00ef=\"javascript:x\">x</a>":                                                                               "＜a href=\"javascript:x\">x＜/a>",
	} {
		require.Equal(t, shown, webhook.Tame(text))
	}
}

// B06
func TestTame_leavesNoOtherMarkup(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.SampledFrom([]string{
			"<", ">", `"`, "'", " ", "a", "href=", "https://a.example/", "javascript:x", "</a>", `<a href="`, `">`, "\x00", "\u202e", "中", "<a ",
			`<a href="https://a.example">x</a>`,
		})
		text := strings.Join(rapid.SliceOfN(part, 0, 30).Draw(t, "parts"), "")
		shown := webhook.Tame(text)
		require.Equal(t, shown, webhook.Tame(shown), "nothing is left to be made harmless")
		for _, r := range shown {
			require.False(t, unicode.IsControl(r))
		}
		for _, tag := range strings.Split(shown, "<")[1:] {
			require.True(t, strings.HasPrefix(tag, `a href="http`) || strings.HasPrefix(tag, "/a>"), shown)
		}
	})
}

// B06
func TestWebhook_tamesTextsBeforeSplitting(t *testing.T) {
	t.Parallel()
	got, err := answersWith(t, says(`{"messages":[{"text":"<b>tea</b>\u0000"}]}`))
	require.NoError(t, err)
	require.Equal(t, []string{"＜b>tea＜/b>"}, got.Texts)
	_, err = answersWith(t, says(`{"messages":[{"text":"\u0007\u202e"}]}`))
	require.ErrorContains(t, err, "blank")
	got, err = answersWith(t, says(`{"messages":[{"text":"`+strings.Repeat("<", 1000)+`"}]}`))
	require.NoError(t, err)
	require.Len(t, got.Texts, 2, "the full-width sign has three bytes")
}
