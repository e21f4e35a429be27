package harness

import (
	"net/http"

	"github.com/stretchr/testify/require"
)

// DefaultQueue is the id of the queue that exists from the start.
const DefaultQueue = "00000000-0000-7000-8000-000000000002"

// DefaultWorkstream is the id of the workstream that exists from the start.
const DefaultWorkstream = "00000000-0000-7000-8000-000000000003"

// Create posts a part of the set-up to the HTTP API and returns its id.
func (s *System) Create(path string, body any) string {
	s.T.Helper()
	var out struct{ ID string }
	require.Equal(s.T, http.StatusCreated, s.CallAPI(http.MethodPost, path, nil, body, &out))
	return out.ID
}

// Change patches a part of the set-up over the HTTP API.
func (s *System) Change(path string, change any) {
	s.T.Helper()
	require.Equal(s.T, http.StatusOK, s.CallAPI(http.MethodPatch, path, nil, change, nil))
}

// PublishRules makes rules the draft of a rule set and publishes it.
func (s *System) PublishRules(ruleset string, rules []map[string]any) {
	s.T.Helper()
	require.Equal(s.T, http.StatusOK, s.CallAPI(http.MethodPut, "/v1/rulesets/"+ruleset+"/versions/draft", nil, map[string]any{"rules": rules}, nil))
	require.Equal(s.T, http.StatusOK, s.CallAPI(http.MethodPost, "/v1/rulesets/"+ruleset+"/publish", nil, map[string]any{}, nil))
}

// DemoAccount returns the id of the demo account. It fails the test where there is another account.
func (s *System) DemoAccount() string {
	s.T.Helper()
	var out struct{ Items []struct{ ID string } }
	require.Equal(s.T, http.StatusOK, s.CallAPI(http.MethodGet, "/v1/accounts", nil, nil, &out))
	require.Len(s.T, out.Items, 1)
	return out.Items[0].ID
}
