package e2e_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/stretchr/testify/require"
)

const demoAppID = "wx00000000000000de"

// customer is a person with a phone, who follows an account.
type customer struct {
	s      *system
	appID  string
	openID string
}

// follower makes a new customer of the demo account.
func (s *system) follower() customer { return s.followerOf(demoAppID) }

func (s *system) followerOf(appID string) customer {
	s.t.Helper()
	var made struct{ OpenID string }
	s.simulator(http.MethodPost, "/accounts/"+appID+"/followers", map[string]any{"quiet": true}, &made)
	return s.customerOf(appID, made.OpenID)
}

// customerOf returns the customer who follows an account under an openid.
func (s *system) customerOf(appID, openID string) customer { return customer{s, appID, openID} }

func (c customer) path() string { return "/accounts/" + c.appID + "/followers/" + c.openID }

// says writes a text and does not wait for what becomes of it.
func (c customer) says(text string) {
	c.s.t.Helper()
	c.s.simulator(http.MethodPost, c.path()+"/say", map[string]any{"text": text}, nil)
}

// manages writes a text and returns whether WeChat was told that it is taken.
func (c customer) manages(text string) bool {
	c.s.t.Helper()
	var out struct{ Verdict string }
	c.s.simulator(http.MethodPost, c.path()+"/say?wait=true", map[string]any{"text": text}, &out)
	return out.Verdict == "accepted"
}

// line is something on a customer's screen.
type line struct {
	N       int
	At      time.Time
	From    string
	Channel string
	Kind    string
	Text    string
	Verdict string
}

func (c customer) screen() []line {
	c.s.t.Helper()
	var all []line
	for after := 0; ; {
		var out struct {
			Items []line
			Next  int
		}
		c.s.simulator(http.MethodGet, c.path()+"/screen?after="+strconv.Itoa(after), nil, &out)
		all = append(all, out.Items...)
		if len(out.Items) == 0 || out.Next == after {
			return all
		}
		after = out.Next
	}
}

// answers are the texts that the customer got from the account, in order.
func (c customer) answers() []string {
	c.s.t.Helper()
	var texts []string
	for _, l := range c.screen() {
		if l.From == "account" {
			texts = append(texts, l.Text)
		}
	}
	return texts
}

// gets waits until the customer has n answers and returns them.
func (c customer) gets(n int, within time.Duration) []string {
	c.s.t.Helper()
	var got []string
	c.s.until(within, "the customer has an answer to everything", func() bool {
		got = c.answers()
		return len(got) >= n
	})
	return got
}

// message is a line of a transcript.
type message struct {
	Fields   map[string]string
	ID       string
	Author   string
	Kind     string
	Text     string
	Delivery *struct{ Status, Reason string }
}

// conversationView is a conversation as the API shows it.
type conversationView struct {
	ID       string
	Customer struct{ ID, OpenID string }
	State    string
	Holder   string
	QueueID  *string `json:"queue_id"`
	Close    *string `json:"close_reason"`
}

// conversations lists a customer's conversations, newest first.
func (c customer) conversations() []conversationView {
	c.s.t.Helper()
	var mine []conversationView
	for cursor := ""; ; {
		var out struct {
			Items []conversationView
			Next  *string
		}
		status := c.s.api(http.MethodGet, "/v1/conversations?limit=200&cursor="+url.QueryEscape(cursor), nil, nil, &out)
		require.Equal(c.s.t, http.StatusOK, status)
		for _, t := range out.Items {
			if t.Customer.OpenID == c.openID {
				mine = append(mine, t)
			}
		}
		if out.Next == nil || *out.Next == "" {
			return mine
		}
		cursor = *out.Next
	}
}

// transcript is all of a conversation, oldest first.
func (s *system) transcript(conversation string) []message {
	s.t.Helper()
	var all []message
	for cursor := ""; ; {
		var out struct {
			Items []message
			Next  *string
		}
		status := s.api(http.MethodGet, "/v1/conversations/"+conversation+"/messages?limit=200&cursor="+url.QueryEscape(cursor), nil, nil, &out)
		require.Equal(s.t, http.StatusOK, status)
		all = append(all, out.Items...)
		if out.Next == nil || *out.Next == "" {
			return all
		}
		cursor = *out.Next
	}
}

// api calls the HTTP API as an admin and returns the status.
func (s *system) api(method, path string, header map[string]string, in, out any) int {
	s.t.Helper()
	status, body := s.call(method, "http://"+s.http+path, header, in)
	if out != nil {
		require.NoErrorf(s.t, json.Unmarshal(body, out), "%s", body)
	}
	return status
}

// simulator calls the control API, which must succeed.
func (s *system) simulator(method, path string, in, out any) {
	s.t.Helper()
	status, body := s.call(method, "http://"+s.sim+"/_sim"+path, nil, in)
	require.Equalf(s.t, 2, status/100, "%s %s: %d %s", method, path, status, body)
	if out != nil {
		require.NoErrorf(s.t, json.Unmarshal(body, out), "%s", body)
	}
}

func (s *system) call(method, target string, header map[string]string, in any) (int, []byte) {
	s.t.Helper()
	var body io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		require.NoError(s.t, err)
		body = bytes.NewReader(text)
	}
	req, err := http.NewRequest(method, target, body)
	require.NoError(s.t, err)
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	for name, value := range header {
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(s.t, err)
	defer resp.Body.Close() //nolint:errcheck // read below
	text, err := io.ReadAll(resp.Body)
	require.NoError(s.t, err)
	return resp.StatusCode, text
}
