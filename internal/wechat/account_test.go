package wechat_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/wechat"
)

// D9
func TestShapes_acceptWhatWeChatGivesOut(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		valid   func(string) bool
		good    []string
		refused []string
	}{
		{
			"AppID", wechat.ValidAppID,
			[]string{"wx2c2769f8efd9abc2"},
			[]string{"", "wx", "wx2c2769f8efd9abc", "wx2c2769f8efd9abc2a", "WX2c2769f8efd9abc2", "ww2c2769f8efd9abc2", "wx2C2769f8efd9abc2", "wx2c2769f8efd9abc\n"},
		},
		{
			"original id", wechat.ValidOriginalID,
			[]string{"gh_10f6c3c3ac5a"},
			[]string{"", "gh_", "gh_10f6c3c3ac5", "gh_10f6c3c3ac5a0", "gh-10f6c3c3ac5a", "gh_10f6c3c3ac5g"},
		},
		{
			"openid (X12)", wechat.ValidOpenID,
			[]string{"oyORnuP8q7ou2gfYjqLzSIWZf0rs", "o9AgO5Kd5ggOC-bXrbNODIiE3bGY", "messense", strings.Repeat("o", 64)},
			[]string{"", strings.Repeat("o", 200), strings.Repeat("o", 65), "o/a", "o\n", "o 1", "o😀"},
		},
		{
			"token (C30)", wechat.ValidToken,
			[]string{"abc", "AAAAA", strings.Repeat("a", 32)},
			[]string{"", "ab", strings.Repeat("a", 33), "a-b-c", "abc "},
		},
		{
			"EncodingAESKey (K02)", wechat.ValidEncodingAESKey,
			[]string{keyAAA, keyABC, keyV5, keyV6, keyV7, strings.Repeat("+", 42) + "/"},
			[]string{"", keyABC[:42], keyABC + "A", keyABC[:42] + "=", keyABC[:42] + " ", keyABC[:42] + "-", keyABC[:42] + "_"},
		},
		{
			"AppSecret", wechat.ValidAppSecret,
			[]string{strings.Repeat("0a", 16)},
			[]string{"", strings.Repeat("0a", 15), strings.Repeat("0A", 16), strings.Repeat("0g", 16)},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for _, s := range tt.good {
				require.Truef(t, tt.valid(s), "%q", s)
			}
			for _, s := range tt.refused {
				require.Falsef(t, tt.valid(s), "%q", s)
			}
		})
	}
}

func TestMode_thereAreThree(t *testing.T) {
	t.Parallel()
	for _, m := range []wechat.Mode{"safe", "compatible", "plain"} {
		require.True(t, m.Valid(), m)
		require.Equal(t, m != "plain", m.Encrypted(), m)
	}
	for _, m := range []wechat.Mode{"", "Safe", "aes", "raw"} {
		require.False(t, m.Valid(), m)
	}
}
