package events

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"wxdesk/api/web"
	"wxdesk/internal/access"
	"wxdesk/internal/conversation"
	"wxdesk/internal/feed"
)

// The event stream: server-sent events about what the caller may see, ids and states only. The id of each event is a cursor. A client
// that sends it in Last-Event-ID continues after that event, without a gap and without a repeat. If that is not possible, the stream
// begins with the event "reset": read everything again.

// LastEventID is the header with the id of the last event that a client received.
const LastEventID = "Last-Event-ID"

const (
	heartbeat   = 15 * time.Second // also renews the cursor of a client that was told nothing
	writeWithin = 10 * time.Second // a client that takes nothing for so long is gone
	// cursorLifetime is how old a cursor may be: what has happened since is read for each stream that is opened with it. The feed is kept
	// for longer.
	cursorLifetime = 5 * time.Minute
)

// Follow answers with the event stream. It ends when the caller leaves or loses the right to it, or when this process stops.
func (e *Events) Follow(c *gin.Context, o web.Operation) {
	ctx := c.Request.Context()
	c.Header("Cache-Control", "no-store")
	who, s, at, refused := e.openStream(c, o)
	if refused != nil {
		refused.Write(ctx, c.Writer)
		return
	}
	defer e.hub.leave(s)
	connection, refused := e.signIn(ctx, who)
	if refused != nil {
		refused.Write(ctx, c.Writer)
		return
	}
	defer connection.signOff()
	if err := e.stream(ctx, c, who, s, at); err != nil {
		e.cfg.Log.InfoContext(ctx, "event stream ended", "reason", err.Error())
	}
}

// openStream checks the caller of a stream, and joins the stream to the hub. The hub passes on what the caller may see after the
// position that is returned.
func (e *Events) openStream(c *gin.Context, o web.Operation) (who web.Caller, s *stream, at feed.Position, refused *web.Problem) {
	ctx := c.Request.Context()
	release, refused := e.cfg.Guard.TakePlace(ctx, c.Request)
	if refused != nil {
		return who, nil, at, refused
	}
	defer release()
	who, refused = e.cfg.Guard.Admit(ctx, c.Request, o)
	var only scope
	if refused == nil {
		only, refused = readScope(c.Request.URL.RawQuery, who.Principal)
	}
	if refused != nil {
		return who, nil, at, refused
	}
	web.LiftReadDeadline(c.Writer)
	s, at, refused = e.joinHub(ctx, who.Principal, only)
	return who, s, at, refused
}

// joinHub joins a stream to the hub, which passes on what its viewer may see after the position that is returned.
func (e *Events) joinHub(ctx context.Context, who access.Principal, only scope) (*stream, feed.Position, *web.Problem) {
	queues, err := e.queuesOf(ctx, only.viewer(who))
	if err != nil {
		e.feedFailed(ctx, err)
		return nil, feed.Position{}, web.Unavailable.Retry(1)
	}
	s, at, err := e.hub.join(who, queues, only)
	switch {
	case errors.Is(err, errTooManyStreams):
		return nil, at, web.TooManyStreams.Problem()
	case err != nil:
		return nil, at, web.Unavailable.Retry(1)
	}
	return s, at, nil
}

// signIn records the connection of an agent, whatever their role. That of a person counts once they are at work.
func (e *Events) signIn(ctx context.Context, who web.Caller) (agentConnection, *web.Problem) {
	if who.AgentID == "" {
		return agentConnection{}, nil
	}
	connection, err := e.connections.signIn(ctx, who.Principal)
	switch {
	case errors.Is(err, conversation.ErrNotFound): // deleted or disabled since the API token was made
		return agentConnection{}, web.Forbidden.Problem()
	case err != nil:
		e.cfg.Log.ErrorContext(ctx, "agent sign-in failed", "error", err)
		return agentConnection{}, web.Unavailable.Retry(1)
	}
	return connection, nil
}

// stream sends what the caller has missed, and then what happens after a position.
func (e *Events) stream(ctx context.Context, c *gin.Context, who web.Caller, s *stream, at feed.Position) error {
	w := &writer{gin: c, who: who.ActorID(), mark: func(p feed.Position) string { return e.cursorAt(who.Tenant, p) }}
	c.Header("Content-Type", "text/event-stream")
	c.Header("X-Accel-Buffering", "no") // nginx would wait for more
	c.Status(http.StatusOK)
	last, err := e.catchUp(ctx, w, s, c.GetHeader(LastEventID), at)
	if err != nil {
		return err
	}
	return e.follow(ctx, w, s, last)
}

func (e *Events) queuesOf(ctx context.Context, v access.Viewer) ([]conversation.QueueID, error) {
	if v.AgentID == "" {
		return nil, nil
	}
	queues, err := e.cfg.Feed.QueuesOf(ctx, v.Tenant, []conversation.AgentID{v.AgentID})
	return queues[v.AgentID], err
}
