package desk

import (
	"context"
	"crypto/sha256"
	"net/http"
	"strconv"
	"strings"

	"wxdesk/api/web"
	"wxdesk/internal/access"
	"wxdesk/internal/command"
	"wxdesk/internal/conversation"
	"wxdesk/internal/telemetry"
)

// Commands carries out the commands of people.
type Commands interface {
	// Act carries out a command or returns why it is refused. The same request with the same key has one effect, and gets the same
	// answer for a day. It returns ErrNotFound if the caller may not see the conversation, ErrKeyReused if the key was used for
	// another request before, ErrBusy if another transaction holds the conversation for too long.
	Act(ctx context.Context, r command.Request) (command.Result, error)
	// MarkRead records up to which entry of a timeline the viewer has read. ErrNotFound if the viewer may not see the conversation.
	MarkRead(ctx context.Context, v access.Viewer, id conversation.ID, seq int64) error
	// Seen notes that the desk of an agent shows an offer, or returns why not: the offer is over. A repeat changes nothing. It returns
	// ErrNotFound and ErrBusy as Act does.
	Seen(ctx context.Context, c command.Command) (command.Refusal, error)
}

// RunNotices tells the runs of conversations what people did.
type RunNotices interface {
	// Notify tells them in the background and returns at once. What cannot be told now is told later.
	Notify(ctx context.Context, notices ...conversation.RunNotice)
}

const (
	// IdempotencyKey is the header that every command needs.
	IdempotencyKey    = "Idempotency-Key"
	maxIdempotencyKey = 64
)

// ToCommand is the part that the requests of all commands share: which conversation, and a key. The same request with the same key
// gets the same answer for a day. Nothing is kept of a command that is refused, so the same key tries again. (It is exported, like
// AsSeen, because huma does not look into embedded structs that are not.)
type ToCommand struct {
	ID  string `path:"id" format:"uuid"`
	Key string `header:"Idempotency-Key" doc:"1 to 64 visible ASCII characters, new for every command; a repeat of the command repeats it" example:"6f1c8a52-close"`
}

// AsSeen is for commands that two people may give at once: it is done only if nothing has changed since.
type AsSeen struct {
	IfMatch string `header:"If-Match" doc:"The ETag of the conversation as it was read; without it, whatever it is now"`
}

type commandAnswer struct {
	ETag string `header:"ETag" doc:"The conversation's revision, for If-Match"`
	Body commandView
}

// commandView is what a command came to.
type commandView struct {
	Conversation ConversationView `json:"conversation" doc:"As it is after the command"`
	MessageID    *string          `json:"message_id,omitempty" format:"uuid" nullable:"false" doc:"Of reply, note and resend: what was written or is sent again"`
}

// command carries out a command of the caller; text is what they wrote. The run of the conversation is told afterwards, in the
// background. The ledger's transaction is the act, whether Temporal answers or not.
func (d *Desk) command(ctx context.Context, to ToCommand, seen AsSeen, c command.Command, text string) (*commandAnswer, error) {
	if !validKey(to.Key) {
		return nil, web.BadIdempotencyKey.Problem()
	}
	who := web.CallerOf(ctx)
	c.Conversation, c.By, c.IfRevision = conversation.ID(to.ID), who.Principal, revisionIn(seen.IfMatch)
	done, err := d.cfg.Commands.Act(ctx, command.Request{
		HTTPRequest: command.HTTPRequest{
			Tenant:   who.Tenant,
			ActorID:  who.ActorID(),
			Method:   http.MethodPost,
			Path:     "/v1/conversations/" + to.ID + "/" + string(c.Kind),
			Key:      to.Key,
			BodyHash: bodyAndMatch(who.BodyHash, seen),
		},
		Command:     c,
		Text:        text,
		Traceparent: telemetry.Traceparent(ctx),
	})
	switch {
	case err != nil:
		return nil, err
	case done.Refused == command.RefusedStale:
		now := viewConversation(done.Conversation, done.At)
		return nil, web.StaleVersion.Problem().Showing(now, web.VersionTag(now.Revision))
	case done.Refused != "":
		return nil, web.ProblemKind(done.Refused).Problem()
	}
	if done.Notice != nil {
		d.cfg.RunNotices.Notify(ctx, *done.Notice)
	}
	return &commandAnswer{
		web.VersionTag(done.Conversation.Revision),
		commandView{viewConversation(done.Conversation, done.At), web.OrNull(string(done.MessageID))},
	}, nil
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

// revisionIn reads the one entity tag of If-Match; 0 stands for any. A tag that is not one of ours matches nothing, like an old one.
func revisionIn(ifMatch string) int64 {
	if ifMatch == "" || ifMatch == "*" {
		return 0
	}
	revision, err := strconv.ParseInt(strings.Trim(ifMatch, `"`), 10, 64)
	if err != nil || revision < 1 || web.VersionTag(revision) != ifMatch {
		return -1
	}
	return revision
}
