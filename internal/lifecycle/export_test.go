package lifecycle

import (
	"time"

	"wxdesk/internal/conversation"
)

// Takes reports whether an agent may take the conversation by themselves, as the distribution judges it.
func Takes(now time.Time, s Snapshot, agent conversation.AgentID) bool {
	return s.Item != nil && newDraft(now, s).takes(s.Agents[agent]) == ""
}
