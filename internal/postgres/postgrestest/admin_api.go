package postgrestest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/stretchr/testify/require"

	"wxdesk/api"
	"wxdesk/api/admin"
	"wxdesk/api/apitest"
	"wxdesk/api/web"
	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/routing"
)

// AdminAPI is the API's handler over the fixture's ledger.
type AdminAPI struct {
	*Fixture
	http.Handler
}

// NewAdminAPI makes the API of administrators over a database of its own. The text of a token is its role.
func NewAdminAPI(t *testing.T) AdminAPI {
	t.Helper()
	return newAdminAPI(NewEmptyFixture(t), roles{})
}

// NewTokenAPI makes the API of administrators over a database of its own, in which only the tokens of the ledger count.
func NewTokenAPI(t *testing.T) AdminAPI {
	t.Helper()
	f := NewEmptyFixture(t)
	return newAdminAPI(f, f)
}

func newAdminAPI(f *Fixture, tokens web.Authenticator) AdminAPI {
	return AdminAPI{f, api.New(api.Config{
		Admin:  admin.Ports{Accounts: f, Bots: f, FAQ: f, Setup: f, SeenCustomers: f, Agents: f, RoutingPlans: f, Tokens: f},
		Tokens: tokens, Audit: f, Evaluator: always{},
		MayCall:   func(context.Context, string) error { return nil },
		PublicURL: "https://desk.example", CursorKey: bytes.Repeat([]byte{7}, 32), Log: slog.New(slog.DiscardHandler),
	}).Handler()}
}

type roles struct{}

func (roles) AuthenticateSession(context.Context, [32]byte) (access.Principal, error) {
	return access.Principal{}, conversation.ErrNotFound
}

// Authenticate implements web.Authenticator.
func (roles) Authenticate(_ context.Context, hash [32]byte) (access.Principal, error) {
	for _, role := range []access.Role{access.RoleAdmin, access.RoleSupervisor, access.RoleAgent} {
		if sha256.Sum256([]byte(role)) == hash {
			who := access.Principal{Tenant: Tenant, TokenID: "token of " + string(role), Role: role}
			if role == access.RoleAgent {
				who.AgentID = conversation.AgentID(uuid.NewSHA1(uuid.Nil, []byte("an agent")).String())
			}
			return who, nil
		}
	}
	return access.Principal{}, conversation.ErrNotFound
}

// always is a judge for whom every condition holds.
type always struct{}

// Evaluate implements routing.Evaluator.
func (always) Evaluate(string, routing.Facts) (bool, error) { return true, nil }

// Ask sends a request with a token.
func (d AdminAPI) Ask(t *testing.T, token, method, path, body string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	return apitest.Call(t, d, token, method, path, body, headers...)
}

// Thing is what the tests look at in an answer.
type Thing struct {
	ID        string
	Name      string
	Version   int64
	Published *int64
	Units     *int
	QueueIDs  []string `json:"queue_ids"`
	AgentIDs  []string `json:"agent_ids"`
	Errors    []struct{ Location, Message string }
}

// Must is Ask, and fails the test unless the answer has the status.
func (d AdminAPI) Must(t *testing.T, status int, role, method, path, body string, headers ...string) (got Thing) {
	t.Helper()
	w := d.Ask(t, role, method, path, body, headers...)
	require.Equal(t, status, w.Code, "%s %s: %s", method, path, w.Body)
	if w.Body.Len() > 0 && strings.Contains(w.Header().Get("Content-Type"), "json") {
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
	}
	return got
}

// Make creates something and returns its id.
func (d AdminAPI) Make(t *testing.T, path, body string, args ...any) string {
	t.Helper()
	return d.Must(t, http.StatusCreated, "admin", http.MethodPost, path, fmt.Sprintf(body, args...)).ID
}

// CountTriggers counts how often the distribution was asked to run again.
func (d AdminAPI) CountTriggers(t *testing.T) int {
	t.Helper()
	return d.Count(t, "distribution_triggers", "true")
}

// DefaultQueue and DefaultWorkstream come with the schema.
const (
	DefaultQueue      = "00000000-0000-7000-8000-000000000002"
	DefaultWorkstream = "00000000-0000-7000-8000-000000000003"
)
