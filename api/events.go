package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"wxdesk/internal/conversation"
)

// The event stream: server-sent events about what the caller may see, ids and states only. Each event's id is a cursor;
// with it in Last-Event-ID a stream goes on where another one broke off, without a gap and without telling anything
// twice. Where that is not possible the stream begins with the event "reset": read everything anew.

const (
	lastEventID = "Last-Event-ID"
	heartbeat   = 15 * time.Second // also renews the cursor of a client that was told nothing
	writeWithin = 10 * time.Second // a client that takes nothing for so long is gone
	// cursorLife is how old a cursor may be: what was told since is read for each stream that is opened with it. The feed is kept
	// for longer.
	cursorLife = 5 * time.Minute
)

// registerEvents is register for the stream, which huma knows only by its description.
func (a *API) registerEvents(h huma.API, o operation) {
	h.OpenAPI().AddOperation(&huma.Operation{
		OperationID: o.id, Method: o.method, Path: o.path, Summary: o.summary,
		Description: "For " + roleNames(o.may) + ". Never ends by itself. An agent is there while they have a stream open, and offline ten seconds after the last one has ended.",
		Security:    []map[string][]string{{bearerScheme: {}}},
		Parameters: []*huma.Param{{
			Name: lastEventID, In: "header", Schema: &huma.Schema{Type: huma.TypeString},
			Description: "The id of the last event that was received: the stream goes on after it",
		}},
		Responses: map[string]*huma.Response{
			strconv.Itoa(o.status): {
				Description: "Events: conversation, left, message, delivery, note, offer, offer-over, presence, alert, reset",
				Content:     map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeString}}},
			},
			"default": problemResponse(h),
		},
	})
	a.router.Handle(o.method, o.path, func(c *gin.Context) { a.followEvents(c, o) })
}

// followEvents answers with the stream, which lasts until the caller leaves or loses the right to it, or this process stops.
func (a *API) followEvents(c *gin.Context, o operation) {
	ctx := c.Request.Context()
	c.Header("Cache-Control", "no-store")
	who, s, at, refusal := a.openStream(c, o)
	if refusal != nil {
		refusal.write(ctx, c.Writer)
		return
	}
	defer a.hub.leave(s)
	sign, refusal := a.signIn(ctx, who)
	if refusal != nil {
		refusal.write(ctx, c.Writer)
		return
	}
	defer sign.off()
	if err := a.stream(ctx, c, who, s, at); err != nil {
		a.cfg.Log.InfoContext(ctx, "event stream ended", "reason", err.Error())
	}
}

// openStream finds out who asks for a stream, and has the hub pass on to it what they may see after the position that is returned.
func (a *API) openStream(c *gin.Context, o operation) (who caller, s *stream, at conversation.FeedPosition, refusal *problem) {
	ctx := c.Request.Context()
	leave, refusal := a.takePlace(ctx, c.Request)
	if refusal != nil {
		return who, nil, at, refusal
	}
	defer leave()
	who, refusal = a.admit(ctx, c.Request, o)
	if refusal == nil && c.Request.URL.RawQuery != "" {
		refusal = invalid.problem(fault{"query", "expected none"})
	}
	if refusal != nil {
		return who, nil, at, refusal
	}
	liftReadDeadline(c.Writer)
	s, at, refusal = a.joinHub(ctx, who.Principal)
	return who, s, at, refusal
}

// joinHub has the hub pass on to a stream what its viewer may see after the position that is returned.
func (a *API) joinHub(ctx context.Context, who conversation.Principal) (*stream, conversation.FeedPosition, *problem) {
	queues, err := a.queuesOf(ctx, who.Viewer())
	if err != nil {
		a.feedFailed(ctx, err)
		return nil, conversation.FeedPosition{}, unavailable.retry(1)
	}
	s, at, err := a.hub.join(who, queues)
	switch {
	case errors.Is(err, errTooManyStreams):
		return nil, at, tooManyStreams.problem()
	case err != nil:
		return nil, at, unavailable.retry(1)
	}
	return s, at, nil
}

