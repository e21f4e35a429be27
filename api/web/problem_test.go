package web_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"syscall"
	"testing"

	"wxdesk/api/apitest"
	"wxdesk/internal/account"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/secret"
)

func TestProblems_everyPortErrorHasItsOwn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		err    error
		status int
	}{
		"not-found":              {conversation.ErrNotFound, http.StatusNotFound},
		"conversation-closed":    {conversation.ErrClosed, http.StatusConflict},
		"exists":                 {conversation.ErrExists, http.StatusConflict},
		"changed-meanwhile":      {conversation.ErrVersion, http.StatusPreconditionFailed},
		"idempotency-key-reused": {command.ErrKeyReused, http.StatusUnprocessableEntity},
		"busy":                   {conversation.ErrBusy, http.StatusServiceUnavailable},
		"invalid":                {account.ErrKeyMissing, http.StatusUnprocessableEntity},
		"unavailable":            {conversation.ErrLater, http.StatusServiceUnavailable},
		"secret-unavailable":     {secret.ErrUnavailable, http.StatusServiceUnavailable},
		"internal":               {errors.New("a surprise"), http.StatusInternalServerError},
	} {
		w := apitest.WithConversations(1)
		w.OnAct = apitest.Answering(command.Result{}, fmt.Errorf("wrapped: %w", c.err))
		answer := apitest.Call(t, w.Handler(), "agent", http.MethodPost, apitest.CloseA, "", "Idempotency-Key", "k")
		apitest.RequireProblem(t, answer, c.status, name)
	}
}

func TestProblems_networkErrorIsUnavailable(t *testing.T) {
	t.Parallel()
	for _, err := range []error{context.DeadlineExceeded, io.ErrUnexpectedEOF, &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}} {
		w := apitest.WithConversations(1)
		w.OnAct = apitest.Answering(command.Result{}, fmt.Errorf("wrapped: %w", err))
		answer := apitest.Call(t, w.Handler(), "agent", http.MethodPost, apitest.CloseA, "", "Idempotency-Key", "k")
		apitest.RequireProblem(t, answer, http.StatusServiceUnavailable, "unavailable")
	}
}
