package harness

import (
	"net/http"
	"strconv"
	"time"

	"github.com/stretchr/testify/require"
)

// DemoAppID is the AppID of the account that `wxdesk dev` sets up.
const DemoAppID = "wx00000000000000de"

// Customer is a customer with a phone, who follows an official account.
type Customer struct {
	System *System
	AppID  string
	OpenID string
}

// NewCustomer returns a new customer, who follows the demo account.
func (s *System) NewCustomer() Customer { return s.NewCustomerOf(DemoAppID) }

// NewCustomerOf returns a new customer, who follows an account.
func (s *System) NewCustomerOf(appID string) Customer {
	s.T.Helper()
	var made struct{ OpenID string }
	s.CallSimulator(http.MethodPost, "/accounts/"+appID+"/followers", map[string]any{"quiet": true}, &made)
	return s.CustomerOf(appID, made.OpenID)
}

// CustomerOf returns the customer who follows an account under an openid.
func (s *System) CustomerOf(appID, openID string) Customer { return Customer{s, appID, openID} }

// Path returns the path of the customer in the simulator's control API.
func (c Customer) Path() string { return "/accounts/" + c.AppID + "/followers/" + c.OpenID }

// Write writes a text and does not wait for WeChat to deliver it.
func (c Customer) Write(text string) {
	c.System.T.Helper()
	c.System.CallSimulator(http.MethodPost, c.Path()+"/say", map[string]any{"text": text}, nil)
}

// WriteAccepted writes a text, waits until WeChat has delivered it or given up, and reports whether it was acknowledged.
func (c Customer) WriteAccepted(text string) bool {
	c.System.T.Helper()
	var out struct{ Verdict string }
	c.System.CallSimulator(http.MethodPost, c.Path()+"/say?wait=true", map[string]any{"text": text}, &out)
	return out.Verdict == "accepted"
}

// ScreenLine is a line on a customer's screen.
type ScreenLine struct {
	N       int
	At      time.Time
	From    string
	Channel string
	Kind    string
	Text    string
	Verdict string
}

// Screen returns all lines on the customer's screen, oldest first.
func (c Customer) Screen() []ScreenLine {
	c.System.T.Helper()
	var all []ScreenLine
	for after := 0; ; {
		var out struct {
			Items []ScreenLine
			Next  int
		}
		c.System.CallSimulator(http.MethodGet, c.Path()+"/screen?after="+strconv.Itoa(after), nil, &out)
		all = append(all, out.Items...)
		if len(out.Items) == 0 || out.Next == after {
			return all
		}
		after = out.Next
	}
}

// Answers returns the texts that the customer got from the account, oldest first.
func (c Customer) Answers() []string {
	c.System.T.Helper()
	var texts []string
	for _, l := range c.Screen() {
		if l.From == "account" {
			texts = append(texts, l.Text)
		}
	}
	return texts
}

// WaitForAnswers waits until the customer has n answers or more, and returns them.
func (c Customer) WaitForAnswers(n int, within time.Duration) []string {
	c.System.T.Helper()
	var got []string
	c.System.WaitFor(within, "the customer has an answer to everything", func() bool {
		got = c.Answers()
		return len(got) >= n
	})
	return got
}

// NewCustomerInQueue has a new customer ask for a person, waits until the conversation is in its queue, and returns both.
func (s *System) NewCustomerInQueue() (Customer, string) {
	s.T.Helper()
	c := s.NewCustomer()
	require.True(s.T, c.WriteAccepted("human"))
	s.WaitFor(30*time.Second, "the conversation has come to people", func() bool {
		conversations := c.Conversations()
		return len(conversations) == 1 && conversations[0].Holder == "queue"
	})
	return c, c.Conversations()[0].ID
}