// signIn records the connection of an agent; only agents have one.
func (a *API) signIn(ctx context.Context, who caller) (signedIn, *problem) {
	if who.Role != conversation.RoleAgent {
		return signedIn{}, nil
	}
	sign, err := a.agents.signIn(ctx, who.Principal)
	switch {
	case errors.Is(err, conversation.ErrNotFound): // deleted or disabled since the API token was made
		return signedIn{}, forbidden.problem()
	case err != nil:
		a.cfg.Log.ErrorContext(ctx, "agent connect failed", "error", err)
		return signedIn{}, unavailable.retry(1)
	}
	return sign, nil
}

// Why a stream ends.
var (
	errStopped = errors.New("this process stops, or the database was restored")
	errRevoked = errors.New("the API token is no longer good")
)

// stream tells the caller what happens after a position, and before that what they have missed.
func (a *API) stream(ctx context.Context, c *gin.Context, who caller, s *stream, at conversation.FeedPosition) error {
	w := &eventWriter{gin: c, mark: func(p conversation.FeedPosition) string { return a.eventID(who.Tenant, p) }}
	c.Header("Content-Type", "text/event-stream")
	c.Header("X-Accel-Buffering", "no") // nginx would wait for more
	c.Status(http.StatusOK)
	last, err := a.catchUp(ctx, w, s, c.GetHeader(lastEventID), at)
	if err != nil {
		return err
	}
	return a.follow(ctx, w, s, last)
}

func (a *API) queuesOf(ctx context.Context, v conversation.Viewer) ([]conversation.QueueID, error) {
	if v.AgentID == "" {
		return nil, nil
	}
	queues, err := a.cfg.Feed.QueuesOf(ctx, v.Tenant, []conversation.AgentID{v.AgentID})
	return queues[v.AgentID], err
}

// catchUp tells what was told since the cursor, or that this cannot be done, and returns up to where the caller knows
// everything. What the hub passes on meanwhile may be the same: positions tell it apart.
func (a *API) catchUp(ctx context.Context, w *eventWriter, s *stream, cursor string, at conversation.FeedPosition) (conversation.FeedPosition, error) {
	if cursor == "" {
		return at, w.here(at)
	}
	last, ok := a.readEventID(s.viewer.Tenant, cursor)
	if !ok || last.Generation != at.Generation || at.At.Sub(last.At) > cursorLife {
		return at, w.reset(at)
	}
	return a.readUp(ctx, w, s, last)
}

// readUp tells what is in the feed after a position, and returns up to where the caller knows everything.
func (a *API) readUp(ctx context.Context, w *eventWriter, s *stream, last conversation.FeedPosition) (conversation.FeedPosition, error) {
	for {
		missed, err := a.cfg.Feed.Feed(ctx, last, feedBatch)
		switch {
		case err != nil:
			return last, err
		case missed.Upto.Generation != last.Generation:
			return missed.Upto, w.reset(missed.Upto)
		}
		if err := w.tell(a.hub.sees(s, missed.Told)); err != nil {
			return last, err
		}
		last = missed.Upto
		if len(missed.Told) < feedBatch {
			return last, w.here(last)
		}
	}
}

// follow tells what the hub passes on after a position.
func (a *API) follow(ctx context.Context, w *eventWriter, s *stream, last conversation.FeedPosition) error {
	beat := time.NewTicker(heartbeat)
	defer beat.Stop()
	for {
		var err error
		select {
		case <-ctx.Done():
			return nil // the client has left
		case n, ok := <-s.news:
			switch {
			case !ok && s.barred:
				return errRevoked
			case !ok:
				return errors.Join(errStopped, w.reset(a.hub.position()))
			}
			last, err = a.passOn(ctx, w, s, n, last)
		case <-beat.C:
			// Everything up to here has been told, unless some of it still waits in the channel.
			if at := a.hub.position(); len(s.news) == 0 && at.Compare(last) >= 0 {
				last = at
			}
			err = w.here(last)
		}
		if err != nil {
			return err
		}
	}
}

