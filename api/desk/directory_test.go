package desk_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/api/apitest"
	"wxdesk/internal/routing"
)

func TestDirectory_readOnceUntilANameChanges(t *testing.T) {
	t.Parallel()
	w := apitest.NewWorld()
	w.KnownNames = []routing.Named{{Kind: routing.NamedQueue, ID: apitest.QueueA, Name: "售后"}, {Kind: routing.NamedAgent, ID: apitest.AgentB, Name: "Bo", Removed: true}}
	h := w.Handler()
	first := apitest.Call(t, h, "agent", http.MethodGet, "/v1/directory", "")
	require.Equal(t, http.StatusOK, first.Code, first.Body.String())
	require.JSONEq(t, `{"items":[{"kind":"queue","id":"`+apitest.QueueA+`","name":"售后","removed":false},`+
		`{"kind":"agent","id":"`+apitest.AgentB+`","name":"Bo","removed":true}]}`, first.Body.String())
	tag := first.Header().Get("ETag")
	for _, known := range []string{tag, `"x", W/` + tag, "*"} {
		again := apitest.Call(t, h, "agent", http.MethodGet, "/v1/directory", "", "If-None-Match", known)
		require.Equal(t, http.StatusNotModified, again.Code, known)
		require.Empty(t, again.Body.String())
		require.Equal(t, tag, again.Header().Get("ETag"))
	}
	w.KnownNames[0].Name = "退货"
	changed := apitest.Call(t, h, "agent", http.MethodGet, "/v1/directory", "", "If-None-Match", tag)
	require.Equal(t, http.StatusOK, changed.Code)
	require.NotEqual(t, tag, changed.Header().Get("ETag"))
}
