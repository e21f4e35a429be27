package temporalclient_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"google.golang.org/protobuf/encoding/protojson"

	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/secret"
	"wxdesk/internal/telemetry"
	"wxdesk/internal/temporalclient"
)

const webUI = "http://127.0.0.1:8233"

// tokens are API tokens by their text.
type tokens struct {
	mu   sync.Mutex
	role map[string]access.Role
}

func (k *tokens) Authenticate(_ context.Context, hash [32]byte) (access.Principal, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for text, role := range k.role {
		if sha256.Sum256([]byte(text)) == hash {
			return access.Principal{TokenID: "id-of-" + string(role), Role: role}, nil
		}
	}
	if k.role == nil {
		return access.Principal{}, errors.New("no database")
	}
	return access.Principal{}, conversation.ErrNotFound
}

func (k *tokens) revoke(text string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.role, text)
}

// sessions keep who has signed in, in memory.
type sessions struct {
	mu       sync.Mutex
	kept     map[[32]byte]access.CodecSession
	lifetime time.Duration // of the last one
	err      error
}

func (k *sessions) PutCodecSession(_ context.Context, hash [32]byte, s access.CodecSession, life time.Duration) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	s.Until, k.lifetime = time.Now().Add(life), life
	k.kept[hash] = s
	return k.err
}

func (k *sessions) CodecSession(_ context.Context, hash [32]byte) (access.CodecSession, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	s, ok := k.kept[hash]
	if k.err == nil && (!ok || s.Ticket) {
		return s, conversation.ErrNotFound
	}
	return s, k.err
}

func (k *sessions) TakeCodecTicket(_ context.Context, hash [32]byte) (string, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	s, ok := k.kept[hash]
	if k.err == nil && (!ok || !s.Ticket) {
		return "", conversation.ErrNotFound
	}
	delete(k.kept, hash)
	return s.Who, k.err
}

func (k *sessions) EndCodecSession(_ context.Context, hash [32]byte) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.err == nil {
		delete(k.kept, hash)
	}
	return k.err
}

// endpoint is a codec endpoint over real HTTP.
type endpoint struct {
	t        *testing.T
	ring     *secret.Keyring
	tokens   *tokens
	sessions *sessions
	url      string
	mu       sync.Mutex
	log      bytes.Buffer
}

func (e *endpoint) Write(b []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.log.Write(b)
}

func (e *endpoint) logged() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.log.String()
}

func newEndpoint(t *testing.T) *endpoint {
	t.Helper()
	e := &endpoint{t: t, ring: ring(t, secret.NewMasterKey("a")), tokens: &tokens{role: map[string]access.Role{
		"wxd_admin": access.RoleAdmin, "wxd_supervisor": access.RoleSupervisor, "wxd_agent": access.RoleAgent,
	}}, sessions: &sessions{kept: map[[32]byte]access.CodecSession{}}}
	server := httptest.NewServer(temporalclient.NewCodecHandler(temporalclient.CodecOptions{
		Ring: e.ring, Origin: webUI, Tokens: e.tokens, Sessions: e.sessions, Log: telemetry.NewLogger(e, telemetry.LogOptions{Text: true}),
	}))
	t.Cleanup(server.Close)
	e.url = server.URL
	return e
}

// sealed is a request's body with one payload.
func (e *endpoint) sealed() string {
	e.t.Helper()
	payloads, err := temporalclient.NewCodec(e.ring).Encode(plain(e.t))
	require.NoError(e.t, err)
	text, err := protojson.Marshal(&commonpb.Payloads{Payloads: payloads})
	require.NoError(e.t, err)
	return string(text)
}

func (e *endpoint) call(client *http.Client, method, path, body string, header ...string) (*http.Response, string) {
	e.t.Helper()
	req, err := http.NewRequestWithContext(e.t.Context(), method, e.url+path, strings.NewReader(body))
	require.NoError(e.t, err)
	for i := 0; i < len(header); i += 2 {
		req.Header.Add(header[i], header[i+1])
	}
	resp, err := client.Do(req)
	require.NoError(e.t, err)
	defer resp.Body.Close() //nolint:errcheck // read below
	text, err := io.ReadAll(resp.Body)
	require.NoError(e.t, err)
	return resp, string(text)
}

// reads reports whether a request gets a payload opened.
func (e *endpoint) reads(client *http.Client, header ...string) (status int, opened bool) {
	e.t.Helper()
	resp, body := e.call(client, http.MethodPost, "/codec/decode?preserveStorageRefs=true", e.sealed(), append(header, "Content-Type", "application/json")...)
	var out commonpb.Payloads
	if resp.StatusCode == http.StatusOK {
		require.NoError(e.t, protojson.Unmarshal([]byte(body), &out))
		opened = strings.Contains(string(out.GetPayloads()[0].GetData()), canary)
	}
	require.Equal(e.t, opened, resp.StatusCode == http.StatusOK)
	return resp.StatusCode, opened
}

// browser keeps cookies and, as browsers do, follows redirects.
func browser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	return &http.Client{Jar: jar}
}

func (e *endpoint) signsIn(client *http.Client, token string) int {
	e.t.Helper()
	resp, _ := e.call(client, http.MethodPost, "/codec/sign-in", url.Values{"token": {token}}.Encode(),
		"Content-Type", "application/x-www-form-urlencoded", "Origin", e.url, "Sec-Fetch-Site", "same-origin")
	return resp.StatusCode
}

// cookie is what a browser that has signed in keeps.
func (e *endpoint) cookie(client *http.Client) string {
	e.t.Helper()
	address, err := url.Parse(e.url + "/codec/")
	require.NoError(e.t, err)
	return client.Jar.Cookies(address)[0].Value
}

// takes sends a ticket as the page's button does.
func (e *endpoint) takes(client *http.Client, ticket string, header ...string) int {
	e.t.Helper()
	resp, _ := e.call(client, http.MethodPost, "/codec/sign-in", url.Values{"ticket": {ticket}}.Encode(),
		append(header, "Content-Type", "application/x-www-form-urlencoded")...)
	return resp.StatusCode
}
