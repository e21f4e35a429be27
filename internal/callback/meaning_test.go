package callback_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/callback"
	"wxdesk/internal/conversation"
)

// C06, X15, X21
func TestWantsAnswer_onlyWhatCanBeAnswered(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		arrival callback.Arrival
		answer  bool
	}{
		"a text":                         {callback.Arrival{Kind: "text", Text: "hello"}, true},
		"a picture":                      {callback.Arrival{Kind: "image"}, true},
		"a kind that we do not know":     {callback.Arrival{Kind: "hologram"}, true},
		"X15 an empty text":              {callback.Arrival{Kind: "text"}, false},
		"X15 a text of spaces":           {callback.Arrival{Kind: "text", Text: " \u3000\n\u200b"}, false},
		"X21 our own echo":               {callback.Arrival{Kind: "text", Text: "hello", Echo: true}, false},
		"C06 old news":                   {callback.Arrival{Kind: "text", Text: "hello", Stale: true}, false},
		"an old menu tap":                {callback.Arrival{Kind: "CLICK", IsEvent: true, Stale: true}, false},
		"a new follower":                 {callback.Arrival{Kind: "subscribe", IsEvent: true}, true},
		"a scan":                         {callback.Arrival{Kind: "SCAN", IsEvent: true}, true},
		"a menu tap":                     {callback.Arrival{Kind: "CLICK", IsEvent: true}, true},
		"a scan that awaits its answer":  {callback.Arrival{Kind: "scancode_waitmsg", IsEvent: true}, true},
		"a scan that opens a page":       {callback.Arrival{Kind: "scancode_push", IsEvent: true}, false},
		"a picture announced by a menu":  {callback.Arrival{Kind: "pic_weixin", IsEvent: true}, false},
		"a place announced by a menu":    {callback.Arrival{Kind: "location_select", IsEvent: true}, false},
		"a goodbye":                      {callback.Arrival{Kind: "unsubscribe", IsEvent: true}, false},
		"an event that is named as text": {callback.Arrival{Kind: "text", IsEvent: true, Text: "hello"}, false},
	} {
		require.Equal(t, want.answer, want.arrival.WantsAnswer(), name)
	}
}

// ACC-10
func TestTriggerOf_tellsMessagesFromTaps(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		kind    string
		isEvent bool
		menuID  string
		want    conversation.Trigger
	}{
		{"text", false, "", conversation.TriggerMessage},
		{"text", false, "0", conversation.TriggerMessage},
		{"text", false, "101", conversation.TriggerTap},
		{"text", false, "menu_yes", conversation.TriggerTap},
		{"image", false, "", conversation.TriggerMessage},
		{"subscribe", true, "", conversation.TriggerTap},
		{"SCAN", true, "", conversation.TriggerTap},
		{"CLICK", true, "", conversation.TriggerTap},
		{"scancode_push", true, "", conversation.TriggerTap},
		{"scancode_waitmsg", true, "", conversation.TriggerTap},
		{"VIEW", true, "", conversation.TriggerNone},
		{"unsubscribe", true, "", conversation.TriggerNone},
		{"LOCATION", true, "", conversation.TriggerNone},
	} {
		require.Equal(t, row.want, callback.TriggerOf(row.kind, row.isEvent, row.menuID), row)
	}
}

func TestFollowOf_countsEventsOnly(t *testing.T) {
	t.Parallel()
	require.Equal(t, callback.Followed, callback.FollowOf("subscribe", true))
	require.Equal(t, callback.Unfollowed, callback.FollowOf("unsubscribe", true))
	require.Equal(t, callback.FollowUnchanged, callback.FollowOf("SCAN", true))
	require.Equal(t, callback.FollowUnchanged, callback.FollowOf("subscribe", false))
}

func TestFingerprint_tellsContentsAndAccountsApart(t *testing.T) {
	t.Parallel()
	key, other := []byte("key of one account"), []byte("key of another one")
	same := callback.Fingerprint(key, []byte("<xml/>"))
	require.Len(t, same, 43)
	require.Equal(t, same, callback.Fingerprint(key, []byte("<xml/>")))
	require.NotEqual(t, same, callback.Fingerprint(key, []byte("<xml />")))
	require.NotEqual(t, same, callback.Fingerprint(other, []byte("<xml/>")))
}
