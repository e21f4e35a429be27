package harness

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Conversation is a conversation as the API shows it.
type Conversation struct {
	ID       string
	Customer struct{ ID, OpenID string }
	State    string
	Holder   string
	QueueID  *string `json:"queue_id"`
	Close    *string `json:"close_reason"`
}

// Conversations lists a customer's conversations, newest first.
func (c Customer) Conversations() []Conversation {
	c.System.T.Helper()
	var mine []Conversation
	for cursor := ""; ; {
		var out struct {
			Items []Conversation
			Next  *string
		}
		status := c.System.CallAPI(http.MethodGet, "/v1/conversations?limit=200&cursor="+url.QueryEscape(cursor), nil, nil, &out)
		require.Equal(c.System.T, http.StatusOK, status)
		for _, t := range out.Items {
			if t.Customer.OpenID == c.OpenID {
				mine = append(mine, t)
			}
		}
		if out.Next == nil || *out.Next == "" {
			return mine
		}
		cursor = *out.Next
	}
}

// AllConversations lists the conversations of all customers, newest first.
func (s *System) AllConversations() (all []Conversation) {
	s.T.Helper()
	for cursor := ""; ; {
		var page struct {
			Items []Conversation
			Next  *string
		}
		require.Equal(s.T, http.StatusOK, s.CallAPI(http.MethodGet, "/v1/conversations?limit=200&cursor="+cursor, nil, nil, &page))
		all = append(all, page.Items...)
		if page.Next == nil || *page.Next == "" {
			return all
		}
		cursor = *page.Next
	}
}

// Message is one message of a transcript.
type Message struct {
	Fields   map[string]string
	ID       string
	Author   string
	Kind     string
	Text     string
	Delivery *struct{ Status, Reason string }
}

// Transcript returns all messages of a conversation, oldest first.
func (s *System) Transcript(conversation string) []Message {
	s.T.Helper()
	var all []Message
	for cursor := ""; ; {
		var out struct {
			Items []Message
			Next  *string
		}
		status := s.CallAPI(http.MethodGet, "/v1/conversations/"+conversation+"/messages?limit=200&cursor="+url.QueryEscape(cursor), nil, nil, &out)
		require.Equal(s.T, http.StatusOK, status)
		all = append(all, out.Items...)
		if out.Next == nil || *out.Next == "" {
			return all
		}
		cursor = *out.Next
	}
}

// RequireOrder fails the test unless the messages of each sender, "sender 1 message 0002", stand in the order of their numbers.
func RequireOrder(t *testing.T, lines []Message, senders int) {
	t.Helper()
	next := make([]int, senders)
	for _, m := range lines {
		if m.Author != "customer" {
			continue
		}
		var sender, n int
		_, err := fmt.Sscanf(m.Text, "sender %d message %d", &sender, &n)
		require.NoError(t, err)
		require.Equal(t, next[sender], n, "in order")
		next[sender]++
	}
}

// WaitForState waits until a conversation has a state and a holder, written as "active agent".
func (s *System) WaitForState(conversation, want string, within time.Duration) {
	s.T.Helper()
	var got string
	s.WaitFor(within, "the conversation is "+want, func() bool {
		var out struct{ State, Holder string }
		require.Equal(s.T, http.StatusOK, s.CallAPI(http.MethodGet, "/v1/conversations/"+conversation, nil, nil, &out))
		got = out.State + " " + out.Holder
		return got == want
	})
}

// WaitForDeliveries waits until no message of any conversation is queued or being sent.
func (s *System) WaitForDeliveries() {
	s.T.Helper()
	s.WaitFor(60*time.Second, "every message has its fate", func() bool {
		var out struct{ Items []Conversation }
		s.CallAPI(http.MethodGet, "/v1/conversations?limit=200", nil, nil, &out)
		for _, t := range out.Items {
			for _, m := range s.Transcript(t.ID) {
				if m.Delivery != nil && (m.Delivery.Status == "queued" || m.Delivery.Status == "sending") {
					return false
				}
			}
		}
		return true
	})
}

// DeliveryStatuses returns the final delivery status of each answer to a customer.
func (s *System) DeliveryStatuses(c Customer) (statuses []string) {
	s.T.Helper()
	for _, conversation := range c.Conversations() {
		for _, m := range s.Transcript(conversation.ID) {
			if m.Delivery != nil && m.Delivery.Status != "queued" && m.Delivery.Status != "sending" {
				statuses = append(statuses, m.Delivery.Status)
			}
		}
	}
	return statuses
}
