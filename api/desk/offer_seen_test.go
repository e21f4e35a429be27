package desk_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"wxdesk/api/apitest"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
)

// DSK-6
func TestSeen_needsAnOfferThatStands(t *testing.T) {
	t.Parallel()
	w := apitest.WithConversations(1)
	h, path, body := w.Handler(), "/v1/conversations/"+apitest.ConvA+"/seen", `{"assignment_id":"`+apitest.MessageA+`"}`
	for range 2 {
		answer := apitest.Call(t, h, "agent", http.MethodPost, path, body)
		require.Equal(t, http.StatusNoContent, answer.Code, answer.Body.String())
		require.Empty(t, answer.Body.String())
	}
	require.Equal(t, []conversation.AssignmentID{apitest.MessageA, apitest.MessageA}, w.Seens)
	for _, bad := range []string{"", `{}`, `{"assignment_id":"x"}`, `{"assignment_id":"` + apitest.MessageA + `","at":1}`} {
		require.Contains(t, []int{http.StatusBadRequest, http.StatusUnprocessableEntity}, apitest.Call(t, h, "agent", http.MethodPost, path, bad).Code, bad)
	}
	require.Len(t, w.Seens, 2)

	late := apitest.WithConversations(1)
	late.OnAct = func(command.Request) (command.Result, error) {
		return command.Result{Refused: command.RefusedOfferOver}, nil
	}
	apitest.RequireProblem(t, apitest.Call(t, late.Handler(), "agent", http.MethodPost, path, body), http.StatusConflict, "offer-over")
}
