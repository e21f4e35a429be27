package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"wxdesk/internal/conversation"
)

const (
	idempotencyKey    = "Idempotency-Key"
	maxIdempotencyKey = 64
)

// ToCommand is what every command's request has: which conversation, and a key. The same request with the same key gets
// the same answer for a day, however often it comes; where nobody took the command in time nothing is kept, and the same
// key tries again. (Exported, like AsSeen, because huma looks into no others.)
type ToCommand struct {
	ID  string `path:"id" format:"uuid"`
	Key string `header:"Idempotency-Key" doc:"1 to 64 visible ASCII characters, new for every command; a repeat of the command repeats it" example:"6f1c8a52-close"`
}

// AsSeen is for commands that two people may give at once: it is done only where nothing has changed since.
type AsSeen struct {
	IfMatch string `header:"If-Match" doc:"The ETag of the conversation as it was read; without it, whatever it is now"`
}

type commandAnswer struct {
	ETag string `header:"ETag" doc:"The conversation's revision, for If-Match"`
	Body commandView
}

// commandView is what a command came to.
type commandView struct {
	Conversation conversationView `json:"conversation" doc:"As it is after the command"`
	MessageID    *string          `json:"message_id,omitempty" format:"uuid" nullable:"false" doc:"Of reply, note and resend: what was written or is sent again"`
}

// command has the conversation do what the caller asks. text is what he wrote; it waits in the ledger for the
// conversation, since the way there keeps what passes.
func (a *API) command(ctx context.Context, to ToCommand, seen AsSeen, c conversation.PersonCommand, text string) (*commandAnswer, error) {
	if !validKey(to.Key) {
		return nil, badKey.problem()
	}
	who := callerOf(ctx)
	request := conversation.CommandRequest{
		Tenant:   who.Tenant,
		TokenID:  who.TokenID,
		Method:   http.MethodPost,
		Path:     "/v1/conversations/" + to.ID + "/" + string(c.Kind),
		Key:      to.Key,
		BodyHash: bodyAndMatch(who.bodyHash, seen),
	}
	c.Conversation, c.By = conversation.ID(to.ID), who.Principal
	target, err := a.target(ctx, who, c.Conversation, request)
	if err != nil {
		return nil, err
	}
	if c.IfRevision, err = revisionIn(seen.IfMatch); err != nil {
		return nil, err
	}
	begun, err := a.cfg.Commands.BeginPersonCommand(ctx, request, conversation.Ref{Tenant: who.Tenant, Conversation: c.Conversation}, text)
	switch {
	case err != nil:
		return nil, err
	case begun.Status != 0:
		return storedAnswer(begun)
	}
	c.ID = begun.ID
	done, err := a.cfg.Desk.Command(ctx, conversation.PersonCommandRequest{
		PersonCommand: c, WorkflowID: target.WorkflowID, UpdateID: updateID(request),
	})
	switch {
	case err != nil:
		return nil, err
	case done.Refused != "":
		return nil, kind(done.Refused).problem()
	}
	return a.finishCommand(ctx, c, done)
}

// target finds the conversation that is commanded. Who may not see it any more, because the command took it from him,
// may repeat that command and be answered.
func (a *API) target(ctx context.Context, who caller, id conversation.ID, r conversation.CommandRequest) (conversation.Conversation, error) {
	target, err := a.cfg.Transcripts.Conversation(ctx, who.Viewer(), id)
	if !errors.Is(err, conversation.ErrNotFound) {
		return target, err
	}
	switch begun, failed := a.cfg.Commands.CommandBegun(ctx, r); {
	case failed != nil:
		return target, failed
	case !begun:
		return target, err
	}
	return a.cfg.Transcripts.Conversation(ctx, conversation.Viewer{Tenant: who.Tenant}, id)
}

// finishCommand reads the conversation anew and keeps it as the command's answer, unless the same call at the same time was faster:
// all of them get one answer (R12). Where only the keeping fails, the caller still gets the answer: the command is done, and its repeat
// would be told so by the conversation.
func (a *API) finishCommand(ctx context.Context, c conversation.PersonCommand, done conversation.Commanded) (*commandAnswer, error) {
	after, err := a.cfg.Transcripts.Conversation(ctx, conversation.Viewer{Tenant: c.By.Tenant}, c.Conversation)
	if err != nil {
		return nil, err
	}
	answer := &commandAnswer{versionTag(after.Revision), commandView{a.viewConversation(after), orNull(string(done.MessageID))}}
	text, err := json.Marshal(answer.Body)
	if err != nil {
		return nil, fmt.Errorf("encode the answer of a command: %w", err)
	}
	kept, err := a.cfg.Commands.FinishCommand(ctx, c.By.Tenant, c.ID, http.StatusOK, text)
	if err != nil {
		a.cfg.Log.ErrorContext(ctx, "answer of a command not kept", "operation", string(c.Kind), "error", err)
		return answer, nil
	}
	return storedAnswer(kept)
}

// storedAnswer repeats the answer of a command. Only successes are kept.
func storedAnswer(c conversation.CommandRecord) (*commandAnswer, error) {
	answer := &commandAnswer{}
	if err := json.Unmarshal(c.Answer, &answer.Body); err != nil {
		return nil, fmt.Errorf("read the kept answer of a command: %w", err)
	}
	answer.ETag = versionTag(answer.Body.Conversation.Revision)
	return answer, nil
}

func validKey(key string) bool {
	return key != "" && len(key) <= maxIdempotencyKey &&
		strings.IndexFunc(key, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}

// bodyAndMatch identifies what is asked: the body, and on what condition.
func bodyAndMatch(body [sha256.Size]byte, seen AsSeen) [sha256.Size]byte {
	if seen.IfMatch == "" {
		return body
	}
	return sha256.Sum256(append(body[:], seen.IfMatch...))
}

// revisionIn reads the one entity tag of If-Match; 0 is any. What is none of ours matches nothing, like an old one.
func revisionIn(ifMatch string) (int64, error) {
	if ifMatch == "" || ifMatch == "*" {
		return 0, nil
	}
	revision, err := strconv.ParseInt(strings.Trim(ifMatch, `"`), 10, 64)
	if err != nil || revision < 1 || versionTag(revision) != ifMatch {
		return 0, stale.problem()
	}
	return revision, nil
}

// updateID names a command towards the running conversation: equal for repeats, and for nothing else.
func updateID(r conversation.CommandRequest) string {
	sum := sha256.Sum256([]byte(strings.Join([]string{r.TokenID, r.Method, r.Path, r.Key}, "\n")))
	return hex.EncodeToString(sum[:])
}
