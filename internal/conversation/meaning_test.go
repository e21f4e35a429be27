package conversation_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/conversation"
)

func TestWantsAnswer_onlyWhereThereIsSomethingToAnswer(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]struct {
		arrival conversation.Arrival
		answer  bool
	}{
		"a text":                         {conversation.Arrival{Kind: "text", Text: "hello"}, true},
		"a picture":                      {conversation.Arrival{Kind: "image"}, true},
		"a kind that we do not know":     {conversation.Arrival{Kind: "hologram"}, true},
		"X15 an empty text":              {conversation.Arrival{Kind: "text"}, false},
		"X15 a text of spaces":           {conversation.Arrival{Kind: "text", Text: " \u3000\n\u200b"}, false},
		"X21 our own echo":               {conversation.Arrival{Kind: "text", Text: "hello", Echo: true}, false},
		"C06 old news":                   {conversation.Arrival{Kind: "text", Text: "hello", Stale: true}, false},
		"an old menu tap":                {conversation.Arrival{Kind: "CLICK", IsEvent: true, Stale: true}, false},
		"a new follower":                 {conversation.Arrival{Kind: "subscribe", IsEvent: true}, true},
		"a scan":                         {conversation.Arrival{Kind: "SCAN", IsEvent: true}, true},
		"a menu tap":                     {conversation.Arrival{Kind: "CLICK", IsEvent: true}, true},
		"a scan that awaits its answer":  {conversation.Arrival{Kind: "scancode_waitmsg", IsEvent: true}, true},
		"a scan that opens a page":       {conversation.Arrival{Kind: "scancode_push", IsEvent: true}, false},
		"a picture announced by a menu":  {conversation.Arrival{Kind: "pic_weixin", IsEvent: true}, false},
		"a place announced by a menu":    {conversation.Arrival{Kind: "location_select", IsEvent: true}, false},
		"a goodbye":                      {conversation.Arrival{Kind: "unsubscribe", IsEvent: true}, false},
		"an event that is named as text": {conversation.Arrival{Kind: "text", IsEvent: true, Text: "hello"}, false},
	} {
		require.Equal(t, want.answer, want.arrival.WantsAnswer(), name)
	}
}

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
		require.Equal(t, row.want, conversation.TriggerOf(row.kind, row.isEvent, row.menuID), row)
	}
}

func TestFollowOf_countsEventsOnly(t *testing.T) {
	t.Parallel()
	require.Equal(t, conversation.Followed, conversation.FollowOf("subscribe", true))
	require.Equal(t, conversation.Unfollowed, conversation.FollowOf("unsubscribe", true))
	require.Equal(t, conversation.FollowUnchanged, conversation.FollowOf("SCAN", true))
	require.Equal(t, conversation.FollowUnchanged, conversation.FollowOf("subscribe", false))
}

func TestFingerprint_tellsContentsAndAccountsApart(t *testing.T) {
	t.Parallel()
	key, other := []byte("key of one account"), []byte("key of another one")
	same := conversation.Fingerprint(key, []byte("<xml/>"))
	require.Len(t, same, 43)
	require.Equal(t, same, conversation.Fingerprint(key, []byte("<xml/>")))
	require.NotEqual(t, same, conversation.Fingerprint(key, []byte("<xml />")))
	require.NotEqual(t, same, conversation.Fingerprint(other, []byte("<xml/>")))
}
