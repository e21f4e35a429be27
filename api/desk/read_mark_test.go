package desk_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/api/apitest"
)

func TestMarkRead_upToASeq(t *testing.T) {
	t.Parallel()
	w := apitest.WithConversations(1)
	h, path := w.Handler(), "/v1/conversations/"+apitest.ConvA+"/read"
	require.Equal(t, http.StatusNoContent, apitest.Call(t, h, "agent", http.MethodPut, path, `{"seq":7}`).Code)
	require.Equal(t, int64(7), w.ReadUpTo)
	for _, body := range []string{`{"seq":-1}`, `{}`, `{"seq":1,"by":"x"}`} {
		apitest.RequireProblem(t, apitest.Call(t, h, "agent", http.MethodPut, path, body), http.StatusUnprocessableEntity, "invalid")
	}
}
