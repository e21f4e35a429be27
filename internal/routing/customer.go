package routing

import (
	"strings"
	"unicode/utf8"

	"wxdesk/internal/conversation"
)

// Limits of what is said of a customer.
const (
	MaxPreferred = 3   // agents (ASG-14)
	MaxTags      = 20  // as many as WeChat gives a follower
	MaxTag       = 100 // characters
)

// Customer is what administrators and supervisors have entered about a customer, and routing uses. It has nothing that the customer wrote.
type Customer struct {
	Stamp
	ID        conversation.CustomerID
	AccountID conversation.AccountID
	Following bool
	Preferred []conversation.AgentID // who is asked first, in order (ASG-14)
	Tags      []string               // the fact customer.tags
}

// CheckCustomer says what is wrong with it. Whether the agents exist is for the caller to know.
func CheckCustomer(c Customer) []InvalidField {
	var f invalidFields
	f.add(len(c.Preferred) <= MaxPreferred, "preferred_agent_ids", "expected at most %d", MaxPreferred)
	unique(&f, "preferred_agent_ids", c.Preferred, func(a conversation.AgentID) conversation.AgentID { return a })
	f.add(len(c.Tags) <= MaxTags, "tags", "expected at most %d", MaxTags)
	for i, tag := range c.Tags {
		f.add(strings.TrimSpace(tag) != "" && utf8.RuneCountInString(tag) <= MaxTag, at("tags", i), "expected 1 to %d characters", MaxTag)
	}
	unique(&f, "tags", c.Tags, func(tag string) string { return tag })
	return f
}
