package wechat_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"wxdesk/internal/wechat"
)

var idKey = []byte("0123456789abcdef0123456789abcdef")

func TestMessageKey_isEqualForRepeats(t *testing.T) {
	t.Parallel()
	one, again := readInbound(t, plainV2), readInbound(t, plainV2)
	key := wechat.MessageKey(idKey, "account", one)
	require.Equal(t, key, wechat.MessageKey(idKey, "account", again))
	require.Regexp(t, regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`), key)

	again.Content, again.CreateTime = "other content", "1"
	require.Equal(t, key, wechat.MessageKey(idKey, "account", again), "C11: the MsgId decides")
}

// X10
func TestMessageKey_differsByEveryPartThatCounts(t *testing.T) {
	t.Parallel()
	message := wechat.Inbound{FromUserName: "o1", CreateTime: "1700000000", MsgType: "text", MsgID: "7"}
	event := wechat.Inbound{FromUserName: "o1", CreateTime: "1700000000", MsgType: "event", Event: "CLICK", EventKey: "k"}
	seen := map[string]string{}
	add := func(name string, key []byte, account string, m wechat.Inbound) {
		k := wechat.MessageKey(key, account, &m)
		require.Emptyf(t, seen[k], "%s collides", name)
		seen[k] = name
	}
	add("message", idKey, "a", message)
	add("other key", []byte("other"), "a", message)
	add("other account", idKey, "b", message)
	add("other customer", idKey, "a", with(message, func(m *wechat.Inbound) { m.FromUserName = "o2" }))
	add("other id", idKey, "a", with(message, func(m *wechat.Inbound) { m.MsgID = "8" }))
	add("event", idKey, "a", event)
	add("event of another second", idKey, "a", with(event, func(m *wechat.Inbound) { m.CreateTime = "1700000001" }))
	add("X10 other event", idKey, "a", with(event, func(m *wechat.Inbound) { m.Event = "VIEW" }))
	add("X10 other event key", idKey, "a", with(event, func(m *wechat.Inbound) { m.EventKey = "l" }))
	add("other job", idKey, "a", with(event, func(m *wechat.Inbound) { m.MsgID = "7" }))
	add("moved boundary", idKey, "a", with(event, func(m *wechat.Inbound) { m.Event, m.EventKey = "CLICKk", "" }))
}

// X09
func TestMessageKey_withoutAnIDIsNotShared(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"", "0", "00", " 0 "} {
		m := wechat.Inbound{FromUserName: "o1", CreateTime: "1700000000", MsgType: "text", Content: "a", MsgID: id}
		key := wechat.MessageKey(idKey, "a", &m)
		require.Equal(t, key, wechat.MessageKey(idKey, "a", &m), "a repeat is known")
		for _, other := range []wechat.Inbound{
			with(m, func(m *wechat.Inbound) { m.CreateTime = "1700000001" }),
			with(m, func(m *wechat.Inbound) { m.FromUserName = "o2" }),
			with(m, func(m *wechat.Inbound) { m.Content = "b" }),
			with(m, func(m *wechat.Inbound) { m.MsgType = "image" }),
		} {
			require.NotEqual(t, key, wechat.MessageKey(idKey, "a", &other))
		}
	}
}

func TestKeys_neverCollideForDifferentParts(t *testing.T) {
	t.Parallel()
	part := rapid.StringOfN(rapid.RuneFrom([]rune("ab\x00")), 0, 3, -1)
	rapid.Check(t, func(t *rapid.T) {
		event := func(n string) (wechat.Inbound, string) {
			m := wechat.Inbound{MsgType: "event", FromUserName: wechat.OpenID(part.Draw(t, n)), CreateTime: part.Draw(t, n), Event: part.Draw(t, n), EventKey: part.Draw(t, n)}
			account := part.Draw(t, n)
			return m, strings.Join([]string{account, string(m.FromUserName), m.CreateTime, m.Event, m.EventKey}, "|")
		}
		a, partsA := event("a")
		b, partsB := event("b")
		accountA, _, _ := strings.Cut(partsA, "|")
		accountB, _, _ := strings.Cut(partsB, "|")
		same := wechat.MessageKey(idKey, accountA, &a) == wechat.MessageKey(idKey, accountB, &b)
		require.Equal(t, partsA == partsB, same)
	})
}

func TestCustomerKey_isItsOwnKindOfKey(t *testing.T) {
	t.Parallel()
	key := wechat.CustomerKey(idKey, "oyORnuP8q7ou2gfYjqLzSIWZf0rs")
	require.Regexp(t, regexp.MustCompile(`^[A-Za-z0-9_-]{43}$`), key)
	require.NotEqual(t, key, wechat.CustomerKey(idKey, "oyORnuP8q7ou2gfYjqLzSIWZf0rt"))
	require.NotEqual(t, key, wechat.CustomerKey([]byte("other"), "oyORnuP8q7ou2gfYjqLzSIWZf0rs"))
}

// Keys stand in databases and workflow ids: they must never change.
func TestKeys_neverChange(t *testing.T) {
	t.Parallel()
	require.Equal(t, "O1amr0vZNHtmh49awjWxbhxwdOMoyJIaysNGweTO-hU", wechat.CustomerKey(idKey, "oyORnuP8q7ou2gfYjqLzSIWZf0rs"))
	require.Equal(t, "RAdDBCRLZaZ4Fj_1gNv2xPbJCPNDJvwVeqlxmCJU8iQ", wechat.MessageKey(idKey, "account", readInbound(t, plainV2)))
	require.Equal(t, "q6v0hU6tYZZX_qx946UiRl5e-kylGGpypyI679hsgPI", wechat.MessageKey(idKey, "account", readInbound(t, inboundXML("event", "<Event>CLICK</Event><EventKey>k</EventKey>"))))
}

func with(m wechat.Inbound, change func(*wechat.Inbound)) wechat.Inbound {
	change(&m)
	return m
}
