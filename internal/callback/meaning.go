package callback

import (
	"wxdesk/internal/conversation"
	"wxdesk/internal/wechat"
)

// What a callback means for its conversation, by its kind: WeChat's MsgType, or the event's name.

// WantsAnswer reports whether the customer waits for an answer since the arrival: a bot that holds the conversation is asked about it. It
// is not asked about repeats of old news (stale), our own echo, blank text, or events whose content follows in a message of its own.
func (a Arrival) WantsAnswer() bool {
	switch {
	case a.Stale, a.Echo:
		return false
	case !a.IsEvent:
		return a.Kind != "text" || !wechat.Blank(a.Text)
	}
	switch a.Kind {
	case "subscribe", "SCAN", "CLICK", "scancode_waitmsg":
		return true
	}
	return false
}

// TriggerOf says which reply allowance an arrival opens. A tap on an item of a menu message arrives as text with the
// item's id and counts as a tap.
func TriggerOf(kind string, isEvent bool, menuID string) conversation.Trigger {
	if !isEvent {
		if menuID != "" && menuID != "0" {
			return conversation.TriggerTap
		}
		return conversation.TriggerMessage
	}
	switch kind {
	case "subscribe", "SCAN", "CLICK", "scancode_push", "scancode_waitmsg":
		return conversation.TriggerTap
	}
	return conversation.TriggerNone
}

// FollowOf says what an arrival changes about following.
func FollowOf(kind string, isEvent bool) Follow {
	switch {
	case isEvent && kind == "subscribe":
		return Followed
	case isEvent && kind == "unsubscribe":
		return Unfollowed
	}
	return FollowUnchanged
}
