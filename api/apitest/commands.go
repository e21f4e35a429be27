package apitest

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"wxdesk/internal/access"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
)

func CommandKey(r command.HTTPRequest) string {
	return strings.Join([]string{string(r.Tenant), r.ActorID, r.Method, r.Path, r.Key}, " ")
}

// Act does what w.act says, as the ledger would: once under a key, and only for who may see the conversation.
func (w *World) Act(ctx context.Context, r command.Request) (command.Result, error) {
	w.acting.Lock()
	defer w.acting.Unlock()
	key := CommandKey(r.HTTPRequest)
	known, ok := w.commands[key]
	switch {
	case ok && known.body != r.BodyHash:
		return command.Result{}, command.ErrKeyReused
	case ok:
		return known.Result, nil
	}
	now, err := w.Conversation(ctx, r.By.Viewer(), r.Conversation)
	switch {
	case err != nil:
		return command.Result{}, err
	case r.IfRevision != 0 && r.IfRevision != now.Revision:
		return command.Result{Refused: command.RefusedStale, Conversation: now, At: time.Now()}, nil
	}
	w.Mu.Lock()
	w.Orders = append(w.Orders, r)
	act := w.OnAct
	w.Mu.Unlock()
	done, err := act(r)
	if err != nil || done.Refused != "" {
		return done, err
	}
	if done.Conversation, err = w.Conversation(ctx, everything, r.Conversation); err != nil {
		return done, err
	}
	done.At = time.Now()
	w.commands[key] = storedCommand{done, r.BodyHash}
	done.Notice = &conversation.RunNotice{Ref: conversation.Ref{Tenant: r.Tenant, Conversation: r.Conversation}, Number: int64(len(w.Orders)), Act: string(r.Kind)}
	return done, nil
}

// Seen notes which offers were seen, as far as the caller may see their conversations; OnAct may refuse.
func (w *World) Seen(ctx context.Context, c command.Command) (command.Refusal, error) {
	if _, err := w.Conversation(ctx, c.By.Viewer(), c.Conversation); err != nil {
		return "", err
	}
	w.Mu.Lock()
	w.Seens = append(w.Seens, c.AssignmentID)
	act := w.OnAct
	w.Mu.Unlock()
	done, err := act(command.Request{Command: c})
	return done.Refused, err
}

// everything is what supervisors see.
var everything = access.Viewer{Tenant: conversation.DefaultTenant}

// Notify notes of which acts runs are told.
func (w *World) Notify(_ context.Context, notices ...conversation.RunNotice) {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	w.Notified = append(w.Notified, notices...)
}

// Answering is a ledger that fails, or refuses.
func Answering(done command.Result, err error) func(command.Request) (command.Result, error) {
	return func(command.Request) (command.Result, error) { return done, err }
}

// end closes a conversation of the world.
func (w *World) end(id conversation.ID) error {
	w.Mu.Lock()
	defer w.Mu.Unlock()
	for i := range w.KnownConversations {
		c := &w.KnownConversations[i]
		if c.ID != id {
			continue
		}
		if c.State == conversation.StateClosed {
			return conversation.ErrClosed
		}
		c.State, c.CloseReason, c.ClosedAt = conversation.StateClosed, conversation.ClosedByPerson, c.OpenedAt.Add(time.Hour)
	}
	return nil
}

const MessageA = "0190a6a5-7c1e-7f3a-8a1b-00000000000a"

// SendCommand sends a command about ConvA under a key of its kind.
func SendCommand(t *testing.T, h http.Handler, role, kind, body string, headers ...string) (int, string) {
	t.Helper()
	answer := Call(t, h, role, http.MethodPost, "/v1/conversations/"+ConvA+"/"+kind, body, append([]string{"Idempotency-Key", kind}, headers...)...)
	return answer.Code, answer.Body.String()
}

// MarkRead remembers what was marked.
func (w *World) MarkRead(ctx context.Context, v access.Viewer, id conversation.ID, seq int64) error {
	if _, err := w.Conversation(ctx, v, id); err != nil {
		return err
	}
	w.Mu.Lock()
	defer w.Mu.Unlock()
	w.ReadUpTo = seq
	return nil
}
