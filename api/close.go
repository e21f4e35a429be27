package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"wxdesk/internal/conversation"
)

const (
	idempotencyKey    = "Idempotency-Key"
	maxIdempotencyKey = 64
)

// closeRequest has nothing to say yet.
type closeRequest struct{}

// closeConversation ends a conversation and answers with it as it then is. The same request with the same key gets the same
// answer for a day, however often it comes; where nobody took the command in time nothing is kept, and the same key tries
// again.
func (a *API) closeConversation(ctx context.Context, in *struct {
	ID   string `path:"id" format:"uuid"`
	Key  string `header:"Idempotency-Key" doc:"1 to 64 visible ASCII characters, new for every command; a repeat of the command repeats it" example:"6f1c8a52-close"`
	Body *closeRequest
},
) (*conversationAnswer, error) {
	if !validKey(in.Key) {
		return nil, badKey.problem()
	}
	who, id := callerOf(ctx), conversation.ID(in.ID)
	target, err := a.cfg.Transcripts.Conversation(ctx, who.Tenant, id)
	if err != nil {
		return nil, err
	}
	request := conversation.CommandRequest{
		Tenant:   who.Tenant,
		TokenID:  who.TokenID,
		Method:   http.MethodPost,
		Path:     "/v1/conversations/" + in.ID + "/close",
		Key:      in.Key,
		BodyHash: who.bodyHash,
	}
	command, err := a.cfg.Commands.BeginCommand(ctx, request)
	switch {
	case err != nil:
		return nil, err
	case command.Status != 0:
		return storedAnswer(command)
	}
	err = a.cfg.Desk.CloseConversation(ctx, conversation.CloseCommand{
		Conversation: id,
		WorkflowID:   target.WorkflowID,
		CommandID:    command.ID,
		UpdateID:     updateID(request),
	})
	if err != nil {
		return nil, err
	}
	return a.finishClose(ctx, who.Tenant, id, command.ID)
}

// finishClose reads the closed conversation and keeps it as the command's answer. Where only the keeping fails, the caller
// still gets the answer: the conversation has ended, and the same command would be told so by its run.
func (a *API) finishClose(ctx context.Context, t conversation.Tenant, id conversation.ID, command string) (*conversationAnswer, error) {
	ended, err := a.cfg.Transcripts.Conversation(ctx, t, id)
	if err != nil {
		return nil, err
	}
	answer := &conversationAnswer{viewConversation(ended)}
	text, err := json.Marshal(answer.Body)
	if err != nil {
		return nil, fmt.Errorf("encode the closed conversation: %w", err)
	}
	if err := a.cfg.Commands.FinishCommand(ctx, t, command, http.StatusOK, text); err != nil {
		a.cfg.Log.ErrorContext(ctx, "answer of a command not kept", "operation", "close-conversation", "error", err)
	}
	return answer, nil
}

// storedAnswer repeats the answer of a command. Only successes are kept.
func storedAnswer(c conversation.CommandRecord) (*conversationAnswer, error) {
	answer := &conversationAnswer{}
	if err := json.Unmarshal(c.Answer, &answer.Body); err != nil {
		return nil, fmt.Errorf("read the kept answer of a command: %w", err)
	}
	return answer, nil
}

func validKey(key string) bool {
	return key != "" && len(key) <= maxIdempotencyKey &&
		strings.IndexFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}

// updateID names a command towards the running conversation: equal for repeats, and for nothing else.
func updateID(r conversation.CommandRequest) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{r.TokenID, r.Method, r.Path, r.Key}, "\n")))
	return hex.EncodeToString(sum[:])
}
