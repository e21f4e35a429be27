package wechat_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/wechat"
)

// X07
func TestReadInbound_refusesControlCharacters(t *testing.T) {
	t.Parallel()
	allowed := []string{"\t", "\n", " ", "!", "\x7f", "好"} // around it
	for control := range byte(' ') {
		for at := range 16 {
			for _, near := range allowed {
				text := strings.Repeat(near, at) + string(rune(control)) + strings.Repeat(near, 16-at)
				_, err := wechat.ReadInbound([]byte(inboundXML("text", "<Content>"+text+"</Content><MsgId>1</MsgId>")))
				if control == '\t' || control == '\n' || control == '\r' {
					require.NoError(t, err, "%q", text)
				} else {
					require.ErrorIs(t, err, wechat.ErrInbound, "%q", text)
				}
			}
		}
	}
}
