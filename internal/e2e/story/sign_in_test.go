package story_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"wxdesk/internal/e2e/harness"
)

// browser is a person who has signed in, and whose requests look like those of a page of ours.
type browser struct {
	s      *harness.System
	cookie string
}

func (b *browser) send(ctx context.Context, method, path string, in any) *http.Response {
	b.s.T.Helper()
	body, err := json.Marshal(in)
	require.NoError(b.s.T, err)
	req, err := http.NewRequestWithContext(ctx, method, "http://"+b.s.HTTPAddr+path, bytes.NewReader(body))
	require.NoError(b.s.T, err)
	if in != nil {
		req.Header.Set("Content-Type", "application/json")
	} else {
		req.Body, req.ContentLength = http.NoBody, 0
	}
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	req.Header.Set("Idempotency-Key", path)
	if method != http.MethodGet {
		req.Header.Set("Origin", "http://"+b.s.HTTPAddr)
	}
	if b.cookie != "" {
		req.Header.Set("Cookie", b.cookie)
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(b.s.T, err)
	if set := resp.Header.Get("Set-Cookie"); set != "" {
		b.cookie, _, _ = strings.Cut(set, ";")
	}
	return resp
}

// asks sends a request and reads the answer.
func (b *browser) asks(method, path string, in, out any) int {
	b.s.T.Helper()
	resp := b.send(b.s.T.Context(), method, path, in)
	defer resp.Body.Close() //nolint:errcheck // read below
	text, err := io.ReadAll(resp.Body)
	require.NoError(b.s.T, err)
	if out != nil {
		require.NoErrorf(b.s.T, json.Unmarshal(text, out), "%s", text)
	}
	return resp.StatusCode
}

// myself is what `GET /v1/me` answers.
type myself struct {
	Name  string
	Agent *struct {
		Presence string
		AgentID  string `json:"agent_id"`
	}
	Shift bool
}

func (b *browser) me() (me myself) {
	b.s.T.Helper()
	require.Equal(b.s.T, http.StatusOK, b.asks(http.MethodGet, "/v1/me", nil, &me))
	return me
}

// The first minute: `make dev` prints a link that signs 王芳 in, who is at work when they say so, takes a customer and answers. When
// they sign out, their stream ends within a second and they are offline at once (S9).
func TestSignIn_byTheLinkThatDevPrints(t *testing.T) {
	t.Parallel()
	s := harness.NewSystem(t)
	s.WithDemo()
	s.Launch()
	s.DisableFsync()
	s.AdminToken = s.Command("token", "create", "--role", "admin", "--name", "e2e")
	link := regexp.MustCompile(`http://` + regexp.QuoteMeta(s.HTTPAddr) + `/welcome#(wxl_\S+)`).FindStringSubmatch(s.Out.String())
	require.NotNil(t, link, "no link in:\n%s", s.Out)

	b := &browser{s: s}
	var me myself
	require.Equal(t, http.StatusOK, b.asks(http.MethodPost, "/v1/session/link", map[string]string{"code": link[1]}, &me))
	require.True(t, strings.HasPrefix(b.cookie, "__Host-wxdesk=wxs_"))
	require.Equal(t, "王芳", me.Name)
	require.Equal(t, http.StatusUnauthorized, (&browser{s: s}).asks(http.MethodPost, "/v1/session/link", map[string]string{"code": link[1]}, nil))

	stream := b.send(t.Context(), http.MethodGet, "/v1/events", nil)
	defer stream.Body.Close() //nolint:errcheck // it ends by itself
	require.Equal(t, http.StatusOK, stream.StatusCode)
	require.Equal(t, "offline", b.me().Agent.Presence, "looking is not working")
	require.Equal(t, http.StatusNoContent, b.asks(http.MethodPut, "/v1/me/shift", nil, nil))
	require.Equal(t, "available", b.me().Agent.Presence)

	c := s.NewCustomer()
	require.True(t, c.WriteAccepted("human"))
	var work struct {
		Offers []struct {
			ID    string
			Offer struct {
				AssignmentID string `json:"assignment_id"`
			}
		}
	}
	s.WaitFor(30*time.Second, "the conversation is offered", func() bool {
		require.Equal(t, http.StatusOK, b.asks(http.MethodGet, "/v1/me/work", nil, &work))
		return len(work.Offers) == 1
	})
	conversation := "/v1/conversations/" + work.Offers[0].ID
	seen := map[string]string{"assignment_id": work.Offers[0].Offer.AssignmentID}
	require.Equal(t, http.StatusNoContent, b.asks(http.MethodPost, conversation+"/seen", seen, nil))
	require.Equal(t, http.StatusOK, b.asks(http.MethodPost, conversation+"/accept", nil, nil))
	require.Equal(t, http.StatusConflict, b.asks(http.MethodPost, conversation+"/seen", seen, nil), "too late")
	require.Equal(t, http.StatusOK, b.asks(http.MethodPost, conversation+"/reply", map[string]string{"text": "您好，我是王芳"}, nil))
	s.WaitFor(30*time.Second, "the reply is on the phone", func() bool { return slices.Contains(c.Answers(), "您好，我是王芳") })

	ended := make(chan time.Time, 1)
	go func() {
		_, _ = io.Copy(io.Discard, stream.Body)
		ended <- time.Now()
	}()
	cookie := b.cookie
	begun := time.Now()
	require.Equal(t, http.StatusNoContent, b.asks(http.MethodDelete, "/v1/session", nil, nil))
	require.Less(t, (<-ended).Sub(begun), time.Second)
	b.cookie = cookie
	require.Equal(t, http.StatusUnauthorized, b.asks(http.MethodGet, "/v1/me", nil, nil))
	var presence struct{ Presence string }
	require.Equal(t, http.StatusOK, s.CallAPI(http.MethodGet, "/v1/agents/"+me.Agent.AgentID+"/presence", nil, nil, &presence))
	require.Equal(t, "offline", presence.Presence)
}
