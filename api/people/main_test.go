package people_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"wxdesk/api/apitest"
	"wxdesk/api/web"
	"wxdesk/internal/access"
	"wxdesk/internal/user"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const home = "192.0.2.1:1234" // where httptest's requests come from

// office is an API with somebody of each role who may sign in, all with apitest.Password.
type office struct {
	*apitest.World
	http.Handler
	admin, boss, agent user.User
}

func newOffice() *office {
	w := apitest.NewWorld()
	return &office{
		World: w, Handler: w.Handler(),
		admin: w.People.Add(user.User{Name: "Lin", Role: access.RoleAdmin}),
		boss:  w.People.Add(user.User{Name: "Boss", Role: access.RoleSupervisor, AgentID: apitest.AgentB}), // who answers too
		agent: w.People.Add(user.User{Name: "王芳", Role: access.RoleAgent, AgentID: apitest.AgentA, Locale: "zh-CN"}),
	}
}

// signIn tries to sign in from an address.
func (o *office) signIn(t *testing.T, from, name, password string) *httptest.ResponseRecorder {
	t.Helper()
	return o.post(t, from, "/v1/session", map[string]string{"name": name, "password": password})
}

func (o *office) post(t *testing.T, from, path string, body any) *httptest.ResponseRecorder {
	t.Helper()
	text, err := json.Marshal(body)
	require.NoError(t, err)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, path, strings.NewReader(string(text)))
	r.RemoteAddr = from
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Origin", apitest.Origin)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	w := httptest.NewRecorder()
	o.ServeHTTP(w, r)
	return w
}

// cookieOf is the text of the session that an answer gives out.
func cookieOf(t *testing.T, answer *httptest.ResponseRecorder) *http.Cookie {
	t.Helper()
	require.Less(t, answer.Code, 300, answer.Body.String())
	cookies := answer.Result().Cookies() //nolint:bodyclose // a recorder's
	require.Len(t, cookies, 1)
	require.Equal(t, web.SessionCookie, cookies[0].Name)
	return cookies[0]
}

// me is Me, as the API answers it.
type me struct {
	Name        string
	Role        string
	UserID      *string `json:"user_id"`
	Agent       *struct{ AgentID string }
	Shift       bool
	Locale      string
	Preferences map[string]any
}