// passOn tells what the hub has passed on, as far as it comes after a position. A stream that has fallen behind meanwhile then
// reads the feed until it is not.
func (a *API) passOn(ctx context.Context, w *eventWriter, s *stream, n news, last conversation.FeedPosition) (conversation.FeedPosition, error) {
	if n.reset {
		if err := w.reset(last); err != nil {
			return last, err
		}
	}
	known := func(t conversation.Told) bool { return t.Compare(last) <= 0 }
	if told := slices.DeleteFunc(n.told, known); len(told) > 0 {
		if err := w.tell(told); err != nil {
			return last, err
		}
		last = told[len(told)-1].FeedPosition
	}
	if len(s.news) > 0 {
		return last, nil
	}
	switch at, behind, reset := a.hub.resume(s); {
	case !behind:
		return last, nil
	case reset:
		return at, w.reset(at)
	}
	return a.readUp(ctx, w, s, last)
}

// eventID is a position as a cursor: generation, transaction, number and time, proved to be ours.
func (a *API) eventID(t conversation.Tenant, p conversation.FeedPosition) string {
	return a.cursors.after(fmt.Sprintf("%d-%d-%d-%d", p.Generation, p.XID, p.ID, p.At.Unix()), "events", string(t))
}

func (a *API) readEventID(t conversation.Tenant, cursor string) (p conversation.FeedPosition, ok bool) {
	position, err := a.cursors.position(cursor, "events", string(t))
	if err != nil {
		return p, false
	}
	var at int64
	_, err = fmt.Sscanf(position, "%d-%d-%d-%d", &p.Generation, &p.XID, &p.ID, &at)
	p.At = time.Unix(at, 0)
	return p, err == nil
}

// eventWriter writes server-sent events.
type eventWriter struct {
	gin  *gin.Context
	mark func(conversation.FeedPosition) string
}

// tell writes events, in order.
func (w *eventWriter) tell(all []conversation.Told) error {
	for _, t := range all {
		if err := w.told(t); err != nil {
			return err
		}
	}
	return nil
}

// told writes an event: the row's body with the ids that it is about.
func (w *eventWriter) told(t conversation.Told) error {
	data := map[string]any{}
	var body map[string]json.RawMessage
	if err := json.Unmarshal(t.Body, &body); err != nil {
		return fmt.Errorf("body of a feed row: %w", err)
	}
	for name, id := range map[string]string{
		"conversation_id": string(t.Conversation), "queue_id": string(t.QueueID), "agent_id": string(t.AgentID),
	} {
		if id != "" {
			data[name] = id
		}
	}
	data["at"] = t.At.UTC()
	for name, value := range maps.All(body) {
		data[name] = value
	}
	text, err := json.Marshal(data)
	if err != nil {
		return fmt.Errorf("encode an event: %w", err)
	}
	return w.write("event: " + t.Kind + "\ndata: " + string(text) + "\nid: " + w.mark(t.FeedPosition) + "\n\n")
}

// reset tells the client to read everything anew. What happens from now on it will be told.
func (w *eventWriter) reset(at conversation.FeedPosition) error {
	return w.write("event: reset\ndata: {}\nid: " + w.mark(at) + "\n\n")
}

// here is no event, but renews the cursor.
func (w *eventWriter) here(at conversation.FeedPosition) error {
	return w.write(": here\nid: " + w.mark(at) + "\n\n")
}

func (w *eventWriter) write(text string) error {
	control := http.NewResponseController(w.gin.Writer)
	_ = control.SetWriteDeadline(time.Now().Add(writeWithin)) // recorders in tests have none
	if _, err := strings.NewReader(text).WriteTo(w.gin.Writer); err != nil {
		return fmt.Errorf("write an event: %w", err)
	}
	if err := control.Flush(); err != nil {
		return fmt.Errorf("write an event: %w", err)
	}
	return nil
}
